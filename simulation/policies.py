"""The policies that the simulated measures are watched by, besides the default one.

Between them they use what a policy can say: working days and local hours, parts of the way, milestones, rounds,
a progress cycle, time to acknowledge and to accept, steps that take the work over, variants by priority.
"""

from datetime import time, timedelta

from domain.policies import (
    Again,
    EscalationStep,
    Policy,
    ProgressCycle,
    ReminderRule,
    Repeat,
    Rules,
    WorkingSpan,
)


def _working(days: int) -> WorkingSpan:
    return WorkingSpan(length=timedelta(days=days))


_MORNING = time(9)
_TAKEN_UP = (
    EscalationStep(id="unread-3d", after=_working(3), since="assignment", to="lead", at=_MORNING),
    EscalationStep(id="unread-6d", after=_working(6), since="assignment", to="controller"),
)

WATCHFUL = Policy(
    id="watchful",
    reminders=(
        ReminderRule(id="halfway", percent=50, at=time(10), off_days="later"),
        ReminderRule(id="before-15d", offset=_working(15), at=_MORNING),
        ReminderRule(id="before-3d", offset=_working(3), at=_MORNING),
        ReminderRule(id="step-before-5d", of="milestones", offset=_working(5), at=_MORNING),
    ),
    escalation=(
        *_TAKEN_UP,
        EscalationStep(
            id="undecided-12d", after=_working(12), since="submission", to="issuer", at=time(10)
        ),
        EscalationStep(
            id="overdue-2d",
            after=_working(2),
            since="deadline",
            to="controller",
            repeat=Repeat(every=_working(2), times=2),
        ),
        EscalationStep(id="overdue-more", after=_working(5), since="previous", to="issuer-head"),
    ),
    again=Again(since="overdue-2d", every=_working(15), times=2),
    acknowledge_within=_working(5),
    accept_within=_working(10),
    progress=ProgressCycle(every=timedelta(days=60), at=time(11), off_days="later"),
)

WATCHFUL_LATER = WATCHFUL.model_copy(
    update={
        "reminders": (
            ReminderRule(id="two-thirds", percent=66, at=time(10), off_days="later"),
            *WATCHFUL.reminders[1:],
            ReminderRule(
                id="after-weekly",
                offset=timedelta(days=7),
                side="after",
                repeat=Repeat(every=timedelta(days=7), times=2),
            ),
        ),
        "progress": ProgressCycle(every=timedelta(days=45), at=time(11), off_days="later"),
    }
)
"""What it becomes half way through: another rule, one more, and a faster cycle."""

TAKEN_OVER = Policy(
    id="taken-over",
    reminders=(ReminderRule(id="before-10d", offset=timedelta(days=10), at=_MORNING),),
    escalation=(
        *_TAKEN_UP,
        EscalationStep(id="overdue-1d", after=timedelta(days=1), since="deadline", to="controller"),
        EscalationStep(
            id="superior-takes-over",
            after=_working(8),
            since="deadline",
            to="superior",
            action="reassign",
        ),
    ),
    variants={
        "critical": Rules(
            reminders=(
                ReminderRule(
                    id="daily-before",
                    offset=timedelta(days=5),
                    at=_MORNING,
                    repeat=Repeat(every=timedelta(days=1), times=3),
                ),
            ),
            escalation=(
                EscalationStep(
                    id="overdue-4h", after=timedelta(hours=4), since="deadline", to="issuer"
                ),
                EscalationStep(
                    id="superior-takes-over",
                    after=timedelta(days=2),
                    since="previous",
                    to="superior",
                    action="reassign",
                ),
            ),
            extension_decision=timedelta(days=2),
        )
    },
)

PUBLISHED = (WATCHFUL, TAKEN_OVER)
