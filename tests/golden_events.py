"""Writes tests/golden/: one JSON file for each version of each event type, and the types' schemas.

    python -m tests.golden_events            after a new event type, version or unreleased change
    python -m tests.golden_events release    at a release: from then on its files never change

Stored bytes outlive every program: what was released once must be readable for ever. So the script
refuses to write over a version that is named in tests/golden/released.txt. To change a released shape,
raise its number in `eventstore/codec.py`, add an upcaster there, and run the script again.
"""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, get_args

from domain.attribution import BY_SYSTEM, Attribution, Event, Identity
from domain.deadline import Deadline
from domain.directory import events as d
from domain.directory.preferences import QuietHours
from domain.instruction import events as e
from domain.instruction.terms import (
    Addressee,
    DueKey,
    Evidence,
    Milestone,
    PlannedMoment,
    SourceDocument,
)
from domain.outcomes import NoticeKey
from domain.policies import (
    Again,
    EscalationStep,
    Policy,
    ProgressCycle,
    ReminderRule,
    Repeat,
    Rules,
    WorkingSpan,
    policy_hash,
)
from domain.programme import events as p
from domain.programme.terms import DigestReader, DigestRecipient, Figures, PartFigures, Sector
from domain.recurrence import events as r
from domain.recurrence.terms import PlannedOccurrence
from domain.working_time import WORKDAY
from eventstore.codec import FORMAT, VERSIONS, AnyEvent, encode
from tests.event_shapes import fingerprint, shape

FOLDER = Path(__file__).parent / "golden"
SCHEMAS = FOLDER / "schemas.json"
RELEASED = FOLDER / "released.txt"
_FORMAT = "format "

_AT = datetime(2026, 3, 2, 9, 30, 0, 250_000, tzinfo=UTC)
_DAY = timedelta(days=1)
_BY = Attribution(
    actor="p-7f3a",
    on_behalf_of="ministry-of-economy",
    office="economy-head",
    substituting="p-1b2c",
    identity=Identity(kind="authenticated", method="oidc"),
    backdating_reason="It arrived on paper.",
)
_DEADLINE = Deadline(
    on=date(2026, 3, 31),
    zone="Europe/Minsk",
    instant=datetime(2026, 3, 31, 21, tzinfo=UTC),
    tzdata="2026a",
)
_POLICY = Policy(
    id="union-programme",
    reminders=(
        ReminderRule(id="before-30d", offset=30 * _DAY),
        ReminderRule(
            id="working",
            offset=WorkingSpan(length=5 * _DAY),
            at=time(9),
            off_days="earlier",
        ),
        ReminderRule(id="half-way", percent=50),
        ReminderRule(id="on-the-day", on=date(2026, 3, 20)),
        ReminderRule(id="milestones", of="milestones", offset=3 * _DAY),
        ReminderRule(
            id="after-weekly", offset=7 * _DAY, side="after", repeat=Repeat(every=7 * _DAY, times=3)
        ),
    ),
    escalation=(
        EscalationStep(id="silent", after=3 * _DAY, since="assignment", to="lead"),
        EscalationStep(
            id="overdue",
            after=timedelta(hours=36),
            since="deadline",
            to="superior",
            action="reassign",
        ),
        EscalationStep(
            id="further",
            after=400 * _DAY,
            since="previous",
            to="body:state-secretariat",
            repeat=Repeat(every=timedelta(days=1, seconds=30), times=2),
        ),
    ),
    again=Again(since="overdue", every=30 * _DAY, times=2),
    acknowledge_within=WorkingSpan(length=timedelta(hours=8)),
    accept_within=10 * _DAY,
    progress=ProgressCycle(every=30 * _DAY, at=time(9)),
    extension_decision=7 * _DAY,
    calendar="BY",
    variants={"critical": Rules(reminders=(ReminderRule(id="before-1d", offset=_DAY),))},
)
_MILESTONE = Milestone(id="draft", title="The draft is there.", due=_DEADLINE)
_NOTICES = (
    Addressee(person="p-7f3a", channel="log"),
    Addressee(person="p-7f3a", channel="email", not_before=datetime(2026, 3, 3, 5, tzinfo=UTC)),
)
_NOTICE = NoticeKey(version=4, recipient="p-7f3a", channel="email")
_MOMENT = DueKey(rule="after-weekly", occurrence=3, revision=2)
_MISSED = (
    DueKey(rule="after-weekly", occurrence=1, revision=2),
    DueKey(rule="after-weekly", occurrence=2, revision=2),
)


