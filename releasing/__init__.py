"""What a machine can do of a release: `make release VERSION=1.2.3`. What people do is in docs/releasing.md.

It sees whether a release may be made (standing.py), names what is new in the changelog (changelog.py), notes events
and fields of commands as released, and builds what is handed out (building.py). It commits nothing, tags nothing and sends nothing anywhere.
"""
