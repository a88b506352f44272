"""What `remit doctor` looks at: a file for each thing that Remit depends on.

A check answers with a `Diagnosis`. It changes nothing, ends within its time, and where something is wrong
it says what to do.
"""
