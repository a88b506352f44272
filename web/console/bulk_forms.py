"""The operations of the API's bulk as forms: those that the visitor's offices may be good for."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.directory.events import OfficeKind
from domain.directory.state import ACTING
from domain.instruction import authority as who
from domain.instruction import commands as c
from domain.instruction.rules import RULES
from web.api.bulk import OperationBody
from web.console.choices import escalation_targets, policies_of
from web.console.forms import Field, Form, body_of
from web.console.instruction.titles import titles
from web.console.term_fields import of_assignees
from web.console.visit import Visit

ON_BEHALF_OF = "on_behalf_of"
_MOVE, _APPLY = "MoveDeadline", "ApplyPolicy"
_COMMANDS: Mapping[str, type[c.InstructionCommand]] = {
    "AcknowledgeEscalation": c.AcknowledgeEscalation,
    "Snooze": c.Snooze,
    "Deescalate": c.Deescalate,
    "Escalate": c.Escalate,
    "RequestProgress": c.RequestProgress,
    _MOVE: c.ChangeDeadline,
    "ChangeDeadline": c.ChangeDeadline,
    "ApproveExtension": c.ApproveExtension,
    "Reassign": c.Reassign,
    _APPLY: c.ChangePolicy,
}
"""Each operation, with the command that it comes to; in the order of the page."""


def operations_of(visit: Visit, action: str) -> Sequence[Form]:
    """Those that some office of the visitor's is good for, each as a form to be sent to `action`."""
    offices = {one.office.kind for one in visit.asking.reader.mandates}
    made = _forms(visit, action)
    return [made[name] for name, command in _COMMANDS.items() if _offices_for(command) & offices]


def operation_of(form: Form, said: Mapping[str, Any]) -> tuple[Any, str | None]:
    """What was entered as the API's operation, and on whose behalf. Raises `Problem` validation."""
    said = dict(said)
    behalf = said.pop(ON_BEHALF_OF, None)
    if form.type == _MOVE and "by" in said:
        said["by"] = f"P{said['by']}D"
    return body_of(OperationBody, said), behalf


def _offices_for(command: type[c.InstructionCommand]) -> frozenset[OfficeKind]:
    """Whose holders the rules let do it, somewhere."""
    operators = frozenset[OfficeKind]({"operator"})
    found = (operators if one is who.operator else ACTING for one in RULES[command].who)
    return frozenset[OfficeKind]().union(*found)


def _forms(visit: Visit, action: str) -> Mapping[str, Form]:
    say, called = visit.words.say, titles(visit.words)
    reason = Field(name="reason", label=say("Reason"), kind="area", required=True, most=4_000)
    until = Field(name="until", label=say("Until"), kind="moment", required=True)
    policies = policies_of(visit)
    of_each: Sequence[tuple[str, str, str, Sequence[Field]]] = (
        (
            "AcknowledgeEscalation",
            called["AcknowledgeEscalation"],
            say("Somebody sees to it; nobody further up is told until then."),
            (until,),
        ),
        (
            "Snooze",
            called["Snooze"],
            say("Nobody further up is told until then."),
            (until, Field(name="reason", label=say("Reason"), kind="area", most=4_000)),
        ),
        (
            "Deescalate",
            called["Deescalate"],
            say("Nobody further up is told as long as the deadline stays the same."),
            (reason,),
        ),
        (
            "Escalate",
            called["Escalate"],
            say("Each is brought before somebody further up, now."),
            (
                Field(
                    name="to",
                    label=say("To whom"),
                    kind="choice",
                    required=True,
                    options=escalation_targets(visit),
                ),
                reason,
            ),
        ),
        (
            "RequestProgress",
            called["RequestProgress"],
            say("The assignees are asked to report progress."),
            (Field(name="text", label=say("What is asked"), kind="area", most=20_000),),
        ),
        (
            _MOVE,
            say("Move the deadlines"),
            say("Each deadline becomes so much later."),
            (Field(name="by", label=say("Days"), kind="number", required=True), reason),
        ),
        (
            "ChangeDeadline",
            called["ChangeDeadline"],
            say("All get the same deadline, later or earlier."),
            (
                Field(name="deadline", label=say("Deadline"), kind="deadline", required=True),
                reason,
            ),
        ),
        (
            "ApproveExtension",
            called["ApproveExtension"],
            say("To the deadline that each asks for, or to this one."),
            (Field(name="until", label=say("Deadline"), kind="deadline"),),
        ),
        (
            "Reassign",
            called["Reassign"],
            say("Others answer for them. A new lead has yet to take note."),
            of_assignees(visit),
        ),
        (
            _APPLY,
            say("Apply a policy's latest version"),
            say("Instructions that go by it already are left out."),
            (
                Field(
                    name="policy",
                    label=say("Policy"),
                    kind="choice",
                    required=True,
                    options=policies,
                ),
                Field(
                    name="instead_of",
                    label=say("Only those under this policy"),
                    kind="choice",
                    options=policies,
                    help=say("By default those under an earlier version of the same."),
                ),
                reason,
            ),
        ),
    )
    behalf = _behalf(visit)
    return {
        type_: Form.of(type_, title, action, say("Show what it leads to"), *fields, *behalf, said=said, within="operation")
        for type_, title, said, fields in of_each
    }  # fmt: skip


def _behalf(visit: Visit) -> Sequence[Field]:
    """Asked only of whoever holds offices in several bodies."""
    held = {one.office.body for one in visit.asking.reader.mandates}
    if len(held) < 2:
        return ()
    options = [(one, visit.body(one)) for one in sorted(held)]
    label_ = visit.words.say("On behalf of")
    return (Field(name=ON_BEHALF_OF, label=label_, kind="choice", options=options),)
