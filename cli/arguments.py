"""Arguments and options that several verbs take by themselves: one meaning, one name, one sentence.

Groups of options that are flattened into verbs are in cli/options.py.
"""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number as InRange

_AS = Parameter(
    name="--as", help="Person (opaque id) who acts. Asserted, not authenticated; the log says so."
)
Actor = Annotated[str, _AS]
ActorOfChange = Annotated[str | None, _AS]
"""Of a verb that shows, and changes where told to."""
OnBehalfOf = Annotated[
    str | None,
    Parameter(name="--for", help="Body acted for, where the person holds offices in several."),
]
CommandId = Annotated[
    str | None,
    Parameter(
        name="--command-id",
        help="Give the id of an earlier attempt to send the same command again; by default a new one.",
    ),
]
Confirmed = Annotated[
    bool,
    Parameter(name="--yes", help="Do it; else it is only shown what would be done.", negative=""),
]

Number = Annotated[str, Parameter(help="The instruction's number.")]
Numbers = Annotated[
    tuple[str, ...],
    Parameter(name="--number", help="Number of an instruction: only this one.", negative=""),
]
BodyName = Annotated[str, Parameter(help="The body's id.")]
OfficeName = Annotated[str, Parameter(help="The office's id.")]
PersonName = Annotated[str, Parameter(help="The person's opaque id.")]
ProgrammeName = Annotated[str, Parameter(help="The programme's id.")]
OfProgramme = Annotated[str | None, Parameter(help="Only measures of this programme.")]

Reason = Annotated[str, Parameter(help="Why; goes into the history.")]
Text = Annotated[str, Parameter(help="What to put on record.")]
_DEADLINE = Parameter(
    name="--deadline",
    help="A date (the end of that day in the instruction's zone) or an instant with offset.",
)
Deadline = Annotated[str, _DEADLINE]
NewDeadline = Annotated[str | None, _DEADLINE]
SilentUntil = Annotated[str, Parameter(name="--until", help="Keep silent until then.")]
EscalatedTo = Annotated[
    str,
    Parameter(name="--to", help="lead, controller, issuer, issuer-head, superior or body:ID."),
]
Helpers = Annotated[tuple[str, ...], Parameter(name="--co", help="Body that helps.", negative="")]

LateBy = Annotated[
    int | None,
    Parameter(
        name="--late-by",
        help="Only those behind schedule by more than so many days.",
        validator=InRange(gte=0, lte=36_525),
    ),
]
AfterNumber = Annotated[
    str, Parameter(name="--after", help="Only numbers after this one: the next page.")
]
Limit = Annotated[
    int,
    Parameter(name="--limit", help="So many at most.", validator=InRange(gte=1, lte=10_000)),
]