_TERMS: dict[str, Any] = {
    "title": "Phytosanitary report",
    "rule": "FREQ=YEARLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1",
    "first_day": date(2026, 1, 1),
    "number": "PHY-{year}-{n}",
    "text": "Report for quarter {quarter} of {year}.",
    "issuer": "council-of-ministers",
    "controller": "control-department",
    "lead": "ministry-of-economy",
    "co_assignees": ("customs", "region-brest"),
    "programme": "programme-2024-26",
    "sector": "Agriculture",
    "source": SourceDocument(kind="decision", number="17", dated=date(2026, 2, 27)),
    "policy": _POLICY,
    "off_days": "later",
    "lead_days": 20,
    "lead_in": "working",
    "hour": time(9, 30),
}
_PLANNED = PlannedOccurrence(
    n=3,
    day=date(2026, 6, 30),
    deadline=_DEADLINE,
    issue_at=_AT,
    calendar="BY",
    calendar_version=2,
)


def _part(name: str | None, total: int) -> PartFigures:
    return PartFigures(
        name=name,
        total=total,
        implemented=total // 3,
        behind_schedule=2,
        late_against_original=4,
        carried_over=1,
    )


EXAMPLES: tuple[AnyEvent, ...] = (
    e.Proposed(
        occurred_at=_AT,
        by=_BY,
        number="ВГС-18",
        text="Restore the cross-border railway services.",
        issuer="council-of-ministers",
        controller="control-department",
        programme="programme-2024-26",
        sector="Transport",
        source=SourceDocument(kind="protocol", number="3", dated=date(2026, 2, 27)),
        deadline=_DEADLINE,
        policy=_POLICY,
        policy_hash=policy_hash(_POLICY),
        priority="high",
        closes_with="all-parts",
    ),
    e.InstructionIssued(
        occurred_at=_AT,
        by=_BY,
        number="ВГС-17/4",
        text="Согласовать единые фитосанитарные правила.\n“Line two”, with \\ and \u2028.",
        issuer="council-of-ministers",
        controller="control-department",
        programme="programme-2024-26",
        sector="Agriculture",
        source=SourceDocument(kind="decision", number="17", dated=date(2026, 2, 27)),
        parent="instruction-17",
        recurrence="phytosanitary-report",
        deadline=_DEADLINE,
        policy=_POLICY,
        policy_hash=policy_hash(_POLICY),
        priority="high",
        closes_with="lead-part",
        scheduled_from=_AT,
    ),
    e.InstructionAssigned(
        occurred_at=_AT,
        by=_BY,
        lead="ministry-of-economy",
        joint_leads=("ministry-of-trade",),
        co_assignees=("customs", "region-brest"),
        scheduled_from=_AT,
        notices=_NOTICES,
    ),
    e.AssignmentAcknowledged(occurred_at=_AT, by=_BY),
    e.AssignmentDeclined(
        occurred_at=_AT, by=_BY, reason="It is the region's to do.", notices=_NOTICES
    ),
    e.ControllerSet(occurred_at=_AT, by=_BY, controller="control-department", notices=_NOTICES),
    e.ObserversSet(occurred_at=_AT, by=_BY, observers=("customs", "region-brest")),
    e.ProgressRequested(
        occurred_at=_AT,
        by=_BY,
        text="How far is the second draft?",
        moment=DueKey(rule="progress", occurrence=3, revision=1),
        due_at=_AT - _DAY,
        late=True,
        collapsed=(DueKey(rule="progress", occurrence=2, revision=1),),
        notices=_NOTICES,
    ),
    e.MilestonesSet(
        occurred_at=_AT, by=_BY, milestones=(_MILESTONE,), scheduled_from=_AT, notices=_NOTICES
    ),
    e.MilestoneReached(occurred_at=_AT, by=_BY, milestone="draft"),
    e.MilestoneMissed(
        occurred_at=_AT,
        by=BY_SYSTEM,
        milestone="draft",
        moment=DueKey(rule="milestone/draft", occurrence=1, revision=2),
        due_at=_AT,
        late=False,
        notices=_NOTICES,
    ),
    e.PolicyChanged(
        occurred_at=_AT,
        by=_BY,
        policy=_POLICY,
        policy_hash=policy_hash(_POLICY),
        priority="critical",
        reason="The council asked for it.",
        scheduled_from=_AT,
    ),
    e.MomentsPlanned(
        occurred_at=_AT,
        by=_BY,
        moments=(
            PlannedMoment(key=_MOMENT, due_at=_AT + _DAY, since="deadline", zone="Europe/Minsk"),
        ),
        dropped=_MISSED,
        calendar="BY",
        calendar_version=2,
        counted=(date(2026, 3, 1), date(2026, 3, 31)),
        tzdata="2026a",
        policy_hash=policy_hash(_POLICY),
    ),
    e.ProgressReported(occurred_at=_AT, by=_BY, percent=40, text="Two drafts of five."),
    e.ExtensionRequested(
        occurred_at=_AT,
        by=_BY,
        until=_DEADLINE,
        reason="The region is late.",
        decide_by=_AT + 7 * _DAY,
        notices=_NOTICES,
    ),
    e.ExtensionWithdrawn(occurred_at=_AT, by=_BY, notices=_NOTICES),
    e.ExtensionApproved(
        occurred_at=_AT, by=_BY, deadline=_DEADLINE, scheduled_from=_AT, notices=_NOTICES
    ),
    e.ExtensionRefused(occurred_at=_AT, by=_BY, reason="There was time enough.", notices=_NOTICES),
    e.ExtensionExpired(
        occurred_at=_AT,
        by=BY_SYSTEM,
        moment=DueKey(rule="extension-decision", occurrence=1, revision=1),
        due_at=_AT,
        late=True,
        notices=_NOTICES,
    ),
    e.DeadlineChanged(
        occurred_at=_AT,
        by=_BY,
        deadline=_DEADLINE,
        reason="It is needed sooner.",
        scheduled_from=_AT,
        notices=_NOTICES,
    ),
    e.JointReportSubmitted(
        occurred_at=_AT,
        by=_BY,
        body="ministry-of-trade",
        text="Our half is done.",
        evidence=(Evidence(sha256="cd" * 32, name="Протокол.pdf", size=1_024),),
        notices=_NOTICES,
    ),
    e.CompletionReported(
        occurred_at=_AT,
        by=_BY,
        text="The rules are agreed.",
        evidence=(Evidence(sha256="ab" * 32, name="Акт.pdf", size=90_112),),
        scheduled_from=_AT,
        closed_with="all-parts",
        submitted_at=_AT - _DAY,
        notices=_NOTICES,
    ),
    e.ReportWithdrawn(
        occurred_at=_AT,
        by=_BY,
        body="ministry-of-trade",
        scheduled_from=_AT,
        notices=_NOTICES,
    ),
    e.InstructionCompleted(occurred_at=_AT, by=_BY, text="Accepted.", notices=_NOTICES),
    e.ReturnedForRework(
        occurred_at=_AT,
        by=_BY,
        reason="The annex is missing.",
        deadline=_DEADLINE,
        sides=("ministry-of-trade",),
        scheduled_from=_AT,
        notices=_NOTICES,
    ),
    e.Suspended(
        occurred_at=_AT,
        by=_BY,
        reason="The treaty is being renegotiated.",
        because_of="instruction-17",
        notices=_NOTICES,
    ),
    e.Resumed(
        occurred_at=_AT,
        by=_BY,
        deadline=_DEADLINE,
        given=False,
        milestones=(_MILESTONE,),
        suspended_for=12 * _DAY,
        scheduled_from=_AT,
        because_of="instruction-17",
        notices=_NOTICES,
    ),
    e.Cancelled(
        occurred_at=_AT,
        by=_BY,
        reason="Overtaken by the treaty.",
        source=SourceDocument(kind="protocol", number="4", dated=date(2026, 3, 1)),
        because_of="instruction-17",
        notices=_NOTICES,
    ),
    e.Reopened(
        occurred_at=_AT,
        by=_BY,
        reason="The annex was not signed.",
        deadline=_DEADLINE,
        scheduled_from=_AT,
        notices=_NOTICES,
    ),
    e.CarriedOver(
        occurred_at=_AT,
        by=_BY,
        programme="programme-2027-30",
        sector="transport",
        carried_from="programme-2024-26",
    ),
    e.SubInstructionIssued(
        occurred_at=_AT, by=_BY, part="instruction-17-1", number="ВГС-17/4-1", is_lead_part=True
    ),
    e.PartClosed(
        occurred_at=_AT,
        by=BY_SYSTEM,
        part="instruction-17-1",
        number="ВГС-17/4-1",
        how="completed",
        submitted_at=_AT - _DAY,
        leaves_open=True,
    ),
    e.PartReopened(occurred_at=_AT, by=BY_SYSTEM, part="instruction-17-1", number="ВГС-17/4-1"),
    e.BodySucceeded(
        occurred_at=_AT,
        by=BY_SYSTEM,
        body="standards-by",
        heir="joint-standards-body",
        notices=_NOTICES,
    ),
    e.ReminderDue(
        occurred_at=_AT,
        by=BY_SYSTEM,
        moment=_MOMENT,
        due_at=_AT - _DAY,
        late=True,
        collapsed=_MISSED,
        notices=_NOTICES,
    ),
    e.ReminderSuppressed(occurred_at=_AT, by=_BY, moments=_MISSED, why="before-schedule"),
    e.DeadlinePassed(
        occurred_at=_AT,
        by=BY_SYSTEM,
        moment=DueKey(rule="deadline", occurrence=1, revision=2),
        due_at=_AT,
        late=False,
    ),
    e.Escalated(
        occurred_at=_AT,
        by=BY_SYSTEM,
        to="body:state-secretariat",
        body="state-secretariat",
        others=("customs",),
        reason="policy union-programme, step further",
        moment=_MOMENT,
        due_at=_AT - _DAY,
        late=True,
        collapsed=_MISSED,
        notices=_NOTICES,
    ),
    e.EscalationAcknowledged(occurred_at=_AT, by=_BY, until=_AT + 3 * _DAY),
    e.EscalationSnoozed(
        occurred_at=_AT, by=_BY, until=_AT + 3 * _DAY, reason="The minister is travelling."
    ),
    e.Deescalated(occurred_at=_AT, by=_BY, reason="Settled by telephone."),
    e.Commented(occurred_at=_AT, by=_BY, text="См. приложение 2."),
    e.EvidenceAttached(
        occurred_at=_AT,
        by=_BY,
        evidence=Evidence(sha256="ef" * 32, name="Протокол.pdf", size=4_096),
    ),
    e.Corrected(
        occurred_at=_AT,
        by=_BY,
        version=1,
        field="text",
        value="Agree on common phytosanitary rules.",
        reason="A slip of the pen.",
    ),
    e.NotificationDelivered(
        occurred_at=_AT, by=BY_SYSTEM, notice=_NOTICE, detail="<1@remit.example>", attempts=1
    ),
    e.NotificationFailed(
        occurred_at=_AT, by=BY_SYSTEM, notice=_NOTICE, detail="550 no such user", attempts=5
    ),
    e.NotificationSuppressed(
        occurred_at=_AT, by=BY_SYSTEM, notice=_NOTICE, detail="the address was erased"
    ),
    e.NotificationAcknowledged(occurred_at=_AT, by=_BY, notice=_NOTICE),
    d.BodyRegistered(
        occurred_at=_AT,
        by=_BY,
        body="standards",
        name="Joint standardisation body",
        body_kind="joint-body",
        parent="council-of-ministers",
        country="BY",
        zone="Europe/Minsk",
        established_on=date(2027, 1, 1),
    ),
    d.BodyEstablished(occurred_at=_AT, by=_BY, body="standards", on=date(2027, 3, 1)),
    d.BodyRenamed(
        occurred_at=_AT, by=_BY, body="standards", name="Орган по стандартизации", on=_AT.date()
    ),
    d.BodyMoved(
        occurred_at=_AT, by=_BY, body="standards", parent="council-of-ministers", on=_AT.date()
    ),
    d.BodyReorganised(
        occurred_at=_AT,
        by=_BY,
        body="standards-by",
        kind="split",
        into=("standards", "metrology"),
        heir="standards",
        on=date(2026, 3, 1),
    ),
    d.BodyClosed(occurred_at=_AT, by=_BY, body="metrology", on=date(2026, 12, 31)),
    d.OfficeRegistered(
        occurred_at=_AT,
        by=_BY,
        office="economy-head",
        body="ministry-of-economy",
        office_kind="head",
        title="Minister",
    ),
    d.OfficeClosed(occurred_at=_AT, by=_BY, office="economy-deputy", on=date(2026, 4, 1)),
    d.PersonRegistered(
        occurred_at=_AT,
        by=_BY,
        person="p-7f3a",
        commitment="cd" * 32,
        channels=("log", "email"),
    ),
    d.PersonCommitted(occurred_at=_AT, by=_BY, person="p-7f3a", commitment="ef" * 32),
    d.ChannelsSet(occurred_at=_AT, by=_BY, person="p-7f3a", channels=("email",)),
    d.PolicyPublished(
        occurred_at=_AT, by=_BY, policy=_POLICY, policy_hash=policy_hash(_POLICY), version=2
    ),
    d.PreferencesSet(
        occurred_at=_AT,
        by=_BY,
        person="p-7f3a",
        language="ru",
        zone="Europe/Minsk",
        quiet=QuietHours(start=time(20), end=time(8)),
        working_days_only=True,
        daily_at=time(9, 30),
        muted=("ControllerSet", "ReminderDue"),
    ),
    d.PersonErased(occurred_at=_AT, by=_BY, person="p-7f3b", reason="At their request."),
    d.AppointmentEnded(
        occurred_at=_AT,
        by=_BY,
        person="p-7f3a",
        office="economy-head",
        since=date(2026, 1, 1),
        until=date(2026, 6, 30),
    ),
    d.SubstitutionSet(
        occurred_at=_AT,
        by=_BY,
        absent="p-7f3a",
        substitute="p-1b2c",
        since=date(2026, 3, 9),
        until=date(2026, 3, 20),
        offices=("economy-head",),
        reason="On leave.",
    ),
    d.SubstitutionEnded(
        occurred_at=_AT,
        by=_BY,
        absent="p-7f3a",
        substitute="p-1b2c",
        since=date(2026, 3, 9),
        until=date(2026, 3, 13),
        offices=("economy-head",),
    ),
    d.Appointed(
        occurred_at=_AT,
        by=_BY,
        person="p-7f3a",
        office="economy-head",
        since=date(2026, 1, 1),
        until=date(2026, 12, 31),
    ),
    d.CalendarPublished(
        occurred_at=_AT,
        by=_BY,
        calendar="BY",
        version=2,
        title="Рабочие дни Беларуси",
        week=(WORKDAY, WORKDAY, WORKDAY, WORKDAY, WORKDAY, (), ()),
        days=(
            d.CalendarDay(on=date(2026, 4, 20), hours=(), name="Day off"),
            d.CalendarDay(on=date(2026, 4, 25), hours=WORKDAY, name="Working day"),
        ),
        first=date(2026, 1, 1),
        last=date(2027, 12, 31),
        origin="holidays 0.109 BY",
        changed=(date(2026, 4, 20), date(2026, 4, 25)),
        week_changed=False,
    ),
    d.CalendarFollowed(occurred_at=_AT, by=_BY, body="ministry-of-economy", calendar="BY"),
    p.ProgrammeDrafted(
        occurred_at=_AT,
        by=_BY,
        programme="programme-2027-30",
        title="Union programmes 2027–30",
        body="council-of-ministers",
        period_start=date(2027, 1, 1),
        period_end=date(2030, 12, 31),
    ),
    p.ProgrammeClosed(occurred_at=_AT, by=_BY),
    p.SectorsSet(
        occurred_at=_AT,
        by=_BY,
        sectors=(
            Sector(id="transport", name="Транспорт"),
            Sector(id="customs", name="Customs matters"),
        ),
    ),
    p.MeetingScheduled(
        occurred_at=_AT,
        by=_BY,
        meeting="council-2026-06",
        title="Заседание Совета Министров",
        at=_AT + 90 * _DAY,
    ),
    p.MeetingHeld(
        occurred_at=_AT,
        by=_BY,
        meeting="council-2025-12",
        title="Заседание Совета Министров",
        at=_AT - 77 * _DAY,
    ),
    p.ReportPublished(
        occurred_at=_AT,
        by=_BY,
        meeting="council-2025-12",
        as_of=_AT - 77 * _DAY,
        position=2467,
        figures=Figures(
            total=310,
            implemented=125,
            behind_schedule=14,
            late_against_original=42,
            completed_late=11,
            open_late=16,
            cancelled=3,
            carried_over=7,
            proposed=2,
            refused=1,
            by_sector=(_part("customs", 110), _part("transport", 200)),
            by_lead=(_part(None, 300), _part("customs-committee", 10)),
        ),
    ),
    p.DigestScheduled(
        occurred_at=_AT,
        by=_BY,
        weekday="Mon",
        hour=time(9),
        zone="Europe/Minsk",
        bodies=("council-of-ministers",),
        offices=("economy-head",),
    ),
    p.DigestEnded(occurred_at=_AT, by=_BY),
    p.DigestRequested(occurred_at=_AT, by=_BY),
    p.DigestBegun(
        occurred_at=_AT,
        by=BY_SYSTEM,
        due_at=_AT - _DAY,
        since=_AT - 8 * _DAY,
        position=2467,
        late=True,
        asked=False,
        readers=(
            DigestReader(
                person="p-0001",
                channel="email",
                message_id="0f1f6f0a-5a0f-5e39-9a1b-3a4f5d0c7b11",
            ),
        ),
    ),
    p.DigestSent(
        occurred_at=_AT,
        by=BY_SYSTEM,
        due_at=_AT - _DAY,
        attempt=1,
        recipients=(
            DigestRecipient(
                person="p-0001",
                channel="email",
                message_id="0f1f6f0a-5a0f-5e39-9a1b-3a4f5d0c7b11",
                outcome="delivered",
                detail="250 queued as 7",
            ),
            DigestRecipient(
                person="p-0002",
                channel="webhook",
                message_id="7c0d9a52-60b1-5b0e-8a44-0b6f1c2d3e4f",
                outcome="waiting",
                detail="ConnectError",
            ),
        ),
    ),
    p.ProgrammeAdopted(
        occurred_at=_AT,
        by=_BY,
        programme="programme-2024-26",
        title="Union programmes 2024–26",
        body="council-of-ministers",
        period_start=date(2024, 1, 1),
        period_end=date(2026, 12, 31),
    ),
    r.RecurrenceStarted(
        **_TERMS,
        occurred_at=_AT,
        by=_BY,
        recurrence="phytosanitary-report",
        zone="Europe/Minsk",
        next=_PLANNED,
    ),
    r.RecurrenceChanged(
        **_TERMS, occurred_at=_AT, by=_BY, zone="Europe/Minsk", next=_PLANNED, reason="New rules."
    ),
    r.RecurrencePaused(
        occurred_at=_AT,
        by=BY_SYSTEM,
        reason="occurrence 3 of 2026-03-31 could not be issued: customs is closed",
        refusal="body-closed",
    ),
    r.RecurrenceResumed(occurred_at=_AT, by=_BY, reason="Another body is charged."),
    r.RecurrenceEnded(occurred_at=_AT, by=_BY, reason="The rules were repealed."),
    r.OccurrenceIssued(
        occurred_at=_AT,
        by=BY_SYSTEM,
        n=2,
        day=date(2026, 3, 31),
        deadline=_DEADLINE,
        instruction="instruction-18",
        number="PHY-2026-2",
        due_at=_AT,
        late=True,
        next=_PLANNED,
    ),
    r.OccurrenceSkipped(
        occurred_at=_AT,
        by=_BY,
        n=2,
        day=date(2026, 3, 31),
        why="asked",
        reason="Nothing was sown.",
        next=_PLANNED,
    ),
    r.OccurrenceReplanned(occurred_at=_AT, by=BY_SYSTEM, next=_PLANNED),
)
"""One event of each type in its current version, with every field filled."""


