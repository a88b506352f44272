"""A small world: a supreme council, a council below it, ministries, a region and a joint body to come.

Persons are opaque ids. Each says by its name here which office it holds.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Literal, TypedDict

from domain.attribution import BY_SYSTEM, Attribution, Identity
from domain.deadline import Deadline, DeadlineRequest, resolve
from domain.directory.commands import (
    AnyDirectoryCommand,
    Appoint,
    RegisterBody,
    RegisterOffice,
    RegisterPerson,
)
from domain.directory.decisions import directory_decider
from domain.directory.events import BodyKind, OfficeKind
from domain.directory.state import Directory
from domain.facts import Facts
from domain.identifiers import (
    BodyId,
    InstructionId,
    PersonId,
    ProgrammeId,
    instruction_id,
)
from domain.instruction import events as e
from domain.instruction.commands import Issue, RecordPart
from domain.instruction.terms import Addressee, ClosesWith, DueKey
from domain.outcomes import Rejected
from domain.policies import DEFAULT_POLICY, Policy, policy_hash
from domain.programme.state import Programme
from domain.programme.terms import ProgrammePhase, Sector

TZDATA = "2026a"
PROGRAMME = "programme-2024-26"
NEXT_PROGRAMME = "programme-2027-30"
NUMBER = "SC-17/4"
INSTRUCTION: InstructionId = instruction_id(NUMBER)

SUPREME, COUNCIL, CONTROL = "supreme", "council", "control"
MINISTRY_A, MINISTRY_B, REGION, JOINT = "ministry-a", "ministry-b", "region", "joint-standards"

SUPREME_HEAD, SUPREME_OPERATOR, SUPREME_REGISTRAR = "p-01", "p-02", "p-03"
COUNCIL_HEAD, COUNCIL_OFFICER, COUNCIL_OPERATOR = "p-11", "p-12", "p-13"
COUNCIL_REGISTRAR, ADMINISTRATOR = "p-14", "p-15"
CONTROL_OFFICER, CONTROL_OPERATOR = "p-21", "p-22"
MINISTRY_A_HEAD, MINISTRY_A_OFFICER, MINISTRY_A_OPERATOR = "p-31", "p-32", "p-33"
MINISTRY_A_REGISTRAR = "p-34"
MINISTRY_B_HEAD = "p-41"
REGION_HEAD = "p-51"
JOINT_HEAD = "p-61"
OF_TWO_BODIES = "p-71"
"""An officer of ministry A and of the region."""
FORMER_OFFICER = "p-81"
"""Was an officer of ministry A until the end of 2025."""
STRANGER = "p-99"

_BODIES: tuple[tuple[BodyId, BodyKind, BodyId | None, str], ...] = (
    (SUPREME, "council", None, "Europe/Minsk"),
    (COUNCIL, "council", SUPREME, "Europe/Minsk"),
    (CONTROL, "department", COUNCIL, "Europe/Minsk"),
    (MINISTRY_A, "ministry", COUNCIL, "Europe/Minsk"),
    (MINISTRY_B, "ministry", COUNCIL, "Europe/Moscow"),
    (REGION, "region", MINISTRY_A, "Europe/Minsk"),
    (JOINT, "joint-body", COUNCIL, "Europe/Minsk"),
)
_FOUNDED = {JOINT: date(2027, 1, 1)}
_OFFICES: tuple[tuple[PersonId, BodyId, OfficeKind], ...] = (
    (SUPREME_HEAD, SUPREME, "head"),
    (SUPREME_OPERATOR, SUPREME, "operator"),
    (SUPREME_REGISTRAR, SUPREME, "registrar"),
    (COUNCIL_HEAD, COUNCIL, "head"),
    (COUNCIL_OFFICER, COUNCIL, "officer"),
    (COUNCIL_OPERATOR, COUNCIL, "operator"),
    (COUNCIL_REGISTRAR, COUNCIL, "registrar"),
    (CONTROL_OFFICER, CONTROL, "officer"),
    (CONTROL_OPERATOR, CONTROL, "operator"),
    (MINISTRY_A_HEAD, MINISTRY_A, "head"),
    (MINISTRY_A_OFFICER, MINISTRY_A, "officer"),
    (MINISTRY_A_OPERATOR, MINISTRY_A, "operator"),
    (MINISTRY_A_REGISTRAR, MINISTRY_A, "registrar"),
    (MINISTRY_B_HEAD, MINISTRY_B, "head"),
    (REGION_HEAD, REGION, "head"),
    (JOINT_HEAD, JOINT, "head"),
    (OF_TWO_BODIES, MINISTRY_A, "officer"),
    (OF_TWO_BODIES, REGION, "officer"),
    (FORMER_OFFICER, MINISTRY_A, "officer"),
    (ADMINISTRATOR, COUNCIL, "administrator"),  # last: until then anybody may set it up
)
_TERMS = {FORMER_OFFICER: date(2025, 12, 31)}
_BY_TWO_CHANNELS = {MINISTRY_A_HEAD}


def utc(text: str) -> datetime:
    """`2026-01-12 09:00`, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


