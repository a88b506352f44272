"""What moved a programme's figures: every figure adds up, and every change names what did it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from hypothesis import given as for_any
from hypothesis import strategies as st

from domain.identifiers import instruction_id
from domain.instruction import events as e
from domain.instruction.events import InstructionEvent
from domain.instruction.terms import Milestone
from domain.programme.difference import FIGURES, Change, Seen, changes, seen, standing
from domain.programme.report import report
from tests.domain.world import (
    COUNCIL_OFFICER,
    DAY,
    DEADLINE_AT,
    ISSUED_AT,
    MINISTRY_A,
    MINISTRY_B,
    acknowledged,
    assigned,
    cancelled,
    completed,
    done_by,
    extension_approved,
    issued,
    proposed,
    submitted,
    suspended,
    until,
    utc,
)

PROGRAMME, NEXT = "union-2024-26", "union-2027-30"
EARLIER, LATE, LATER = utc("2026-02-01 09:00"), DEADLINE_AT + 10 * DAY, DEADLINE_AT + 40 * DAY

Events = tuple[InstructionEvent, ...]

ISSUED = issued(programme=PROGRAMME)
OPEN: Events = (ISSUED, assigned(), acknowledged())
IMPLEMENTED: Events = (*OPEN, submitted(), completed())


def carried(at: datetime, *, left: str = PROGRAMME, into: str = NEXT) -> e.CarriedOver:
    return e.CarriedOver(
        **done_by(COUNCIL_OFFICER, at), programme=into, sector=None, carried_from=left
    )


def draft_due(due: datetime) -> e.MilestonesSet:
    draft = Milestone(id="draft", title="The draft.", due=until(due))
    at = ISSUED_AT + DAY
    return e.MilestonesSet(**done_by(COUNCIL_OFFICER, at), milestones=(draft,), scheduled_from=at)


def reopened(at: datetime) -> e.Reopened:
    return e.Reopened(
        **done_by(COUNCIL_OFFICER, at),
        reason="It was not done after all.",
        deadline=until(date(2027, 4, 30)),
        scheduled_from=at,
    )


def _seen(history: Events, at: datetime, version: int | None = None) -> Seen:
    events = [event for event in history if event.occurred_at <= at]
    return seen(instruction_id("1"), PROGRAMME, events, at, version)


def _changes(history: Events, earlier: datetime, later: datetime) -> tuple[Change, ...]:
    """Of a history without two events at one moment, told in order."""

    def between() -> Iterator[Seen]:
        for version, event in enumerate(history, start=1):
            if earlier < event.occurred_at <= later:
                just_before = event.occurred_at - timedelta(microseconds=1)
                yield _seen(history, just_before)
                yield _seen(history, event.occurred_at, version)
        yield _seen(history, later)

    return changes(_seen(history, earlier), _seen(history, later), between)


def _told(history: Events, earlier: datetime = EARLIER, later: datetime = LATER) -> dict[str, str]:
    """For each change its sign and the types of the events that did it, or `time`."""
    sign = {True: "+", False: "-"}
    return {
        change.aspect: " ".join(
            [
                sign.get(change.now is True, "") if isinstance(change.now, bool) else "→",
                *(history[c.version - 1].type if c.version else "time" for c in change.causes),
            ]
        )
        for change in _changes(history, earlier, later)
    }


def test_a_measure_is_late_because_time_alone_passed() -> None:
    found = _changes(OPEN, EARLIER, LATER)
    assert {change.aspect for change in found} == {
        "behind_schedule",
        "late_against_original",
        "open_late",
    }
    for change in found:
        assert [(cause.version, cause.at) for cause in change.causes] == [(None, DEADLINE_AT)]


def test_what_is_behind_by_a_milestone_is_so_since_its_date_passed() -> None:
    def since(due: datetime) -> dict[str, datetime]:
        found = _changes((*OPEN, draft_due(due)), EARLIER, LATER)
        return {change.aspect: cause.at for change in found for cause in change.causes}

    draft = DEADLINE_AT - 20 * DAY
    assert since(draft) == {
        "behind_schedule": draft,
        "late_against_original": DEADLINE_AT,
        "open_late": draft,
    }
    assert set(since(DEADLINE_AT + 5 * DAY).values()) == {DEADLINE_AT}


def test_the_very_event_is_named() -> None:
    day = EARLIER + DAY
    next_year = date(2027, 4, 30)
    assert _told((*OPEN, submitted(day), completed(day + DAY))) == {
        "implemented": "+ InstructionCompleted"
    }
    assert _told((ISSUED.model_copy(update={"occurred_at": LATE}),)) == {
        "total": "+ InstructionIssued",
        "behind_schedule": "+ InstructionIssued",
        "late_against_original": "+ InstructionIssued",
        "open_late": "+ InstructionIssued",
    }
    assert _told((*OPEN, extension_approved(day, to=next_year))) == {
        "deadline": "→ ExtensionApproved",
        "late_against_original": "+ time",
    }
    assert _told((*OPEN, cancelled(day))) == {"total": "- Cancelled", "cancelled": "+ Cancelled"}
    assert _told((*OPEN, carried(day))) == {"carried_over": "+ CarriedOver"}
    assert _told((*OPEN, assigned(day, lead=MINISTRY_B)), later=day) == {
        "lead": "→ InstructionAssigned"
    }
    came = (issued(programme=NEXT), assigned(), carried(day, left=NEXT, into=PROGRAMME))
    assert _told(came, later=day)["total"] == "+ CarriedOver"


def test_what_was_late_and_is_no_more_names_what_ended_it() -> None:
    done = (*OPEN, submitted(LATE + DAY), completed(LATE + 2 * DAY))
    assert _told(done, LATE) == {
        "implemented": "+ InstructionCompleted",
        "behind_schedule": "- CompletionReported",
        "open_late": "- InstructionCompleted",
        "completed_late": "+ InstructionCompleted",
    }
    assert _told((*OPEN, suspended(LATE + DAY)), LATE) == {"behind_schedule": "- Suspended"}
    assert _told((*IMPLEMENTED, reopened(LATE)))["implemented"] == "- Reopened"


def test_proposals_are_told_apart() -> None:
    day = EARLIER + DAY
    proposal = proposed(programme=PROGRAMME)
    assert _told((proposal.model_copy(update={"occurred_at": day}),)) == {"proposed": "+ Proposed"}
    assert _told((proposal, cancelled(day))) == {
        "proposed": "- Cancelled",
        "refused": "+ Cancelled",
    }
    adopted = ISSUED.model_copy(update={"occurred_at": day})
    assert _told((proposal, adopted), later=day) == {
        "proposed": "- InstructionIssued",
        "total": "+ InstructionIssued",
    }


def test_all_that_moved_a_figure_back_and_forth_is_told_in_order() -> None:
    history = (*IMPLEMENTED, reopened(EARLIER + DAY), submitted(LATE), completed(LATE + DAY))
    assert "implemented" not in _told(history), "it was and is"
    assert _told(history, ISSUED_AT)["implemented"] == (
        "+ InstructionCompleted Reopened InstructionCompleted"
    )


def test_the_change_of_a_lead_is_from_one_to_the_other() -> None:
    (change,) = _changes((*OPEN, assigned(LATE, lead=MINISTRY_B)), EARLIER, LATE)[-1:]
    assert (change.was, change.now) == (MINISTRY_A, MINISTRY_B)


_HISTORIES = st.lists(
    st.sampled_from(
        [
            OPEN,
            IMPLEMENTED,
            (*OPEN, submitted(LATE + DAY), completed(LATE + 2 * DAY)),
            (*OPEN, extension_approved(EARLIER + DAY, to=date(2026, 4, 20))),
            (*OPEN, draft_due(DEADLINE_AT - 20 * DAY)),
            (*OPEN, cancelled(DEADLINE_AT - DAY)),
            (*OPEN, carried(DEADLINE_AT - DAY)),
            (*OPEN, carried(LATE), carried(LATE + DAY, left=NEXT, into=PROGRAMME)),
            (*OPEN, suspended(LATE)),
            (*IMPLEMENTED, reopened(LATE)),
            (proposed(programme=PROGRAMME), cancelled(EARLIER)),
            (issued(programme=NEXT),),
        ]
    ),
    max_size=12,
)
_MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 7, 1)).map(  # noqa: DTZ001 - made UTC
    lambda at: utc(at.isoformat())
)


@for_any(histories=_HISTORIES, one=_MOMENTS, other=_MOMENTS)
def test_every_figure_is_the_one_before_and_what_came_in_without_what_left(
    histories: list[Events], one: datetime, other: datetime
) -> None:
    earlier, later = sorted((one, other))
    before, after = (
        report([m for h in histories if (m := _seen(h, at).measure)], at) for at in (earlier, later)
    )
    found = [change for history in histories for change in _changes(history, earlier, later)]
    for figure in FIGURES:
        moves = [change.now for change in found if change.aspect == figure]
        gained = moves.count(True) - moves.count(False)
        assert getattr(after, figure) == getattr(before, figure) + gained, figure
    assert all(change.causes for change in found)


@for_any(histories=_HISTORIES, at=_MOMENTS)
def test_a_figure_counts_the_measures_that_stand_in_it(
    histories: list[Events], at: datetime
) -> None:
    steps = [_seen(history, at) for history in histories]
    made = report([step.measure for step in steps if step.measure], at)
    for figure in FIGURES:
        assert sum(standing(step)[figure] is True for step in steps) == getattr(made, figure)
