"""The form of each command to an instruction: its fields, filled with what there is to choose from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.datastructures import FormData

from domain.identifiers import BodyId
from domain.instruction import events as e
from domain.instruction.noticed import Noticed
from domain.instruction.state import KnownState, Record
from domain.instruction.terms import Evidence
from eventstore.protocol import StoredEvent
from readmodels.programmes import ProgrammeRow
from web.console.choices import bodies_to_charge, escalation_targets, labelled, policies_of
from web.console.forms import Field, Option
from web.console.instruction.milestone_rows import milestones_of, rows_of
from web.console.labels import label
from web.console.term_fields import of_assignees, of_source
from web.console.visit import Visit

_TEXT, _REASON = 20_000, 4_000
_CORRECTABLE = 200
"""Of the latest events, those that a form offers to be corrected."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What there is to choose from in forms."""

    visit: Visit
    state: KnownState
    events: Sequence[tuple[StoredEvent, e.InstructionEvent]]
    files: Sequence[Evidence]
    """On record, each once."""
    notices: Sequence[Noticed]
    """That whoever looks has not confirmed yet."""
    programmes: Sequence[ProgrammeRow]
    """Into which it may be carried over."""
    sent: FormData | None = None
    """What was entered, where forms are read or drawn again."""

    @property
    def record(self) -> Record:
        return self.state.record

    def say(self, text: str, /, **values: object) -> str:
        return self.visit.words.say(text, **values)

    def bodies(self) -> Sequence[Option]:
        return bodies_to_charge(self.visit)

    def named(self, bodies: Sequence[BodyId]) -> Sequence[Option]:
        return [(one, self.visit.body(one)) for one in bodies]


def _reason(o: Choices) -> Field:
    return Field(name="reason", label=o.say("Reason"), kind="area", required=True, most=_REASON)


def _text(o: Choices, *, required: bool = False) -> Field:
    return Field(name="text", label=o.say("Text"), kind="area", required=required, most=_TEXT)


def _deadline(o: Choices, name: str, called: str, *, required: bool = False) -> Field:
    return Field(
        name=name,
        label=called,
        kind="deadline",
        required=required,
        help=o.say(
            "Now %(deadline)s.",
            deadline=o.visit.words.due(o.record.deadline.instant, o.visit.zone),
        ),
    )


def _assigning(o: Choices) -> Sequence[Field]:
    record = o.record
    return of_assignees(
        o.visit,
        lead=record.lead or "",
        joint_leads=record.leads[1:],
        co_assignees=record.co_assignees,
    )


def _progress(o: Choices) -> Sequence[Field]:
    open_ones = [one.milestone for one in o.record.milestones if one.open]
    reached = Field(
        name="milestones",
        label=o.say("Milestones reached now"),
        kind="choices",
        options=[(one.id, one.title) for one in open_ones],
    )
    percent = Field(
        name="percent",
        label=o.say("Per cent done"),
        kind="number",
        required=True,
        most=100,
        value=str(o.record.percent),
    )
    return (percent, _text(o), *([reached] if open_ones else []))


def _report(o: Choices) -> Sequence[Field]:
    files = Field(
        name="evidence",
        label=o.say("Files that show it, of those attached"),
        kind="choices",
        options=[(one.sha256, one.name) for one in o.files],
    )
    return (_text(o, required=True), *([files] if o.files else []))


def _returning(o: Choices) -> Sequence[Field]:
    sides = Field(
        name="sides",
        label=o.say("Who must report again; nobody chosen: all"),
        kind="choices",
        options=o.named(o.record.leads),
    )
    return (
        _reason(o),
        _deadline(o, "deadline", o.say("New deadline, needed once the current one has passed")),
        *([sides] if len(o.record.leads) > 1 else []),
    )


def _part(o: Choices) -> Sequence[Field]:
    return (
        Field(name="number", label=o.say("Number of the part"), required=True, most=100),
        _text(o, required=True),
        _deadline(o, "deadline", o.say("Deadline of the part"), required=True),
    )


