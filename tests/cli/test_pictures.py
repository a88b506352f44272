"""Tables in a terminal of 80 columns: nothing that identifies anything is cut, no text has effects."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console, RenderableType
from rich.console import Group as RichGroup

from audit.difference import Explained, Passed
from cli.difference_view import explained_json, explained_tables, figures_table
from cli.history_view import history_picture
from cli.output import plain
from cli.register_view import register_picture
from cli.report_view import report_json, report_picture
from domain.instruction.lateness import Timing
from domain.programme.difference import Change
from domain.programme.report import Departure, Measure, figures, report
from domain.programme.state import Programme, Published
from eventstore.codec import encode
from eventstore.protocol import StoredEvent
from readmodels.register import RegisterRow
from tests.golden_events import EXAMPLES

_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_LONG_ID = "p-" + "0123456789" * 9
_EVENTS = [event for event in EXAMPLES if type(event).__module__.startswith("domain.instruction.")]


def _drawn(picture: RenderableType, width: int = 80, *, ansi: bool = False) -> str:
    file = io.StringIO()
    Console(file=file, width=width, emoji=False, force_terminal=ansi).print(picture)
    return file.getvalue()


def _lines(picture: RenderableType, width: int = 80) -> list[str]:
    return [line.rstrip() for line in _drawn(picture, width).splitlines()]


def _stored(
    recorded_after: timedelta = timedelta(0), *, actor: str | None = None
) -> Sequence[StoredEvent]:
    return [
        StoredEvent(
            position=123_400 + version,
            stream_id="instruction-1",
            version=version,
            type=event.type,
            occurred_at=event.occurred_at,
            recorded_at=event.occurred_at + recorded_after,
            actor=actor or event.by.actor,
            command_id=f"c-{version}",
            body=encode(event),
        )
        for version, event in enumerate(_EVENTS, start=980)
    ]


@pytest.mark.parametrize("actor", ["p-1", _LONG_ID])
@pytest.mark.parametrize("recorded_after", [timedelta(0), timedelta(days=300)])
def test_no_event_name_is_wrapped_or_cut(recorded_after: timedelta, actor: str) -> None:
    drawn = _lines(history_picture("N-1", _stored(recorded_after, actor=actor), 80))
    assert max(map(len, drawn)) <= 80
    for event in _EVENTS:
        assert any(event.type in line.split() for line in drawn), event.type


def test_a_live_history_shows_positions_and_one_time() -> None:
    title, header, _, first, *_ = _lines(history_picture("N-1", _stored(), 80))
    assert title == "History of N-1 (times are UTC)"
    assert header.split() == ["#", "position", "occurred", "by", "event"]
    assert first.split()[:6] == [
        "980",
        "124380",
        "2026-03-02",
        "09:30:00",
        "p-7f3a",
        _EVENTS[0].type,
    ]


def test_a_minute_between_occurring_and_recording_is_no_difference() -> None:
    header = _lines(history_picture("N-1", _stored(timedelta(seconds=60)), 80))[1]
    assert "recorded" not in header


def test_an_imported_history_shows_both_times() -> None:
    events = _stored(timedelta(days=1))
    assert _lines(history_picture("N-1", events, 80))[1].split() == [
        "#",
        "occurred",
        "recorded",
        "by",
        "event",
    ]
    header, _, first = _lines(history_picture("N-1", events, 120), 120)[1:4]
    assert header.split() == ["#", "position", "occurred", "recorded", "by", "event"]
    assert first.split()[2:6] == ["2026-03-02", "09:30:00", "2026-03-03", "09:30:00"]


def test_a_long_id_is_there_to_the_last_letter() -> None:
    drawn = _drawn(history_picture("N-1", _stored(actor=_LONG_ID)[:1], 80))
    by = drawn.splitlines()[1].index("by")
    end = drawn.splitlines()[1].index("event")
    assert "".join(line[by:end].strip() for line in drawn.splitlines()[3:]) == _LONG_ID


_ROW = RegisterRow(
    instruction="instruction-1",
    number="U-001",
    text="Draft and agree a common method of forecasting the main macroeconomic indicators.",
    programme="p",
    sector=None,
    issuer="council",
    controller=None,
    lead="joint-customs-committee",
    phase="InProgress",
    closed=False,
    original_deadline=_AT - timedelta(days=1),
    deadline=_AT - timedelta(days=1),
    submitted_at=None,
    cancelled_at=None,
    percent=40,
    escalated=True,
    version=3,
    stopped_at=None,
    refused=False,
    carried_from=None,
    parent=None,
    source_kind="treaty",
    source_number="T-3",
)


def test_the_register_shows_what_is_late_and_cuts_only_texts() -> None:
    rows = [_ROW, replace(_ROW, number="U-002", deadline=_AT, escalated=False, lead=None)]
    drawn = _lines(register_picture(rows, _AT))
    assert max(map(len, drawn)) <= 80
    assert drawn[0] == "Instructions (times are UTC)"
    first = "U-001   InProgress 40 %  2026-03-01 09:30:00  joint-customs-committee  Draft"
    assert drawn[3].startswith(first)
    assert drawn[3].endswith("…")
    assert [line.strip() for line in drawn[4:6]] == ["behind", "escalated"]
    assert drawn[6].startswith("U-002   InProgress 40 %  2026-03-02 09:30:00  ")
    assert len(drawn) == 7


def test_a_closed_instruction_is_not_shown_as_escalated() -> None:
    closed = replace(_ROW, phase="Completed", closed=True)
    assert "escalated" not in _drawn(register_picture([closed], _AT))


def test_a_proposal_shows_no_progress_and_a_suspended_instruction_is_not_behind() -> None:
    proposed = replace(_ROW, phase="Proposed", stopped_at=_AT, escalated=False)
    refused = replace(proposed, phase="Cancelled", closed=True, refused=True)
    suspended = replace(_ROW, phase="Suspended", stopped_at=_AT, escalated=False)
    for row, shown in (
        (proposed, "Proposed "),
        (refused, "Refused "),
        (suspended, "Suspended 40 %"),
    ):
        (line,) = _lines(register_picture([row], _AT))[3:]
        assert line.startswith(f"U-001   {shown}")


def _measures(sector: str, *, done: int, late: int, rest: int) -> list[Measure]:
    def one(n: int, phase: str, deadline: datetime, submitted_at: datetime | None) -> Measure:
        timing = Timing(
            closed=submitted_at is not None,
            original_deadline=deadline,
            deadline=deadline,
            submitted_at=submitted_at,
            cancelled_at=None,
        )
        return Measure(
            instruction=f"instruction-{sector}-{phase}-{n}",
            number=str(n),
            text="Do it.",
            phase=phase,
            sector=sector,
            lead=None,
            timing=timing,
        )

    day = timedelta(days=1)
    return [
        *(one(n, "Completed", _AT, _AT - day) for n in range(done)),
        *(one(n, "Assigned", _AT - day, None) for n in range(late)),
        *(one(n, "Assigned", _AT + day, None) for n in range(rest)),
    ]


_PROGRAMME = Programme(
    id="p",
    title="Programme [bold]2024[/bold]",
    body="council",
    period_start=_AT.date(),
    period_end=_AT.date(),
)


def test_a_report_fits_and_its_bars_are_to_scale() -> None:
    measures = [
        *_measures("a sector with a long name", done=8, late=4, rest=4),
        *_measures("small", done=0, late=1, rest=3),
        *_measures("all done", done=16, late=0, rest=0),
    ]
    drawn = _lines(report_picture(_PROGRAMME, _AT, figures(measures, _AT)))
    assert max(map(len, drawn)) <= 80
    assert drawn[0] == "Programme [bold]2024[/bold] as of 2026-03-02 09:30:00 UTC"
    assert "implemented                 24 of 36 (67 %)" in drawn
    assert "behind schedule             5 (14 %)" in drawn
    bars = {line.split("  ")[0]: line.split()[-1] for line in drawn[-3:]}
    assert bars == {
        "a sector with a long name": "█" * 12 + "░" * 4,
        "all done": "█" * 16,
        "small": "█" + "░" * 3,
    }


def test_a_report_says_what_is_counted_apart_and_whether_replay_comes_to_what_was_published() -> (
    None
):
    measures = _measures("x", done=1, late=1, rest=1)
    left = replace(measures[2], departure=Departure(at=_AT, into="q"))
    proposal = replace(measures[1], phase="Proposed")
    measures = [*measures, left, proposal, replace(proposal, phase="Cancelled", refused=True)]
    # A refused proposal is a cancelled one.
    gone = replace(measures[-1].timing, closed=True, cancelled_at=_AT)
    measures[-1] = replace(measures[-1], timing=gone)
    made = published = figures(measures, _AT)
    pinned = Published(position=2467, published_at=_AT, figures=published)
    drawn = _lines(report_picture(_PROGRAMME, _AT, made, pinned))
    rows = {line[:26].strip(): line[26:].strip() for line in drawn[1:9]}
    assert rows["implemented"] == "1 of 4 (25 %)"
    assert [rows[n] for n in ("carried over", "proposed", "proposals refused")] == ["1"] * 3
    assert rows["published"].startswith("2026-03-02 09:30:00 UTC")
    assert "other figures" not in " ".join(drawn)
    assert report_json(_PROGRAMME, _AT, made, pinned)["published"]["same"] is True
    (sector,) = published.by_sector
    (lead,) = published.by_lead
    for forged in (
        {"implemented": 3},
        {"by_sector": (sector.model_copy(update={"implemented": 3}),)},
        {"by_lead": (lead.model_copy(update={"behind_schedule": 0}),)},
    ):
        wrong = replace(pinned, figures=published.model_copy(update=forged))
        assert "replay comes to other figures" in " ".join(
            " ".join(_lines(report_picture(_PROGRAMME, _AT, made, wrong))).split()
        )
        assert report_json(_PROGRAMME, _AT, made, wrong)["published"]["same"] is False


@pytest.mark.parametrize("recorded_after", [timedelta(0), timedelta(days=300)])
def test_what_moved_the_figures_fits_and_names_each_event(recorded_after: timedelta) -> None:
    (measure,) = _measures("x", done=0, late=1, rest=0)
    cause = _stored(recorded_after)[0]
    by_event = Change(aspect="implemented", was=True, now=False, measure=measure, causes=())
    by_time = replace(by_event, aspect="late_against_original", was=False, now=True)
    another = replace(by_time, aspect="lead", was="a", now="b")
    found = [
        Explained(change=by_time, causes=(Passed(deadline=_AT),)),
        Explained(change=another, causes=(cause, cause)),
        Explained(change=by_event, causes=(cause,)),
    ]
    drawn = _lines(RichGroup(*explained_tables("What moved the figures", found)))
    assert max(map(len, drawn)) <= 80
    text = " ".join(" ".join(drawn).split())
    assert text.index("implemented") < text.index("late against original") < text.index("lead")
    assert text.count(str(cause.position)) == 3
    assert "time passed" in text
    assert ("recorded" in text) == bool(recorded_after)
    short = " ".join(_drawn(RichGroup(*explained_tables("x", found, 1))).split())
    assert "2 more: --json lists all" in short
    told = explained_json(found)
    assert [one["causes"][0].get("position") for one in told] == [None, *[cause.position] * 2]
    assert told[0]["causes"] == [{"passed": _AT}]
    assert told[2]["causes"][0]["by"]["actor"] == _EVENTS[0].by.actor


def test_figures_stand_side_by_side() -> None:
    before, after = (_measures("x", done=done, late=1, rest=2) for done in (0, 4))
    columns = [("then", report(before, _AT)), ("now", report(after, _AT))]
    drawn = _lines(figures_table("Figures", columns))
    rows = {line.rsplit(maxsplit=2)[0].strip(): line.split()[-2:] for line in drawn[3:]}
    assert (rows["total"], rows["implemented"]) == (["3", "7"], ["0", "4"])
    assert "cancelled" not in rows, "none is, at either"


def test_a_single_late_measure_of_many_is_still_seen() -> None:
    measures = _measures("x", done=0, late=1, rest=300)
    last = _lines(report_picture(_PROGRAMME, _AT, figures(measures, _AT)))[-1]
    assert last.endswith("█" + "░" * 15)


def test_a_report_of_nothing_is_drawn() -> None:
    drawn = _drawn(report_picture(_PROGRAMME, _AT, figures([], _AT)))
    assert "0 of 0 (0 %)" in drawn
    assert report_json(_PROGRAMME, _AT, figures([], _AT))["implemented_line"] == "0 of 0 (0 %)"


def test_what_people_wrote_has_no_effects() -> None:
    wild = "[red]a[/] [/b] :smile: \\[x] \x1b[31mred\x07 end"
    shown = "[red]a[/] [/b] :smile: \\[x] �[31mred� end"
    assert _drawn(f"{plain(wild)}|").strip() == f"{shown}|"
    row = replace(_ROW, text=wild, lead=None)
    (comment,) = (event for event in _EVENTS if event.type == "Commented")
    (stored, *_) = _stored()
    body = encode(comment.model_copy(update={"text": wild}))
    said = replace(stored, type="Commented", body=body)
    for picture in (register_picture([row], _AT), history_picture(wild, [said], 200)):
        drawn = _drawn(picture, 200, ansi=True)
        assert "\x1b[31mred" not in drawn
        assert "[red]a[/] [/b] :smile:" in drawn
