"""A name that is an instruction's number, or a programme's id: which of the two it is."""

from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter

from cli.errors import Refused, UsageError
from domain.identifiers import instruction_id, programme_stream
from domain.rejections import Code
from eventstore.protocol import EventStore

Kind: TypeAlias = Literal["instruction", "programme"]
KindOption: TypeAlias = Annotated[
    Kind | None,
    Parameter(name="--kind", help="Which of the two it is; needed only where both have that name."),
]
SubjectName: TypeAlias = Annotated[
    str, Parameter(help="An instruction's number, or a programme's id.")
]


async def kind_of(store: EventStore, name: str, kind: Kind | None, field: str) -> Kind:
    """Which of the two the name is of.

    Args:
        kind: what the user says it is.
        field: the argument that is at fault if it is neither.

    Raises:
        Refused: there is no such thing.
        UsageError: there are both.
    """
    streams: dict[Kind, str] = {
        "instruction": instruction_id(name),
        "programme": programme_stream(name),
    }
    there: list[Kind] = [
        one
        for one, stream in streams.items()
        if kind in (None, one) and await store.stream_head(stream) is not None
    ]
    if not there:
        code = Code.UNKNOWN if kind == "programme" else Code.NOT_ISSUED
        what = kind or "instruction or programme"
        raise Refused(code, f"no {what} {name} is known; check its name", field)
    if len(there) > 1:
        raise UsageError(f"{name} is an instruction and a programme: say which by --kind")
    return there[0]
