"""The command line: `remit`, one command per thing an operator or auditor does.

`commands` lists the commands, one module for each subject, and `main` runs the one that is asked for; `devstack` holds the
servers that let one machine run everything with no service installed (`remit up`, `remit demo` and the tests). This
package is a composition root: it may import every other one, and no other imports it.
"""
