"""Which command is for whom and in which phase, exhaustively: the tables below are the rule."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.attribution import BY_SYSTEM, Backdating, Identity
from domain.deadline import DeadlineRequest
from domain.facts import Facts
from domain.identifiers import PersonId, instruction_id
from domain.instruction import commands as c
from domain.instruction import events as e
from domain.instruction.decisions.openings import openings
from domain.instruction.events import InstructionEvent
from domain.instruction.rules import RULES
from domain.instruction.state import InstructionState, Unissued
from domain.outcomes import Rejected
from domain.rejections import Code
from tests.domain.specification import given
from tests.domain.world import (
    ADMINISTRATOR,
    CONTROL_OFFICER,
    CONTROL_OPERATOR,
    COUNCIL,
    COUNCIL_HEAD,
    COUNCIL_OFFICER,
    COUNCIL_OPERATOR,
    COUNCIL_REGISTRAR,
    DAY,
    DEADLINE_AT,
    FORMER_OFFICER,
    ISSUED_AT,
    JOINT_HEAD,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_A_OFFICER,
    MINISTRY_A_OPERATOR,
    MINISTRY_A_REGISTRAR,
    MINISTRY_B_HEAD,
    NEXT_PROGRAMME,
    NOW,
    OF_TWO_BODIES,
    PROGRAMME,
    REGION,
    REGION_HEAD,
    STRANGER,
    SUPREME_HEAD,
    SUPREME_OPERATOR,
    SUPREME_REGISTRAR,
    acknowledged,
    assigned,
    by,
    cancelled,
    completed,
    done_by,
    escalated,
    extension_requested,
    facts_with_programme,
    issue,
    issued,
    observers_set,
    office,
    proposed,
    sent_by,
    submitted,
    suspended,
    told,
)

_ISSUED = issued(programme=PROGRAMME)
_TOLD = e.ProgressRequested(
    **done_by(CONTROL_OPERATOR, ISSUED_AT), text="", notices=told(MINISTRY_A_OFFICER)
)
"""Changes nothing, and gives the notice that `AcknowledgeNotice` is about."""
_FOUNDED = (_ISSUED, _TOLD, observers_set(REGION))
_HISTORIES: Mapping[str, tuple[InstructionEvent, ...]] = {
    "Unissued": (),
    "Proposed": (proposed(programme=PROGRAMME), _TOLD),
    "Issued": _FOUNDED,
    "Assigned": (*_FOUNDED, assigned()),
    "InProgress": (*_FOUNDED, assigned(), acknowledged()),
    "Reported": (*_FOUNDED, assigned(), acknowledged(), submitted()),
    "Suspended": (*_FOUNDED, assigned(), acknowledged(), suspended()),
    "Completed": (*_FOUNDED, assigned(), acknowledged(), submitted(), completed()),
    "Cancelled": (*_FOUNDED, assigned(), acknowledged(), cancelled()),
}
"""The shortest way into each phase, with an observer."""

_NEEDED: Mapping[str, InstructionEvent] = {
    "WithdrawExtension": extension_requested(),
    "ApproveExtension": extension_requested(),
    "RefuseExtension": extension_requested(),
    "AcknowledgeEscalation": escalated(),
    "Deescalate": escalated(),
}
"""What a command needs besides a phase."""

_FOUNDING = issue().model_dump(exclude={"command_id", "actor", "instruction", "type"})
_FIELDS: Mapping[str, Mapping[str, object]] = {
    "Propose": _FOUNDING,
    "Issue": _FOUNDING,
    "IssueAsPart": {**_FOUNDING, "parent": instruction_id("SC-17")},
    "IssueAsOccurrence": {**_FOUNDING, "recurrence": "tax-return", "lead": "ministry-a"},
    "Refuse": {"reason": "The railways are not ready."},
    "Assign": {"lead": "ministry-a"},
    "Reassign": {"lead": "ministry-b"},
    "Decline": {"reason": "It is the region's to do."},
    "SetController": {"controller": "supreme"},
    "SetObservers": {"observers": ["ministry-b"]},
    "ReportProgress": {"percent": 50},
    "SetMilestones": {"milestones": []},
    "ChangePolicy": {"policy": {"id": "quiet"}, "reason": "It needs no reminders."},
    "RequestExtension": {"until": DeadlineRequest(at=NOW + 90 * DAY), "reason": "Late draft."},
    "ApproveExtension": {"until": DeadlineRequest(at=NOW + 90 * DAY)},
    "RefuseExtension": {"reason": "There was time enough."},
    "ChangeDeadline": {"deadline": DeadlineRequest(at=NOW + 30 * DAY), "reason": "Needed sooner."},
    "SubmitReport": {"text": "Done."},
    "Return": {"reason": "The annex is missing."},
    "Suspend": {"reason": "The treaty is being renegotiated."},
    "Cancel": {"reason": "Overtaken by the treaty."},
    "Reopen": {"reason": "The annex was forged."},
    "CarryOver": {"into": NEXT_PROGRAMME},
    "IssueSubInstruction": {
        "number": "SC-17/4-1",
        "text": "Draft the annex.",
        "deadline": DeadlineRequest(at=NOW + 30 * DAY),
    },
    "IssuePart": {
        "number": "SC-17/4-1",
        "text": "Draft the annex.",
        "deadline": DeadlineRequest(at=NOW + 30 * DAY),
    },
    "RecordPart": {"part": instruction_id("SC-17/4-1"), "number": "SC-17/4-1", "how": "cancelled"},
    "FollowWhole": {
        "action": "cancel",
        "reason": "Overtaken by the treaty.",
        "because_of": instruction_id("SC-17"),
        "by": by(COUNCIL_OFFICER),
    },
    "Escalate": {"to": "issuer", "reason": "No word for a week."},
    "AcknowledgeEscalation": {"until": NOW + DAY},
    "Snooze": {"until": NOW + DAY},
    "Deescalate": {"reason": "Settled by telephone."},
    "Comment": {"text": "See annex 2."},
    "AttachEvidence": {"evidence": {"sha256": "ab" * 32, "name": "act.pdf", "size": 1}},
    "Correct": {"version": 1, "field": "text", "value": "Agree.", "reason": "A slip."},
    "AcknowledgeNotice": {
        "notice": {"version": 2, "recipient": MINISTRY_A_OFFICER, "channel": "log"},
    },
    "RecordDelivery": {
        "notice": {"version": 1, "recipient": MINISTRY_A_HEAD, "channel": "log"},
        "outcome": "delivered",
    },
}

_COMMAND: TypeAdapter[c.AnyInstructionCommand] = TypeAdapter(c.AnyInstructionCommand)

_PHASES = """
                       Unissued Proposed Issued Assigned InProgress Reported Suspended Completed Cancelled
