"""What a history says of each event, in a line."""

from collections.abc import Mapping
from typing import cast

import pytest

from cli.describe import describe
from domain.deadline import Deadline
from domain.instruction import events as e
from tests.golden_events import EXAMPLES, event_types

_LINES: Mapping[str, str] = {
    "InstructionIssued": "ВГС-17/4, due 2026-03-31, by decision 17 of 2026-02-27, policy union-programme",
    "InstructionAssigned": "to ministry-of-economy and ministry-of-trade, with customs, region-brest",
    "Proposed": "ВГС-18, due 2026-03-31, by protocol 3 of 2026-02-27, policy union-programme",
    "AssignmentAcknowledged": "ministry-of-economy",
    "AssignmentDeclined": "It is the region's to do.",
    "ControllerSet": "control-department",
    "ObserversSet": "customs, region-brest",
    "ProgressRequested": "How far is the second draft?",
    "ExtensionWithdrawn": "",
    "DeadlineChanged": "It is needed sooner., due 2026-03-31",
    "ReportWithdrawn": "ministry-of-trade",
    "Suspended": "The treaty is being renegotiated., with the whole",
    "Resumed": "due 2026-03-31, 12 days later, with the whole",
    "Reopened": "The annex was not signed., due 2026-03-31",
    "CarriedOver": "from programme-2024-26 to programme-2027-30",
    "SubInstructionIssued": "ВГС-17/4-1, the lead part",
    "PartClosed": "ВГС-17/4-1 completed",
    "PartReopened": "ВГС-17/4-1",
    "JointReportSubmitted": "ministry-of-trade: Our half is done. [Протокол.pdf]",
    "BodySucceeded": "joint-standards-body in place of standards-by",
    "MilestonesSet": "draft by 2026-03-31",
    "MilestoneReached": "draft",
    "MilestoneMissed": "draft, planned 2026-03-02 09:30:00 UTC",
    "PolicyChanged": "policy union-programme, priority critical: The council asked for it.",
    "MomentsPlanned": "1 moments, the first at 2026-03-03 09:30:00 UTC, 2 dropped",
    "EscalationSnoozed": "silent until 2026-03-05 09:30:00 UTC: The minister is travelling.",
    "EvidenceAttached": "Протокол.pdf (4096 bytes)",
    "Corrected": "#1 text: Agree on common phytosanitary rules. (A slip of the pen.)",
    "ProgressReported": "40 % Two drafts of five.",
    "ExtensionRequested": "until 2026-03-31: The region is late.",
    "ExtensionApproved": "due 2026-03-31",
    "ExtensionRefused": "There was time enough.",
    "ExtensionExpired": "planned 2026-03-02 09:30:00 UTC, late",
    "CompletionReported": "closed with all parts: The rules are agreed. [Акт.pdf]",
    "InstructionCompleted": "Accepted.",
    "ReturnedForRework": "The annex is missing., due 2026-03-31, again by ministry-of-trade",
    "Cancelled": "Overtaken by the treaty., by protocol 4 of 2026-03-01, with the whole",
    "ReminderDue": "after-weekly #3, late, stands for 2 missed",
    "ReminderSuppressed": "after-weekly (before-schedule)",
    "DeadlinePassed": "planned 2026-03-02 09:30:00 UTC",
    "Escalated": (
        "to body:state-secretariat (state-secretariat and customs): policy union-programme, "
        "step further, late"
    ),
    "EscalationAcknowledged": "silent until 2026-03-05 09:30:00 UTC",
    "Deescalated": "Settled by telephone.",
    "Commented": "См. приложение 2.",
    "NotificationDelivered": "#4 to p-7f3a by email",
    "NotificationFailed": "#4 to p-7f3a by email: 550 no such user",
    "NotificationSuppressed": "#4 to p-7f3a by email: the address was erased",
    "NotificationAcknowledged": "#4 to p-7f3a by email",
}
_EVENTS = {
    event.type: cast(e.InstructionEvent, event)
    for event in EXAMPLES
    if type(event).__module__.startswith("domain.instruction.")
}


def test_there_is_a_line_for_every_event_of_an_instruction() -> None:
    of_instructions = {
        t for t, made in event_types().items() if made.__module__.startswith("domain.instruction.")
    }
    assert set(_LINES) == of_instructions


@pytest.mark.parametrize("type_", _LINES)
def test_a_line_says_what_matters(type_: str) -> None:
    assert describe(_EVENTS[type_]) == _LINES[type_]


def test_a_text_of_several_lines_becomes_one() -> None:
    comment = _EVENTS["Commented"].model_copy(update={"text": "First.\n\n  Second.\t"})
    assert describe(comment) == "First. Second."


def test_an_escalation_that_reached_nobody_says_so() -> None:
    nobody = {"body": None, "to": "superior", "notices": (), "late": False, "reason": "Late."}
    escalated = _EVENTS["Escalated"].model_copy(update=nobody)
    assert describe(escalated) == "to superior: Late., nobody reached"


def test_a_deadline_to_the_second_is_written_to_the_second() -> None:
    approved = _EVENTS["ExtensionApproved"]
    assert isinstance(approved, e.ExtensionApproved)
    instant = Deadline(on=None, zone="UTC", instant=approved.scheduled_from, tzdata="2026a")
    line = describe(approved.model_copy(update={"deadline": instant}))
    assert line == "due 2026-03-02 09:30:00 UTC"