def _controller(o: Choices, help_: str) -> Field:
    return Field(
        name="controller",
        label=o.say("Controller"),
        kind="choice",
        options=o.bodies(),
        help=help_,
    )


def _issued_part(o: Choices) -> Sequence[Field]:
    leads = Field(name="is_lead_part", label=o.say("The whole closes with it"), kind="flag")
    return (
        *_part(o),
        Field(name="lead", label=o.say("Lead assignee"), kind="choice", options=o.bodies()),
        _controller(o, o.say("As that of the whole, if none is named.")),
        Field(
            name="closes_with",
            label=o.say("Closes"),
            kind="choice",
            required=True,
            options=labelled(o.visit, "closes-with"),
            value="report",
        ),
        *([leads] if o.record.closes_with == "lead-part" else []),
    )


def _policy(o: Choices) -> Sequence[Field]:
    return (
        Field(
            name="policy",
            label=o.say("Policy"),
            kind="choice",
            required=True,
            options=policies_of(o.visit),
            value=o.record.policy.id,
        ),
        Field(
            name="priority",
            label=o.say("Priority"),
            kind="choice",
            required=True,
            options=labelled(o.visit, "priority"),
            value=o.record.priority,
        ),
        _reason(o),
    )


def _with_parts(o: Choices, called: str) -> Sequence[Field]:
    return [Field(name="with_parts", label=called, kind="flag")] if o.record.parts else []


def _carrying(o: Choices) -> Sequence[Field]:
    into = [(one.programme, one.title) for one in o.programmes]
    return (
        Field(name="into", label=o.say("Programme"), kind="choice", required=True, options=into),
        Field(
            name="sector",
            label=o.say("Sector there; as it is, if left empty"),
            most=200,
        ),
    )


def _escalating(o: Choices) -> Sequence[Field]:
    record = o.record
    missing: set[str] = set()
    if not record.leads:
        missing |= {"lead", "superior"}
    if record.controller is None:
        missing.add("controller")
    to = Field(
        name="to",
        label=o.say("To"),
        kind="choice",
        required=True,
        options=escalation_targets(o.visit, but=missing),
    )
    return (to, _reason(o))


def _until(o: Choices) -> Field:
    return Field(name="until", label=o.say("Silent until"), kind="moment", required=True)


def _ending(o: Choices) -> Sequence[Field]:
    give_back = Field(
        name="give_back",
        label=o.say("Give the assignment back to whom it was taken from"),
        kind="flag",
    )
    return (_reason(o), *([give_back] if o.record.escalation.taken_from else []))


def _confirming(o: Choices) -> Sequence[Field]:
    words = o.visit.words
    options = [
        (
            f"{one.notice.version}/{one.notice.channel}",
            f"{label(words, 'event', one.kind)}, {words.moment(one.given_at, o.visit.zone)}"
            f" ({label(words, 'channel', one.notice.channel)})",
        )
        for one in o.notices
    ]
    first = options[0][0] if options else ""
    return (
        Field(
            name="notice",
            label=o.say("Notice"),
            kind="choice",
            required=True,
            options=options,
            value=first,
        ),
    )


def _correcting(o: Choices) -> Sequence[Field]:
    words = o.visit.words
    correctable = [
        (str(stored.version), f"{stored.version}: {label(words, 'event', stored.type)}")
        for stored, event in o.events
        if event.by.identity.kind != "system" and not isinstance(event, e.Corrected)
    ]
    which = [
        (code, label(words, "field", code)) for code in ("text", "on_behalf_of", "occurred_at")
    ]
    return (
        Field(
            name="version",
            label=o.say("Event"),
            kind="choice",
            required=True,
            options=correctable[-_CORRECTABLE:],
        ),
        Field(name="field", label=o.say("What of it"), kind="choice", required=True, options=which),
        Field(
            name="value",
            label=o.say("Should read"),
            kind="area",
            required=True,
            most=_TEXT,
            help=o.say("The text; the id of the body; or the moment, as 2026-01-31T09:00+03:00."),
        ),
        _reason(o),
    )


