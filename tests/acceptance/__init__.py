"""The situations that Remit was built for, each told from beginning to end on a real log.

Who does what on which day is said in the language of `story.py`; the directory and the measures are
those of examples/. Temporal plays no part: the story wakes the instructions as their workflows would.
"""