def event_types() -> dict[str, type[Event]]:
    """Every event type there is, by the name it is stored under."""
    found: dict[str, type[Event]] = {}
    left: list[Any] = [AnyEvent]
    while left:
        one = left.pop()
        if isinstance(one, type):
            assert issubclass(one, Event)
            found[one.model_fields["type"].default] = one
        else:
            left += [part for part in get_args(one) if isinstance(part, type) or get_args(part)]
    return found


def current_name(type_: str) -> str:
    """`InstructionIssued.v1`: the type in the version that is written today."""
    return f"{type_}.v{VERSIONS.get(type_, 1)}"


def released() -> dict[str, str]:
    """The versions that were ever released, each with the fingerprint of its golden and shape."""
    lines = RELEASED.read_text(encoding="utf-8").splitlines()
    named = (line.partition(" ") for line in lines if line and not line.startswith(("#", _FORMAT)))
    return {name: fingerprinted for name, _, fingerprinted in named}


def released_format() -> int:
    """The newest format of a log that a released version knows; 0 before the first release."""
    lines = RELEASED.read_text(encoding="utf-8").splitlines()
    return max(
        (int(line.removeprefix(_FORMAT)) for line in lines if line.startswith(_FORMAT)), default=0
    )


def golden(name: str) -> bytes | None:
    """The bytes kept for `Commented.v1`."""
    file = FOLDER / f"{name}.json"
    return file.read_bytes() if file.exists() else None


