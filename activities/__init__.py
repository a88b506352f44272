"""What workflows ask for by name: record a command, deliver notices and digests, send what
was held, nudge what is unattended.

`contracts` holds the names and messages, and nothing that does I/O, so that workflows may import it.
"""
