"""The command line: `remit`, one command per thing an operator or auditor does.

`main` collects the commands, one module for each subject; `devstack` holds the servers that let one machine run everything with no
service installed (`remit up`, `remit demo` and the tests). This package is a composition root: it may
import every other one, and no other imports it.
"""
