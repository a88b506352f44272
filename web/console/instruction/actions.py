"""The commands that are open to whoever looks, as forms: first what is awaited, then what else may be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from domain.facts import Facts
from domain.instruction.commands import AttachEvidence
from domain.instruction.decisions.openings import Opening, openings
from domain.instruction.state import Assigned, KnownState, Record, Reported
from web.console.forms import Field, Form
from web.console.instruction.fields import FIELDS, Choices
from web.console.instruction.titles import explained, titles
from web.console.paths import instruction_path, with_query
from web.console.sending import closed, put_back

ELSEWHERE: Mapping[str, str] = {
    "Issue": "founds an instruction: /issue",
    "Propose": "founds an instruction: /issue",
    "AttachEvidence": "sent by the form beside the files",
}
"""Commands that have no form among these, and why."""

_GRAVE = frozenset({"Cancel", "Refuse", "Decline", "Correct"})
_RESTS_ON_NO_VERSION = frozenset({"Comment", "RequestProgress", "AcknowledgeNotice"})
"""Whatever happened meanwhile, they are meant as they are."""
_NOT_EARLIER = frozenset({"AcknowledgeNotice", "Correct", "AttachEvidence"})
"""What a registrar does for nobody: who was told confirms, what is wrong is corrected now, a file is attached now."""

ORDER = (
    "Acknowledge", "Adopt", "Refuse", "Assign", "Accept", "Return", "ApproveExtension", "RefuseExtension", "Resume",
    "AcknowledgeEscalation", "Deescalate", "AcknowledgeNotice", "SubmitReport", "ReportProgress", "Decline",
    "RequestExtension", "WithdrawExtension", "IssueSubInstruction", "WithdrawReport", "RequestProgress", "Escalate",
    "Snooze", "Reassign", "ChangeDeadline", "IssuePart", "SetMilestones", "SetController", "SetObservers",
    "ChangePolicy", "Suspend", "CarryOver", "Reopen", "Cancel", "Comment", "Correct",
)  # fmt: skip
"""From what is likeliest on."""
_AWAITED = frozenset(ORDER[: ORDER.index("ReportProgress") + 1]) | {"Decline"}
"""Where one of these is open, somebody waits for it."""


@dataclass(frozen=True, kw_only=True)
class Actions:
    """The forms, in two groups."""

    awaited: Sequence[Form]
    others: Sequence[Form]

    @property
    def all(self) -> Sequence[Form]:
        return (*self.awaited, *self.others)

    def with_refused(self, refused: Form) -> "Actions":
        """The one that was refused, in its place."""
        if refused.type in {one.type for one in self.others}:
            return Actions(awaited=closed(self.awaited), others=put_back(self.others, refused))
        return Actions(awaited=put_back(self.awaited, refused), others=closed(self.others))


def open_to(choices: Choices, *, earlier: bool) -> Sequence[Opening]:
    """What whoever looks may send.

    Args:
        earlier: what they may enter as having happened earlier.
    """
    asking = choices.visit.asking
    facts = Facts(
        directory=asking.reader.directory,
        history=tuple(event for _, event in choices.events),
        tzdata=asking.services.tzdata,
    )
    found = openings(asking.reader.person, choices.state, facts, asking.at, backdated=earlier)
    left_out = _NOT_EARLIER if earlier else frozenset[str]()
    return [one for one in found if one.command.__name__ not in left_out]


def actions(choices: Choices, found: Sequence[Opening], version: int, *, earlier: bool) -> Actions:
    """The forms of what is open.

    Args:
        version: the content version that they are for.
    """
    by_type = {one.command.__name__: one for one in found}
    forms = [
        form_of(type_, choices, by_type[type_], version, earlier=earlier)
        for type_ in ORDER
        if type_ in by_type and _makes_sense(type_, choices)
    ]
    awaited = [one for one in forms if _is_awaited(one.type, choices.state)]
    others = [one for one in forms if one not in awaited]
    if awaited and not earlier:
        awaited[0] = replace(awaited[0], is_open=True)
    return Actions(awaited=awaited, others=others)


def form_of(
    type_: str, choices: Choices, opening: Opening | None, version: int, *, earlier: bool
) -> Form:
    """Of a command; `opening` is None where it is not open, so that what was sent can be refused in its place."""
    words, record = choices.visit.words, choices.record
    title = titles(words)[type_]
    return Form.of(
        type_,
        title,
        with_query(_path(record), earlier=earlier),
        title,
        *FIELDS[type_](choices),
        *_on_behalf_of(choices, opening, earlier=earlier),
        *(_earlier(choices) if earlier else ()),
        version=None if type_ in _RESTS_ON_NO_VERSION else version,
        said=explained(words).get(type_, ""),
        grave=type_ in _GRAVE,
    )


def attaching(choices: Choices, found: Sequence[Opening] | None) -> Form | None:
    """The form by which a file is sent; None where they may not, or none can be kept here.

    Args:
        found: what is open to them; None where that is not asked: what was sent is answered in its place.
    """
    keeps = choices.visit.asking.services.evidence is not None
    may = found is None or any(one.command is AttachEvidence for one in found)
    if not may or not keeps:
        return None
    title = titles(choices.visit.words)["AttachEvidence"]
    file = Field(name="file", label=choices.say("File"), kind="file", required=True)
    return Form.of("AttachEvidence", title, f"{_path(choices.record)}/evidence", title, file)


def _path(record: Record) -> str:
    return instruction_path(record.number)


def _on_behalf_of(choices: Choices, opening: Opening | None, *, earlier: bool) -> Sequence[Field]:
    """Where it could be for several bodies."""
    bodies = opening.bodies if opening else ()
    holds = choices.visit.asking.reader.mandates
    if not bodies or (len(bodies) == 1 and (earlier or len(holds) == 1)):
        return ()
    label = choices.say("On behalf of")
    return (
        Field(
            name="on_behalf_of",
            label=label,
            kind="choice",
            required=not earlier,
            options=choices.named(bodies),
            value="" if earlier else bodies[0],
        ),
    )


def _earlier(choices: Choices) -> Sequence[Field]:
    say = choices.say
    return (
        Field(name="backdated.at", label=say("When it happened"), kind="moment", required=True),
        Field(
            name="backdated.reason",
            label=say("Why it is entered only now"),
            kind="area",
            required=True,
        ),
    )


def _is_awaited(type_: str, state: KnownState) -> bool:
    match type_:
        case "SubmitReport" | "ReportProgress":
            return not isinstance(state, Assigned | Reported)
        case "Resume" | "AcknowledgeNotice":
            return True
        case _:
            return type_ in _AWAITED


def _makes_sense(type_: str, choices: Choices) -> bool:
    """There is something to choose."""
    return type_ != "CarryOver" or bool(choices.programmes)
