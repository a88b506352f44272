"""What may become of a measure: one function for each plot, and how often each is chosen."""

from collections.abc import Callable, Mapping
from datetime import time, timedelta

from domain.instruction import commands as c
from domain.recurrence import commands as r
from simulation.plots_in_parts import in_parts, with_a_lead_part, with_all_parts
from simulation.telling import Telling
from simulation.world import COMMITTEE, CONTROL, COUNCIL, NEXT, OPERATOR, PROGRAMME, local


def in_time(t: Telling) -> None:
    t.founded()
    t.taken_up()
    done = t.between(t.length * 3 // 4, t.length - 2)
    t.works(8, done)
    t.reports(done)
    t.accepted(done + t.between(2, 12))


def early(t: Telling) -> None:
    t.founded()
    t.taken_up()
    done = t.between(t.length // 3, t.length // 2)
    t.works(8, done)
    t.reports(done)
    t.accepted(done + t.between(1, 8))


def late(t: Telling) -> None:
    """Past the deadline; an operator takes the escalation on, or keeps it silent for a while."""
    t.founded()
    t.taken_up()
    t.works(8, t.length)
    silent = t.length + t.between(3, 6)
    until = local(t.issued_on + timedelta(days=silent + t.between(4, 15)), time(8))
    if t.rng.random() < 0.5:
        t.does(silent, OPERATOR, c.AcknowledgeEscalation, until=until)
    else:
        t.does(silent, OPERATOR, c.Snooze, until=until, reason="talks on Thursday")
    done = t.length + t.between(8, 60)
    t.reports(done)
    t.accepted(done + t.between(2, 20))


def never(t: Telling) -> None:
    """Nobody takes note, and nothing is ever reported; an operator brings it before the council."""
    t.founded()
    t.does(t.between(12, 30), CONTROL, c.RequestProgress, text="how far is it?")
    t.does(t.length + 25, OPERATOR, c.Escalate, to="issuer-head", reason="nothing has been heard")


def extended(t: Telling) -> None:
    t.founded()
    t.taken_up()
    t.works(8, t.length - 20)
    asked, longer = t.length - t.between(5, 18), t.length + t.between(30, 120)
    t.does(asked, t.lead, c.RequestExtension, until=t.until(longer), reason="remarks to take in")
    t.does(asked + t.between(1, 4), CONTROL, c.ApproveExtension)
    done = t.between(t.length, longer - 2)
    t.reports(done)
    t.accepted(done + t.between(2, 12))


def extension_refused(t: Telling) -> None:
    """Asked for when it is late already: the chain waits, and goes on."""
    t.founded()
    t.taken_up()
    t.works(8, t.length)
    asked = t.length + t.between(1, 3)
    t.does(asked, t.lead, c.RequestExtension, until=t.until(t.length + 60), reason="no budget yet")
    t.does(asked + t.between(2, 4), CONTROL, c.RefuseExtension, reason="planned with this date")
    done = asked + t.between(6, 40)
    t.reports(done)
    t.accepted(done + t.between(2, 12))


def extension_expired(t: Telling) -> None:
    """Nobody decides: the request expires, and the steps that had waited come one by one."""
    t.founded()
    t.taken_up()
    t.works(8, t.length)
    asked = t.length + t.between(0, 2)
    t.does(asked, t.lead, c.RequestExtension, until=t.until(t.length + 60), reason="no budget yet")
    if t.rng.random() < 0.4:
        again = asked + t.between(12, 20)
        t.does(again, t.lead, c.RequestExtension, until=t.until(t.length + 80), reason="still none")
        t.does(again + 1, t.lead, c.WithdrawExtension)
    done = asked + t.between(22, 50)
    t.reports(done)
    t.accepted(done + t.between(2, 12))


def suspended(t: Telling) -> None:
    t.founded()
    t.taken_up()
    stopped = t.between(20, t.length - 10)
    t.works(8, stopped)
    t.does(stopped, COUNCIL, c.Suspend, reason="the treaty is not in force yet")
    pause = t.between(5, 70)
    anew = t.until(t.length + pause + 30) if t.rng.random() < 0.4 else None
    t.does(stopped + pause, COUNCIL, c.Resume, deadline=anew)
    done = t.length + pause + t.between(-5, 20)
    t.works(stopped + pause + 1, done)
    t.reports(done)
    t.accepted(done + t.between(2, 12))


def returned(t: Telling) -> None:
    """Sent back with a new deadline; one in three takes its report back once as well."""
    t.founded()
    t.taken_up()
    done = t.length - t.between(1, 30)
    t.works(8, done)
    t.reports(done)
    if t.rng.random() < 0.33:
        t.does(done + 1, t.lead, c.WithdrawReport)
        t.reports(done + 3)
    back = done + t.between(5, 14)
    t.does(back, CONTROL, c.Return, reason="annex missing", deadline=t.until(back + 35))
    again = back + t.between(10, 45)
    t.reports(again)
    t.accepted(again + t.between(2, 10))


def undecided(t: Telling) -> None:
    """In time, but the controller is not: the time to accept passes."""
    t.founded()
    t.taken_up()
    done = t.length - t.between(1, 20)
    t.works(8, done)
    t.reports(done)
    t.accepted(done + t.between(20, 40))


def moved(t: Telling) -> None:
    """The issuer sets another deadline, earlier or later."""
    t.founded()
    t.taken_up()
    day = t.between(t.length // 2, t.length * 3 // 4)
    t.works(8, day)
    other = t.length + t.rng.choice((-t.length // 10, 25, 60))
    t.does(day, COUNCIL, c.ChangeDeadline, deadline=t.until(other), reason="the meeting is moved")
    done = other + t.between(-4, 15)
    t.reports(done)
    t.accepted(done + t.between(2, 12))


def reassigned(t: Telling) -> None:
    """Declined, or given to somebody else on the way."""
    t.founded()
    other = t.others[0]
    if t.rng.random() < 0.5:
        t.does(t.between(1, 5), t.lead, c.Decline, reason="not within our powers")
        t.does(t.between(8, 14), COUNCIL, c.Assign, lead=other)
    else:
        t.taken_up()
        t.does(t.between(20, 30), COUNCIL, c.Reassign, lead=other, co_assignees=[t.lead])
    t.does(t.between(32, 45), other, c.Acknowledge)
    done = t.length + t.between(-9, 9)
    t.works(46, done, lead=other)
    t.reports(done, by=other)
    t.accepted(done + t.between(2, 12))


def ended(t: Telling) -> None:
    """The escalation is ended by hand; where a superior had taken the work over, it is given back."""
    t.founded()
    t.taken_up()
    t.works(8, t.length)
    over = t.length + t.between(14, 25)
    taken = t.policy == "taken-over"
    t.does(over, OPERATOR, c.Deescalate, reason="settled by telephone", give_back=taken)
    done = over + t.between(5, 30)
    t.reports(done)
    t.accepted(done + t.between(2, 12))


def cancelled(t: Telling) -> None:
    t.founded()
    t.taken_up()
    t.does(
        t.between(t.length // 3, t.length + 20), COUNCIL, c.Cancel, reason="overtaken by a treaty"
    )


def reopened(t: Telling) -> None:
    """Accepted, and taken up again."""
    t.founded()
    t.taken_up()
    done = t.length - t.between(5, 20)
    t.works(8, done)
    t.reports(done)
    t.accepted(done + 4)
    day = done + t.between(20, 60)
    t.does(day, COUNCIL, c.Reopen, reason="the result does not hold", deadline=t.until(day + 50))
    again = day + t.between(20, 60)
    t.reports(again)
    t.accepted(again + t.between(2, 10))


def carried_over(t: Telling) -> None:
    t.founded()
    t.taken_up()
    day = t.between(t.length // 2, t.length + 10)
    t.works(8, day)
    t.does(day, COUNCIL, c.CarryOver, into=NEXT)
    t.reports(day + t.between(10, 60))
    t.accepted(day + t.between(63, 75))


def other_policy(t: Telling) -> None:
    """Watched by other rules from some day on."""
    t.founded()
    t.taken_up()
    day = t.between(15, t.length - 5)
    t.works(8, day)
    other = "taken-over" if t.policy == "watchful" else "watchful"
    t.does(day, COUNCIL, c.ChangePolicy, policy=other, reason="closer watch")
    done = t.length + t.between(-5, 25)
    t.reports(done)
    t.accepted(done + t.between(2, 12))


def recurring(t: Telling) -> None:
    """A return every quarter: some in time, some late, and a pause. After a year nobody sees to them."""
    rule = "FREQ=YEARLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1"
    t.does(
        0,
        COMMITTEE,
        r.StartRecurrence,
        title="Quarterly return",
        rule=rule,
        first_day=t.issued_on + timedelta(days=25),
        number=t.number + "-{n}",
        text="Submit the return for quarter {quarter} of {year}.",
        issuer=COMMITTEE,
        controller=CONTROL,
        lead=t.lead,
        programme=PROGRAMME,
        policy=t.policy,
        off_days="earlier",
        lead_days=20,
        lead_in="working",
    )
    for n in range(1, 5):
        quarter = 91 * n
        if n == 3:
            t.does(quarter, COMMITTEE, r.PauseRecurrence, reason="the form is being changed")
            t.does(quarter + 12, COMMITTEE, r.ResumeRecurrence, reason="the form is there")
        t.does(quarter, t.lead, c.Acknowledge, f"{t.number}-{n}")
        t.does(quarter + t.between(1, 30), t.lead, c.SubmitReport, f"{t.number}-{n}", text="Sent.")
        t.does(quarter + 40, CONTROL, c.Accept, f"{t.number}-{n}")


PLOTS: Mapping[str, tuple[Callable[[Telling], None], int]] = {
    "in time": (in_time, 70),
    "early": (early, 30),
    "late": (late, 40),
    "never": (never, 18),
    "extended": (extended, 30),
    "extension refused": (extension_refused, 14),
    "extension expired": (extension_expired, 14),
    "suspended": (suspended, 20),
    "returned": (returned, 20),
    "undecided": (undecided, 8),
    "deadline moved": (moved, 12),
    "reassigned": (reassigned, 12),
    "escalation ended": (ended, 8),
    "cancelled": (cancelled, 8),
    "reopened": (reopened, 8),
    "carried over": (carried_over, 8),
    "other policy": (other_policy, 8),
    "in parts": (in_parts, 8),
    "with all parts": (with_all_parts, 10),
    "with a lead part": (with_a_lead_part, 8),
    "recurring": (recurring, 12),
}
"""Each is told at least once; the rest by weight."""
