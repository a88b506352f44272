"""What workflows ask for by name: record a command, deliver notices, nudge unattended instructions.

`contracts` holds the names and messages, and nothing that does I/O, so that workflows may import it.
"""