ISSUED_AT = utc("2026-01-12 09:00")
ASSIGNED_AT = utc("2026-01-13 09:00")
ACKNOWLEDGED_AT = utc("2026-01-14 09:00")
REQUESTED_AT = utc("2026-01-20 09:00")
ESCALATED_AT = utc("2026-01-27 09:00")
SUBMITTED_AT = utc("2026-01-28 09:00")
CLOSED_AT = utc("2026-01-30 09:00")
NOW = utc("2026-02-02 09:00")
"""In the middle: three weeks after issue, two months before the deadline."""
DEADLINE_DAY = date(2026, 3, 31)
DEADLINE_AT = utc("2026-03-31 21:00")
"""The midnight that ends 31 March in Minsk."""
DAY = timedelta(days=1)


class Envelope(TypedDict):
    """What every command carries."""

    command_id: str
    actor: PersonId
    instruction: InstructionId


class Done(TypedDict):
    """What every event carries."""

    occurred_at: datetime
    by: Attribution


def sent_by(actor: PersonId) -> Envelope:
    return Envelope(command_id="command", actor=actor, instruction=INSTRUCTION)


def issue(**changes: object) -> Issue:
    """The command that `issued()` is the event of, changed by field."""
    fields: dict[str, object] = {
        **sent_by(COUNCIL_OFFICER),
        "number": NUMBER,
        "text": "Agree on common phytosanitary rules.",
        "issuer": COUNCIL,
        "controller": CONTROL,
        "deadline": DeadlineRequest(on=DEADLINE_DAY),
    }
    return Issue.model_validate({**fields, **changes})


def office(person: PersonId, body: BodyId | None = None) -> str:
    """The id of the office the person holds (in that body)."""
    return next(
        f"{of}-{kind}" for who, of, kind in _OFFICES if who == person and body in (None, of)
    )


def by(person: PersonId, body: BodyId | None = None) -> Attribution:
    """Done by this person, by the office they hold (in that body)."""
    body = body or next(of for who, of, _ in _OFFICES if who == person)
    return Attribution(
        actor=person, on_behalf_of=body, office=office(person, body), identity=Identity()
    )


def done_by(person: PersonId, at: datetime, body: BodyId | None = None) -> Done:
    return Done(occurred_at=at, by=by(person, body))


def by_system(at: datetime) -> Done:
    return Done(occurred_at=at, by=BY_SYSTEM)


def told(*persons: PersonId) -> tuple[Addressee, ...]:
    """Notices to these persons, by every channel that reaches them."""
    return tuple(
        Addressee(person=person, channel=channel) for person in persons for channel in _by(person)
    )


def _by(person: PersonId) -> tuple[str, ...]:
    return ("log", "email") if person in _BY_TWO_CHANNELS else ("log",)


def until(deadline: datetime | date, zone: str = "Europe/Minsk") -> Deadline:
    request = (
        DeadlineRequest(at=deadline)
        if isinstance(deadline, datetime)
        else DeadlineRequest(on=deadline)
    )
    return resolve(request, zone, TZDATA)


