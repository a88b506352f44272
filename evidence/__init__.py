"""Files that show a result, kept under the SHA-256 of their content: in a folder, or in an S3-compatible store.

An event names a file by hash, name and size (`domain.instruction.terms.Evidence`); the bytes are here.
A file is kept before the event that names it is recorded. One that no event names does no harm.
"""
