"""Any events of one instruction in any order, of which the rules would allow few."""

from datetime import datetime, timedelta

from hypothesis import strategies as st

from domain.attribution import Attribution, Identity
from domain.instruction import events as e
from domain.instruction.terms import DueKey, Milestone
from domain.outcomes import NoticeKey
from domain.policies import DEFAULT_POLICY
from tests.domain.world import (
    COUNCIL,
    MINISTRY_A,
    MINISTRY_B,
    NEXT_PROGRAMME,
    PROGRAMME,
    issued,
    proposed,
    until,
    utc,
)

FIRST = utc("2026-01-01 00:00")
_BODIES = st.sampled_from([COUNCIL, MINISTRY_A, MINISTRY_B])
_PROGRAMMES = st.sampled_from([PROGRAMME, NEXT_PROGRAMME, "programme-2031-34"])
_MILESTONES = st.sampled_from(["draft", "reading"])
_TEXTS = st.sampled_from(["Done.", "Согласовано.", "The annex is missing."])


def moments() -> st.SearchStrategy[datetime]:
    """Within a year, mostly to the hour, so that some coincide; some to the microsecond."""
    more = st.sampled_from([0, 0, 0, 7])
    return st.tuples(st.integers(0, 365 * 24), more).map(
        lambda both: FIRST + timedelta(hours=both[0], microseconds=both[1])
    )


@st.composite
def _by(draw: st.DrawFn) -> Attribution:
    body = draw(st.none() | _BODIES)
    return Attribution(actor="p-1", on_behalf_of=body, office="office", identity=Identity())


@st.composite
def _founding(draw: st.DrawFn, at: datetime) -> e.InstructionEvent:
    deadline, programme = draw(moments()), draw(st.none() | _PROGRAMMES)
    if draw(st.booleans()):
        return issued(at, deadline=deadline, programme=programme)
    return proposed(at, programme=programme)


_TURNS: tuple[type[e.InstructionEvent], ...] = (
    e.InstructionAssigned,
    e.AssignmentAcknowledged,
    e.CompletionReported,
    e.InstructionCompleted,
    e.Suspended,
    e.Resumed,
    e.Cancelled,
    e.Reopened,
    e.MilestonesSet,
    e.MilestoneReached,
)
"""What leads from phase to phase, and so to what can happen next: more often than the rest."""


@st.composite
def an_event(draw: st.DrawFn) -> e.InstructionEvent:
    at, by = draw(moments()), draw(_by())
    text, body, deadline = draw(_TEXTS), draw(_BODIES), until(draw(moments()))
    maybe = draw(st.none() | st.just(deadline))
    milestones = tuple(
        Milestone(id=id_, title=id_, due=until(draw(moments())))
        for id_ in draw(st.lists(_MILESTONES, max_size=2, unique=True))
    )
    who = {"occurred_at": at, "by": by}
    kinds: dict[type[e.InstructionEvent], dict[str, object]] = {
        e.InstructionAssigned: {
            "lead": body,
            "joint_leads": tuple(one for one in draw(st.sets(_BODIES, max_size=2)) if one != body),
            "co_assignees": tuple(draw(st.lists(_BODIES, max_size=3))),
            "scheduled_from": at,
        },
        e.AssignmentAcknowledged: {},
        e.AssignmentDeclined: {"reason": text},
        e.ControllerSet: {"controller": draw(st.none() | _BODIES)},
        e.ObserversSet: {"observers": (body,)},
        e.ProgressReported: {"percent": draw(st.integers(0, 100)), "text": text},
        e.ExtensionRequested: {"until": deadline, "reason": text, "decide_by": at},
        e.ExtensionApproved: {"deadline": deadline, "scheduled_from": at},
        e.ExtensionRefused: {"reason": text},
        e.DeadlineChanged: {"deadline": deadline, "reason": text, "scheduled_from": at},
        e.JointReportSubmitted: {"body": body, "text": text, "evidence": ()},
        e.CompletionReported: {
            "text": text,
            "evidence": (),
            "scheduled_from": at,
            "submitted_at": draw(st.none() | moments()),
        },
        e.ReportWithdrawn: {"body": draw(st.none() | _BODIES), "scheduled_from": at},
        e.MilestonesSet: {"milestones": milestones, "scheduled_from": at},
        e.MilestoneReached: {"milestone": draw(_MILESTONES)},
        e.MilestoneMissed: {
            "milestone": draw(_MILESTONES),
            "moment": DueKey(rule="milestone/draft", occurrence=1, revision=1),
            "due_at": at,
            "late": False,
        },
        e.PolicyChanged: {
            "policy": DEFAULT_POLICY,
            "policy_hash": "",
            "priority": "high",
            "reason": text,
            "scheduled_from": at,
        },
        e.MomentsPlanned: {
            "moments": (),
            "dropped": (),
            "calendar": "plain",
            "calendar_version": 0,
            "counted": None,
            "tzdata": "",
            "policy_hash": "",
        },
        e.InstructionCompleted: {"text": text},
        e.ReturnedForRework: {
            "reason": text,
            "deadline": maybe,
            "sides": draw(st.sampled_from([(), (body,)])),
            "scheduled_from": at,
        },
        e.Suspended: {"reason": text},
        e.Resumed: {
            "deadline": deadline,
            "given": draw(st.booleans()),
            "milestones": milestones,
            "suspended_for": timedelta(days=3),
            "scheduled_from": at,
        },
        e.Cancelled: {"reason": text},
        e.Reopened: {"reason": text, "deadline": maybe, "scheduled_from": at},
        e.CarriedOver: {
            "programme": draw(_PROGRAMMES),
            "sector": draw(st.sampled_from([None, "trade"])),
            "carried_from": draw(_PROGRAMMES),
        },
        e.PartClosed: {"part": "instruction-1", "number": "1", "how": "cancelled"},
        e.BodySucceeded: {"body": body, "heir": draw(_BODIES)},
        e.Escalated: {"to": "issuer", "body": body, "reason": text},
        e.Commented: {"text": text},
        e.NotificationAcknowledged: {
            "notice": NoticeKey(version=2, recipient="p-1", channel="log"),
        },
    }
    choices = [*kinds, *_TURNS, *_TURNS, e.Corrected, None]
    kind = draw(st.sampled_from(choices))
    if kind is None:
        return draw(_founding(at))
    if kind is e.Corrected:
        field, value = draw(
            st.sampled_from(
                [
                    ("text", text),
                    ("on_behalf_of", body),
                    ("occurred_at", draw(moments()).isoformat()),
                ]
            )
        )
        version = draw(st.integers(1, 25))
        return e.Corrected.model_validate(
            who | {"version": version, "field": field, "value": value, "reason": "A slip."}
        )
    return kind.model_validate(who | kinds[kind])


@st.composite
def histories(draw: st.DrawFn) -> list[e.InstructionEvent]:
    """Mostly founded first, then whatever happens."""
    first = [draw(_founding(FIRST))] if draw(st.integers(0, 9)) else []
    return first + draw(st.lists(an_event(), min_size=draw(st.integers(0, 25)), max_size=25))