def key(rule: str, occurrence: int = 1, revision: int = 1) -> DueKey:
    return DueKey(rule=rule, occurrence=occurrence, revision=revision)


def issued(
    at: datetime = ISSUED_AT,
    *,
    deadline: datetime | date = DEADLINE_DAY,
    zone: str = "Europe/Minsk",
    controller: BodyId | None = CONTROL,
    policy: Policy = DEFAULT_POLICY,
    scheduled_from: datetime | None = None,
    programme: ProgrammeId | None = None,
    parent: InstructionId | None = None,
    closes_with: ClosesWith = "report",
) -> e.InstructionIssued:
    return e.InstructionIssued(
        **done_by(COUNCIL_OFFICER, at),
        number=NUMBER,
        text="Agree on common phytosanitary rules.",
        issuer=COUNCIL,
        controller=controller,
        programme=programme,
        sector=None,
        source=None,
        parent=parent,
        deadline=until(deadline, zone),
        policy=policy,
        policy_hash=policy_hash(policy),
        priority="normal",
        closes_with=closes_with,
        scheduled_from=scheduled_from or at,
    )


def proposed(at: datetime = ISSUED_AT, *, programme: ProgrammeId | None = None) -> e.Proposed:
    return e.Proposed(
        **done_by(COUNCIL_OFFICER, at),
        number=NUMBER,
        text="Agree on common phytosanitary rules.",
        issuer=COUNCIL,
        controller=CONTROL,
        programme=programme,
        sector=None,
        source=None,
        deadline=until(DEADLINE_DAY),
        policy=DEFAULT_POLICY,
        policy_hash=policy_hash(DEFAULT_POLICY),
        priority="normal",
    )


def observers_set(*observers: BodyId, at: datetime = ISSUED_AT) -> e.ObserversSet:
    return e.ObserversSet(**done_by(COUNCIL_OFFICER, at), observers=observers)


def suspended(at: datetime = CLOSED_AT) -> e.Suspended:
    return e.Suspended(**done_by(COUNCIL_OFFICER, at), reason="The treaty is being renegotiated.")


def resumed(at: datetime, *, days: int, to: datetime | date, given: bool = False) -> e.Resumed:
    return e.Resumed(
        **done_by(COUNCIL_OFFICER, at),
        deadline=until(to),
        given=given,
        milestones=(),
        suspended_for=days * DAY,
        scheduled_from=at,
    )


def assigned(
    at: datetime = ASSIGNED_AT,
    *,
    lead: BodyId = MINISTRY_A,
    joint_leads: tuple[BodyId, ...] = (),
    co_assignees: tuple[BodyId, ...] = (MINISTRY_B,),
) -> e.InstructionAssigned:
    return e.InstructionAssigned(
        **done_by(COUNCIL_OFFICER, at),
        lead=lead,
        joint_leads=joint_leads,
        co_assignees=co_assignees,
        scheduled_from=at,
    )


def acknowledged(at: datetime = ACKNOWLEDGED_AT) -> e.AssignmentAcknowledged:
    return e.AssignmentAcknowledged(**done_by(MINISTRY_A_HEAD, at))


def extension_requested(
    at: datetime = REQUESTED_AT,
    *,
    to: datetime | date = date(2026, 4, 30),
    decide_by: datetime | None = None,
) -> e.ExtensionRequested:
    return e.ExtensionRequested(
        **done_by(MINISTRY_A_HEAD, at),
        until=until(to),
        reason="The draft is still with the region.",
        decide_by=decide_by or at + 7 * DAY,
    )


def extension_approved(at: datetime, *, to: datetime | date) -> e.ExtensionApproved:
    return e.ExtensionApproved(
        **done_by(CONTROL_OFFICER, at), deadline=until(to), scheduled_from=at
    )


def submitted(at: datetime = SUBMITTED_AT) -> e.CompletionReported:
    return e.CompletionReported(
        **done_by(MINISTRY_A_HEAD, at), text="The rules are agreed.", evidence=(), scheduled_from=at
    )


