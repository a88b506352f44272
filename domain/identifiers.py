"""What things are called in the log. All are plain strings; the aliases say which and check their form."""

from typing import Annotated
from uuid import UUID, uuid5

from pydantic import StringConstraints

SLUG = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$"
"""The form of an id."""
RECURRENCE_SLUG = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$"
"""The form of a recurrence's id, which is longer as its stream's."""
_Slug = StringConstraints(pattern=SLUG)

CommandId = Annotated[str, _Slug]
"""Chosen by whoever sends the command, kept through retries: the log records each id once."""
StreamId = Annotated[str, _Slug]
INSTRUCTION_PREFIX = "instruction-"
"""What the stream ids of instructions, and of nothing else, begin with."""
InstructionId = Annotated[
    str, StringConstraints(pattern=rf"^{INSTRUCTION_PREFIX}[A-Za-z0-9._:-]{{1,110}}$")
]
"""The instruction's stream id, and the id of its workflow."""
BodyId = Annotated[str, _Slug]
OfficeId = Annotated[str, _Slug]
PersonId = Annotated[str, _Slug]
"""Opaque: no name or address of a person ever enters the log."""
CalendarId = Annotated[str, _Slug]
"""Of working days and hours: a country's code (`BY`), or an organisation's own."""
ProgrammeId = Annotated[str, _Slug]
PROGRAMME_PREFIX = "programme-"
"""What the stream ids of programmes begin with."""
RecurrenceId = Annotated[str, StringConstraints(pattern=RECURRENCE_SLUG)]
RECURRENCE_PREFIX = "recurrence-"
"""What the stream ids of recurrences begin with."""
Channel = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
"""How a notice travels: `log`, `email`, `webhook`, `apprise`."""

SYSTEM: PersonId = "system"
"""The actor of what the deadline machinery does by itself."""
DIRECTORY_STREAM: StreamId = "directory"

_NUMBERS = UUID("6f3c2f0e-2a55-4a0b-9d5f-8f7f4f3b7a10")


def instruction_id(number: str) -> InstructionId:
    """The id of the instruction with this number.

    Derived from the number, so that a repeated request or a repeated import meets the first one
    instead of founding a second.
    """
    return f"{INSTRUCTION_PREFIX}{uuid5(_NUMBERS, number)}"


def programme_stream(programme: ProgrammeId) -> StreamId:
    return f"{PROGRAMME_PREFIX}{programme}"


def recurrence_stream(recurrence: RecurrenceId) -> StreamId:
    """Also the id of its workflow."""
    return f"{RECURRENCE_PREFIX}{recurrence}"