Propose                yes      again    again  again    again      again    again     again     again
Adopt                  missing  yes      -      -        -          -        -         -         -
Refuse                 missing  yes      -      -        -          -        -         -         -
Issue                  yes      again    again  again    again      again    again     again     again
IssueAsPart            yes      again    again  again    again      again    again     again     again
IssueAsOccurrence      yes      again    again  again    again      again    again     again     again
Assign                 missing  -        yes    -        -          -        -         -         -
Reassign               missing  -        -      yes      yes        -        -         -         -
Acknowledge            missing  nobody   nobody yes      -          -        -         -         -
Decline                missing  nobody   nobody yes      -          -        -         -         -
SetController          missing  -        yes    yes      yes        yes      -         -         -
SetObservers           missing  -        yes    yes      yes        yes      -         -         -
SetMilestones          missing  -        yes    yes      yes        yes      -         -         -
ChangePolicy           missing  -        yes    yes      yes        yes      yes       -         -
ReportProgress         missing  nobody   nobody yes      yes        -        -         -         -
RequestProgress        missing  -        no-one yes      yes        yes      yes       -         -
RequestExtension       missing  nobody   nobody yes      yes        -        -         -         -
WithdrawExtension      missing  nobody   nobody yes      yes        yes      -         -         -
ApproveExtension       missing  -        yes    yes      yes        yes      -         -         -
RefuseExtension        missing  -        yes    yes      yes        yes      -         -         -
ChangeDeadline         missing  -        yes    yes      yes        yes      -         -         -
SubmitReport           missing  nobody   nobody yes      yes        -        -         -         -
WithdrawReport         missing  nobody   nobody none     none       yes      -         -         -
Accept                 missing  -        -      -        -          yes      -         -         -
Return                 missing  -        -      -        -          yes      -         -         -
Suspend                missing  -        yes    yes      yes        yes      -         -         -
Resume                 missing  -        -      -        -          -        yes       -         -
Cancel                 missing  -        yes    yes      yes        yes      yes       -         -
Reopen                 missing  -        -      -        -          -        -         yes       yes
CarryOver              missing  yes      yes    yes      yes        yes      yes       -         -
IssuePart              missing  -        yes    yes      yes        -        -         -         -
IssueSubInstruction    missing  nobody   nobody yes      yes        -        -         -         -
Escalate               missing  -        yes    yes      yes        yes      yes       -         -
AcknowledgeEscalation  missing  -        yes    yes      yes        yes      -         -         -
Snooze                 missing  -        yes    yes      yes        yes      -         -         -
Deescalate             missing  -        yes    yes      yes        yes      -         -         -
Comment                missing  yes      yes    yes      yes        yes      yes       yes       yes
AttachEvidence         missing  yes      yes    yes      yes        yes      yes       yes       yes
Correct                missing  -        yes    yes      yes        yes      -         yes       yes
RecordPart             missing  yes      yes    yes      yes        yes      yes       yes       yes
FollowWhole            missing  yes      yes    yes      yes        yes      yes       yes       yes
AcknowledgeNotice      missing  yes      yes    yes      yes        yes      yes       yes       yes
CheckDeadlines         yes      yes      yes    yes      yes        yes      yes       yes       yes
RecordDelivery         missing  yes      yes    yes      yes        yes      yes       yes       yes
"""

_REFUSALS: Mapping[str, tuple[Code, str | None]] = {
    "again": (Code.ALREADY_ISSUED, "number"),
    "missing": (Code.NOT_ISSUED, "instruction"),
    "-": (Code.NOT_IN_THIS_PHASE, None),
    "nobody": (Code.NOT_AUTHORISED, "actor"),  # no lead is named yet
    "no-one": (Code.NOT_ASSIGNED, None),
    "none": (Code.NO_REPORT, None),
}

_PERSONS: Mapping[str, PersonId] = {
    "issuer": COUNCIL_OFFICER,
    "head": COUNCIL_HEAD,
    "lead": MINISTRY_A_OFFICER,
    "helper": MINISTRY_B_HEAD,
    "control": CONTROL_OFFICER,
    "observer": REGION_HEAD,
    "op": COUNCIL_OPERATOR,
    "op-up": SUPREME_OPERATOR,
    "op-ctl": CONTROL_OPERATOR,
    "reg": COUNCIL_REGISTRAR,
    "reg-up": SUPREME_REGISTRAR,
}
"""Who in the table is who: officer and head of the issuer, the lead, a co-assignee, the controller, an
observer, operators of the issuer, of the body above it and of the controller, registrars of the issuer
and of the body above it."""

_AUTHORITY = """
                       issuer head lead helper control observer op  op-up op-ctl reg reg-up