def completed(at: datetime = CLOSED_AT) -> e.InstructionCompleted:
    return e.InstructionCompleted(**done_by(CONTROL_OFFICER, at), text="")


def cancelled(at: datetime = CLOSED_AT) -> e.Cancelled:
    return e.Cancelled(**done_by(COUNCIL_OFFICER, at), reason="Overtaken by the treaty.")


def escalated(at: datetime = ESCALATED_AT) -> e.Escalated:
    return e.Escalated(
        **done_by(COUNCIL_OPERATOR, at), to="issuer", body=COUNCIL, reason="No word for a week."
    )


def part_ended(
    how: Literal["completed", "cancelled", "reopened"],
    number: str,
    *,
    submitted_at: datetime | None = None,
    leaves_open: bool = False,
) -> RecordPart:
    """What the part's stream leads to in that of the whole."""
    return RecordPart(
        command_id="part",
        actor="system",
        instruction=INSTRUCTION,
        part=instruction_id(number),
        number=number,
        how=how,
        submitted_at=submitted_at,
        leaves_open=leaves_open,
    )


AT_WORK = (issued(), assigned(), acknowledged())
"""The events of an instruction that its lead is at work on."""
WORKERS = (MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES, MINISTRY_B_HEAD)
"""Who is told what concerns its lead and co-assignee."""


@cache
def directory() -> Directory:
    """The world as the directory's own rules make it."""
    commands: list[AnyDirectoryCommand] = [
        RegisterBody(
            command_id=f"body-{body}",
            actor=ADMINISTRATOR,
            body=body,
            name=body.title(),
            body_kind=kind,
            parent=parent,
            zone=zone,
            established_on=_FOUNDED.get(body),
        )
        for body, kind, parent, zone in _BODIES
    ]
    commands += [
        RegisterPerson(
            command_id=f"person-{person}",
            actor=ADMINISTRATOR,
            person=person,
            commitment="0" * 64,
            channels=_by(person),
        )
        for person in dict.fromkeys([*(who for who, _, _ in _OFFICES), STRANGER])
    ]
    offices: dict[str, tuple[BodyId, OfficeKind]] = {
        f"{body}-{kind}": (body, kind) for _, body, kind in _OFFICES
    }
    commands += [
        RegisterOffice(
            command_id=f"office-{id_}",
            actor=ADMINISTRATOR,
            office=id_,
            body=body,
            office_kind=kind,
        )
        for id_, (body, kind) in offices.items()
    ]
    commands += [
        Appoint(
            command_id=f"appoint-{person}-{body}",
            actor=ADMINISTRATOR,
            person=person,
            office=f"{body}-{kind}",
            since=date(2020, 1, 1),
            until=_TERMS.get(person),
        )
        for person, body, kind in _OFFICES
    ]
    return set_up(commands)


def set_up(commands: list[AnyDirectoryCommand]) -> Directory:
    """The directory after these commands, all of which must be accepted."""
    return set_up_further(directory_decider.initial, commands, at=utc("2020-01-01 00:00"))


def set_up_further(
    state: Directory, commands: Sequence[AnyDirectoryCommand], *, at: datetime
) -> Directory:
    """The directory after these commands too."""
    for command in commands:
        no_facts = Facts(directory=state, tzdata=TZDATA)
        events = directory_decider.decide(command, state, no_facts, at)
        assert not isinstance(events, Rejected), events
        state = directory_decider.fold(events, state)
    return state


def facts() -> Facts:
    """The directory, and no programme."""
    return Facts(directory=directory(), tzdata=TZDATA)


def facts_with_programme(
    id_: ProgrammeId = PROGRAMME,
    *,
    phase: ProgrammePhase = "Adopted",
    sectors: tuple[str, ...] = (),
) -> Facts:
    programme = Programme(
        id=id_,
        title="Union programmes 2024–26",
        body=COUNCIL,
        period_start=date(2024, 1, 1),
        period_end=date(2026, 12, 31),
        phase=phase,
        sectors=tuple(Sector(id=sector, name=sector.title()) for sector in sectors),
    )
    return replace(facts(), programme=programme)