def stored_schemas() -> dict[str, Any]:
    """The shapes as they were when each version's golden was written."""
    return json.loads(SCHEMAS.read_text(encoding="utf-8")) if SCHEMAS.exists() else {}


def write() -> list[str]:
    """Write what is new or unreleased. Returns the released versions it would have changed."""
    types, refused = event_types(), list[str]()
    schemas = stored_schemas()
    for example in EXAMPLES:
        name = current_name(example.type)
        body, form = encode(example), shape(types[example.type])
        if name not in released():
            (FOLDER / f"{name}.json").write_bytes(body)
            schemas[name] = form
        elif golden(name) != body or schemas[name] != form:
            refused.append(name)
    SCHEMAS.write_text(_one_line_each(schemas), encoding="utf-8")
    return refused


def _one_line_each(schemas: Mapping[str, Any]) -> str:
    lines = (f"{json.dumps(name)}: {json.dumps(schemas[name])}" for name in sorted(schemas))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def release() -> None:
    """Name every version that has a golden as released; what was released before stays as it is named."""
    comment = RELEASED.read_text(encoding="utf-8").splitlines()[0]
    schemas, before = stored_schemas(), released()
    names = sorted(file.stem for file in FOLDER.glob("*.v*.json"))
    lines = [
        f"{name} {before.get(name) or fingerprint((FOLDER / f'{name}.json').read_bytes(), schemas[name])}"
        for name in names
    ]
    RELEASED.write_text("\n".join([comment, f"{_FORMAT}{FORMAT}", *lines, ""]), encoding="utf-8")


def main() -> None:
    match sys.argv[1:]:
        case []:
            if refused := write():
                sys.exit(
                    f"released, so left as it was: {', '.join(refused)}. To change its shape, raise "
                    "its number in VERSIONS of eventstore/codec.py and add an upcaster."
                )
        case ["release"]:
            release()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