def _resuming(o: Choices) -> Sequence[Field]:
    return (
        _deadline(o, "deadline", o.say("Deadline; as many days later as it stood still, if empty")),
        *_with_parts(o, o.say("Also the parts that were suspended because of it")),
    )


FIELDS: Mapping[str, Callable[[Choices], Sequence[Field]]] = {
    "Acknowledge": lambda _: (),
    "Decline": lambda o: (_reason(o),),
    "ReportProgress": _progress,
    "SubmitReport": _report,
    "WithdrawReport": lambda _: (),
    "RequestExtension": lambda o: (
        _deadline(o, "until", o.say("Until"), required=True),
        _reason(o),
    ),
    "WithdrawExtension": lambda _: (),
    "IssueSubInstruction": lambda o: (
        *_part(o),
        _controller(o, o.say("The lead itself, if none is named.")),
    ),
    "Accept": lambda o: (_text(o),),
    "Return": _returning,
    "ApproveExtension": lambda o: (_deadline(o, "until", o.say("Until; as asked for, if empty")),),
    "RefuseExtension": lambda o: (_reason(o),),
    "RequestProgress": lambda o: (_text(o),),
    "Adopt": lambda o: (
        _deadline(o, "deadline", o.say("Deadline; as proposed, if empty")),
        *of_source(o.visit),
    ),
    "Refuse": lambda o: (_reason(o), *of_source(o.visit)),
    "Assign": _assigning,
    "Reassign": _assigning,
    "ChangeDeadline": lambda o: (
        _deadline(o, "deadline", o.say("Deadline"), required=True),
        _reason(o),
    ),
    "IssuePart": _issued_part,
    "SetController": lambda o: (
        replace(
            _controller(o, o.say("With none, the report of the lead completes it.")),
            value=o.record.controller or "",
        ),
    ),
    "SetObservers": lambda o: (
        Field(
            name="observers",
            label=o.say("Observers, all of them"),
            kind="choices",
            options=o.bodies(),
            value=o.record.observers,
        ),
    ),
    "SetMilestones": lambda o: rows_of(o.visit, o.record, o.sent),
    "ChangePolicy": _policy,
    "Suspend": lambda o: (_reason(o), *_with_parts(o, o.say("Its open parts too"))),
    "Resume": _resuming,
    "CarryOver": _carrying,
    "Cancel": lambda o: (_reason(o), *_with_parts(o, o.say("Its open parts too"))),
    "Reopen": lambda o: (
        _reason(o),
        _deadline(o, "deadline", o.say("New deadline, needed once the current one has passed")),
    ),
    "Escalate": _escalating,
    "AcknowledgeEscalation": lambda o: (_until(o),),
    "Snooze": lambda o: (_until(o), replace(_reason(o), required=False)),
    "Deescalate": _ending,
    "AcknowledgeNotice": _confirming,
    "Comment": lambda o: (_text(o, required=True),),
    "Correct": _correcting,
}
"""Of each command that has a form, by its type."""


def completed(type_: str, said: dict[str, Any], o: Choices) -> dict[str, Any]:
    """What was entered, as the command has it: where a form asks for it in another way."""
    match type_:
        case "SetController":
            return {"controller": None, **said}
        case "SetMilestones":
            rows = said.get("milestones", {})
            return {**said, "milestones": milestones_of(rows, o.record, o.visit.zone)}
        case "SubmitReport":
            named = {one.sha256: one for one in o.files}
            chosen = (named[one] for one in said.get("evidence", ()) if one in named)
            return {**said, "evidence": [one.model_dump() for one in chosen]}
        case "AcknowledgeNotice":
            version, _, channel = str(said.get("notice", "")).partition("/")
            recipient = o.visit.asking.reader.person
            key = {"version": version, "recipient": recipient, "channel": channel}
            return {**said, "notice": key}
        case _:
            return said
