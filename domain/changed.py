"""A frozen value with some of its fields changed."""

from typing import Any, TypeVar

_Frozen = TypeVar("_Frozen")


def changed(value: _Frozen, **fields: Any) -> _Frozen:
    """`dataclasses.replace` for a class without slots and `__post_init__`, at a fifth of its cost.

    Folding a log is mostly this. Raises `TypeError` for a field that there is not.
    """
    before = value.__dict__
    copy = object.__new__(type(value))
    after = copy.__dict__
    after.update(before)
    after.update(fields)
    if len(after) > len(before):
        unknown = ", ".join(sorted(fields.keys() - before.keys()))
        raise TypeError(f"{type(value).__name__} has no {unknown}")
    return copy
