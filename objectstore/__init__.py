"""Folders and S3-compatible buckets, alike through obstore: where evidence and the audit trail keep their objects.

What is kept there, and under which names, is said by whoever keeps it: evidence/store.py, audit/outside.py.
"""