Propose                yes    yes  -    -      -       -        -   -     -      -   -
Adopt                  yes    yes  -    -      -       -        -   -     -      -   -
Refuse                 yes    yes  -    -      -       -        -   -     -      -   -
Issue                  yes    yes  -    -      -       -        -   -     -      -   -
IssueAsPart            yes    yes  -    -      -       -        -   -     -      -   -
IssueAsOccurrence      yes    yes  yes  yes    yes     yes      yes yes   yes    yes yes
Assign                 yes    yes  -    -      yes     -        -   -     -      -   -
Reassign               yes    yes  -    -      yes     -        -   -     -      -   -
Acknowledge            -      -    yes  -      -       -        -   -     -      -   -
Decline                -      -    yes  -      -       -        -   -     -      -   -
SetController          yes    yes  -    -      -       -        -   -     -      -   -
SetObservers           yes    yes  -    -      -       -        -   -     -      -   -
SetMilestones          yes    yes  -    -      -       -        -   -     -      -   -
ChangePolicy           yes    yes  -    -      -       -        -   -     -      -   -
ReportProgress         -      -    yes  yes    -       -        -   -     -      -   -
RequestProgress        -      -    -    -      yes     -        yes yes   yes    -   -
RequestExtension       -      -    yes  -      -       -        -   -     -      -   -
WithdrawExtension      -      -    yes  -      -       -        -   -     -      -   -
ApproveExtension       -      -    -    -      yes     -        -   -     -      -   -
RefuseExtension        -      -    -    -      yes     -        -   -     -      -   -
ChangeDeadline         yes    yes  -    -      -       -        -   -     -      -   -
SubmitReport           -      -    yes  -      -       -        -   -     -      -   -
WithdrawReport         -      -    yes  -      -       -        -   -     -      -   -
Accept                 -      -    -    -      yes     -        -   -     -      -   -
Return                 -      -    -    -      yes     -        -   -     -      -   -
Suspend                yes    yes  -    -      yes     -        -   -     -      -   -
Resume                 yes    yes  -    -      yes     -        -   -     -      -   -
Cancel                 yes    yes  -    -      -       -        -   -     -      -   -
Reopen                 yes    yes  -    -      -       -        -   -     -      -   -
CarryOver              yes    yes  -    -      -       -        -   -     -      -   -
IssuePart              yes    yes  -    -      -       -        -   -     -      -   -
IssueSubInstruction    -      -    yes  -      -       -        -   -     -      -   -
Escalate               -      -    -    -      -       -        yes yes   yes    -   -
AcknowledgeEscalation  -      -    -    -      -       -        yes yes   yes    -   -
Snooze                 -      -    -    -      -       -        yes yes   yes    -   -
Deescalate             -      -    -    -      -       -        yes yes   yes    -   -
Comment                yes    yes  yes  yes    yes     yes      yes yes   yes    -   -
AttachEvidence         yes    yes  yes  yes    yes     yes      yes yes   yes    -   -
Correct                yes    yes  -    -      -       -        -   -     -      yes yes
RecordPart             yes    yes  yes  yes    yes     yes      yes yes   yes    yes yes
FollowWhole            yes    yes  yes  yes    yes     yes      yes yes   yes    yes yes
AcknowledgeNotice      -      -    yes  -      -       -        -   -     -      -   -
CheckDeadlines         yes    yes  yes  yes    yes     yes      yes yes   yes    yes yes
RecordDelivery         yes    yes  yes  yes    yes     yes      yes yes   yes    yes yes
"""

_NO_PARTIES = (
    STRANGER,
    FORMER_OFFICER,
    SUPREME_HEAD,
    JOINT_HEAD,
    MINISTRY_A_OPERATOR,
    MINISTRY_A_REGISTRAR,
    ADMINISTRATOR,
)
"""Offices that give no say in an instruction of the council to ministry A."""


def _read(table: str) -> dict[tuple[str, str], str]:
    header, *rows = (line.split() for line in table.strip().splitlines())
    cells: dict[tuple[str, str], str] = {}
    for name, *row in rows:
        cells |= {(name, column): cell for column, cell in zip(header, row, strict=True)}
    return cells


_PHASE_CELLS, _AUTHORITY_CELLS = _read(_PHASES), _read(_AUTHORITY)
_CLASSES = {command.__name__: command for command in RULES}
_NAMES = sorted({name for name, _ in _PHASE_CELLS})
_BY_SYSTEM = {"CheckDeadlines", "RecordDelivery"}
_OF_PERSONS = sorted(set(_NAMES) - _BY_SYSTEM - {"IssueAsOccurrence", "RecordPart", "FollowWhole"})


def _command(name: str, actor: PersonId, **more: object) -> c.AnyInstructionCommand:
    fields = {"type": name, **sent_by(actor), **_FIELDS.get(name, {}), **more}
    return _COMMAND.validate_python(fields)


def _commands(base: type[c.InstructionCommand]) -> Iterator[type[c.InstructionCommand]]:
    """The classes of commands that are sent, not those that commands share fields by."""
    for command in base.__subclasses__():
        yield from [command] if "type" in command.model_fields else _commands(command)


def _someone_who_may(name: str) -> PersonId:
    return next(
        person for column, person in _PERSONS.items() if _AUTHORITY_CELLS[name, column] == "yes"
    )


def _phase_where_accepted(name: str) -> str:
    """The last open one: by then every party is named."""
    phases = (
        "Reported", "InProgress", "Assigned", "Issued", "Suspended", "Proposed", "Completed", "Unissued",
    )  # fmt: skip
    return next(phase for phase in phases if _PHASE_CELLS[name, phase] == "yes")


def _history(name: str, phase: str) -> tuple[InstructionEvent, ...]:
    needed = _NEEDED.get(name)
    return (*_HISTORIES[phase], *([needed] if needed and phase != "Unissued" else []))


def _facts_for(name: str) -> Callable[[], Facts]:
    """With the programme that the command names."""
    return partial(facts_with_programme, NEXT_PROGRAMME if name == "CarryOver" else PROGRAMME)


def test_the_tables_name_every_command_and_every_phase() -> None:
    names = {command.__name__ for command in _commands(c.InstructionCommand)}
    assert {command.__name__ for command in RULES} == names
    assert {name for name, _ in _PHASE_CELLS} == names
    assert {name for name, _ in _AUTHORITY_CELLS} == names
    phases = {state.phase for state in get_args(InstructionState)}
    assert {phase for _, phase in _PHASE_CELLS} == phases == set(_HISTORIES)
    assert {person for _, person in _AUTHORITY_CELLS} == set(_PERSONS)


@pytest.mark.parametrize("phase", _HISTORIES)
def test_the_histories_lead_into_their_phase(phase: str) -> None:
    assert given(_HISTORIES[phase]).state.phase == phase


@pytest.mark.parametrize(("name", "phase"), _PHASE_CELLS)
def test_a_command_is_accepted_in_its_phases_and_refused_in_all_others(
    name: str, phase: str
) -> None:
    decided = given(_history(name, phase), _facts_for(name)).when(
        _command(name, _someone_who_may(name)), at=NOW
    )
    cell = _PHASE_CELLS[name, phase]
    if cell == "yes":
        assert not isinstance(decided.outcome, Rejected), decided.outcome
    else:
        decided.refused(*_REFUSALS[cell])


@pytest.mark.parametrize(("name", "phase"), _PHASE_CELLS)
def test_a_registrar_is_bound_by_the_same_phases(name: str, phase: str) -> None:
    backdated = Backdating(at=NOW - DAY, reason="It arrived on paper.")
    command = _command(name, COUNCIL_REGISTRAR, backdated=backdated)
    decided = given(_history(name, phase), _facts_for(name)).when(command, at=NOW)
    cell = _PHASE_CELLS[name, phase].replace("nobody", "-")
    if cell == "yes":
        assert not isinstance(decided.outcome, Rejected), decided.outcome
    else:
        decided.refused(*_REFUSALS[cell])


@pytest.mark.parametrize(("name", "relation"), _AUTHORITY_CELLS)
def test_a_command_is_for_those_in_its_relation_only(name: str, relation: str) -> None:
    command = _command(name, _PERSONS[relation])
    decided = given(_history(name, _phase_where_accepted(name)), _facts_for(name)).when(
        command, at=NOW
    )
    if _AUTHORITY_CELLS[name, relation] == "yes":
        assert not isinstance(decided.outcome, Rejected), decided.outcome
    else:
        decided.refused(Code.NOT_AUTHORISED, "actor")


@pytest.mark.parametrize("person", _NO_PARTIES)
@pytest.mark.parametrize("name", _OF_PERSONS)
def test_nobody_else_has_a_say(name: str, person: PersonId) -> None:
    decided = given(_history(name, _phase_where_accepted(name)), _facts_for(name)).when(
        _command(name, person), at=NOW
    )
    decided.refused(Code.NOT_AUTHORISED, "actor")


@pytest.mark.parametrize("name", sorted({*_OF_PERSONS} - {"AcknowledgeNotice"}))
def test_the_event_says_by_which_office_and_for_which_body(name: str) -> None:
    person = _someone_who_may(name)
    specified = given(_history(name, _phase_where_accepted(name)), _facts_for(name))
    for event in specified.when(_command(name, person), at=NOW).events:
        assert event.by == by(person)
        assert event.occurred_at == NOW


@pytest.mark.parametrize("name", sorted(_BY_SYSTEM))
def test_what_the_machinery_records_is_by_the_system_whoever_sent_it(name: str) -> None:
    history = (issued(), assigned())
    events = given(history).when(_command(name, STRANGER), at=DEADLINE_AT).events
    assert [event.by for event in events] == [BY_SYSTEM] * len(events)
    assert events


def test_what_a_recurrence_issues_is_by_the_system_on_behalf_of_the_issuer() -> None:
    events = given().when(_command("IssueAsOccurrence", STRANGER), at=NOW).events
    by_council = BY_SYSTEM.model_copy(update={"on_behalf_of": COUNCIL})
    assert [(event.type, event.by) for event in events] == [
        ("InstructionIssued", by_council),
        ("InstructionAssigned", by_council),
    ]


@pytest.mark.parametrize("registrar", [COUNCIL_REGISTRAR, SUPREME_REGISTRAR])
@pytest.mark.parametrize("name", _OF_PERSONS)
def test_what_happened_earlier_is_entered_by_a_registrar_of_the_issuer_or_above(
    name: str, registrar: PersonId
) -> None:
    backdated = Backdating(at=NOW - DAY, reason="It arrived on paper.")
    command = _command(name, registrar, backdated=backdated)
    for event in (
        given(_history(name, _phase_where_accepted(name)), _facts_for(name))
        .when(command, at=NOW)
        .events
    ):
        assert event.occurred_at == NOW - DAY
        assert event.by.office == office(registrar)
        assert event.by.backdating_reason == "It arrived on paper."
        assert not getattr(event, "notices", ()), "nobody is told of what is entered as history"


@pytest.mark.parametrize(
    "person",
    [
        *(person for column, person in _PERSONS.items() if not column.startswith("reg")),
        *_NO_PARTIES,
    ],
)
@pytest.mark.parametrize("name", _OF_PERSONS)
def test_nobody_but_such_a_registrar_enters_what_happened_earlier(
    name: str, person: PersonId
) -> None:
    backdated = Backdating(at=NOW - DAY, reason="It arrived on paper.")
    command = _command(name, person, backdated=backdated)
    given(_history(name, _phase_where_accepted(name)), _facts_for(name)).when(
        command, at=NOW
    ).refused(Code.NOT_AUTHORISED, "actor")


def test_a_registrar_says_on_whose_behalf() -> None:
    backdated = Backdating(at=NOW - DAY, reason="It arrived on paper.")
    command = _command(
        "Acknowledge", COUNCIL_REGISTRAR, backdated=backdated, on_behalf_of=MINISTRY_A
    )
    [event] = given(_HISTORIES["Assigned"]).when(command, at=NOW).events
    assert (event.by.actor, event.by.on_behalf_of) == (COUNCIL_REGISTRAR, MINISTRY_A)


def test_who_holds_offices_in_two_bodies_acts_for_the_one_that_has_a_say() -> None:
    specified = given(_HISTORIES["Assigned"])
    for_either = _command("Acknowledge", OF_TWO_BODIES)
    for_the_lead = _command("Acknowledge", OF_TWO_BODIES, on_behalf_of=MINISTRY_A)
    for_the_region = _command("Acknowledge", OF_TWO_BODIES, on_behalf_of=REGION)
    for command in (for_either, for_the_lead):
        [event] = specified.when(command, at=NOW).events
        assert event.by == by(OF_TWO_BODIES, MINISTRY_A)
    specified.when(for_the_region, at=NOW).refused(Code.NOT_AUTHORISED, "actor")


def test_how_the_actor_is_known_is_recorded() -> None:
    known = Identity(kind="asserted", method="telephone")
    [event] = (
        given(_HISTORIES["Assigned"])
        .when(_command("Acknowledge", MINISTRY_A_OFFICER, identity=known), at=NOW)
        .events
    )
    assert event.by.identity == known


def test_how_the_sender_was_authenticated_is_recorded() -> None:
    known = Identity(kind="authenticated", method="oidc")
    sent = _command("Acknowledge", MINISTRY_A_OFFICER, identity=known, seal="s", expected_version=2)
    [event] = given(_HISTORIES["Assigned"]).when(sent, at=NOW).events
    assert event.by.identity == known
    assert not {"seal", "expected_version"} & event.model_dump().keys()


def test_nobody_may_claim_to_be_the_system() -> None:
    with pytest.raises(ValidationError, match="`system` is not accepted"):
        _command("Acknowledge", MINISTRY_A_OFFICER, identity=Identity(kind="system"))


def test_a_registrar_enters_only_for_a_body_that_might_have_done_it() -> None:
    backdated = Backdating(at=NOW - timedelta(days=1), reason="import")
    enter = _command("Acknowledge", COUNCIL_REGISTRAR, backdated=backdated)
    [event] = given(_HISTORIES["Assigned"]).when(enter, at=NOW).events
    assert event.by.on_behalf_of == MINISTRY_A, "there is only one"
    wrong = enter.model_copy(update={"on_behalf_of": REGION})
    given(_HISTORIES["Assigned"]).when(wrong, at=NOW).refused(Code.NOT_AUTHORISED, "on_behalf_of")


def test_nothing_is_entered_before_what_it_answers_to() -> None:
    early = Backdating(at=ISSUED_AT + timedelta(hours=1), reason="import")
    for name, phase in (("Acknowledge", "Assigned"), ("Accept", "Reported")):
        command = _command(name, COUNCIL_REGISTRAR, backdated=early)
        given(_HISTORIES[phase]).when(command, at=NOW).refused(Code.INVALID, "backdated")


def test_without_a_controller_the_issuer_decides_on_extensions_but_accepts_nothing() -> None:
    history = (issued(controller=None), *_HISTORIES["Reported"][1:], extension_requested())
    approve, accept = _command("ApproveExtension", COUNCIL_HEAD), _command("Accept", COUNCIL_HEAD)
    assert given(history).when(approve, at=NOW).types == ["ExtensionApproved"]
    given(history).when(accept, at=NOW).refused(Code.NOT_AUTHORISED, "actor")


def _open_to(
    person: PersonId, history: tuple[InstructionEvent, ...], *, backdated: bool
) -> set[str]:
    state = given(history).state
    assert not isinstance(state, Unissued)
    facts = replace(facts_with_programme(NEXT_PROGRAMME), history=history)
    found = openings(person, state, facts, NOW, backdated=backdated)
    return {one.command.__name__ for one in found}


_TO_WHAT_IS_THERE = sorted(
    {name for name in _OF_PERSONS if RULES[_CLASSES[name]].phases} - {"IssueAsPart"}
)
"""Founding it is open to nobody once it is there."""


@pytest.mark.parametrize("name", _TO_WHAT_IS_THERE)
@pytest.mark.parametrize("phase", sorted(set(_HISTORIES) - {"Unissued"}))
def test_what_is_open_to_somebody_is_what_is_not_refused(name: str, phase: str) -> None:
    history = _history(name, phase)
    specified = given(history, _facts_for(name))
    for person in (*_PERSONS.values(), *_NO_PARTIES):
        decided = specified.when(_command(name, person), at=NOW)
        is_open = name in _open_to(person, history, backdated=False)
        assert is_open == (not isinstance(decided.outcome, Rejected)), person


@pytest.mark.parametrize("name", _TO_WHAT_IS_THERE)
@pytest.mark.parametrize("phase", sorted(set(_HISTORIES) - {"Unissued"}))
def test_what_is_open_to_a_registrar_as_history_is_what_is_not_refused(
    name: str, phase: str
) -> None:
    history = _history(name, phase)
    specified = given(history, _facts_for(name))
    for person in (*_PERSONS.values(), *_NO_PARTIES):
        command = _command(name, person, backdated=Backdating(at=NOW, reason="It came on paper."))
        decided = specified.when(command, at=NOW)
        is_open = name in _open_to(person, history, backdated=True)
        assert is_open == (not isinstance(decided.outcome, Rejected)), person


@pytest.mark.parametrize("name", sorted(_NEEDED))
def test_what_needs_a_request_or_an_escalation_is_open_to_nobody_without(name: str) -> None:
    history = _HISTORIES["InProgress"]
    person = _someone_who_may(name)
    assert name not in _open_to(person, history, backdated=False)
    assert name in _open_to(person, (*history, _NEEDED[name]), backdated=False)
