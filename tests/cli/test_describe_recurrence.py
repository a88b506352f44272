"""What a recurrence's history says of each event, in a line."""

from collections.abc import Mapping
from typing import cast

import pytest

from cli.describe_recurrence import describe
from domain.recurrence import events as e
from tests.golden_events import EXAMPLES, event_types

_RULE = "FREQ=YEARLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1 from 2026-01-01"
_NEXT = "next #3 on 2026-03-02 09:30 UTC"
_LINES: Mapping[str, str] = {
    "RecurrenceStarted": f"Phytosanitary report, {_RULE}, {_NEXT}",
    "RecurrenceChanged": f"New rules.: {_RULE}, {_NEXT}",
    "RecurrencePaused": (
        "occurrence 3 of 2026-03-31 could not be issued: customs is closed (body-closed)"
    ),
    "RecurrenceResumed": "Another body is charged.",
    "RecurrenceEnded": "The rules were repealed.",
    "OccurrenceIssued": f"#2 as PHY-2026-2, due 2026-03-31, late, {_NEXT}",
    "OccurrenceSkipped": f"#2 of 2026-03-31: Nothing was sown., {_NEXT}",
    "OccurrenceReplanned": _NEXT,
}
_EVENTS = {event.type: event for event in EXAMPLES}


def test_there_is_a_line_for_every_event_of_a_recurrence() -> None:
    mine = {type_ for type_, made in event_types().items() if made.__module__ == e.__name__}
    assert set(_LINES) == mine


@pytest.mark.parametrize("type_", _LINES)
def test_a_line_says_what_matters(type_: str) -> None:
    assert describe(cast(e.RecurrenceEvent, _EVENTS[type_])) == _LINES[type_]


def test_the_last_occurrence_says_that_it_is() -> None:
    issued = _EVENTS["OccurrenceIssued"].model_copy(update={"next": None, "late": False})
    line = describe(cast(e.RecurrenceEvent, issued))
    assert line == "#2 as PHY-2026-2, due 2026-03-31, which was the last"
