"""Random measures, as rows of a file that the importer accepts, and moments to look at them.

The legal order of facts is written down here a second time, so that nothing is assumed of the code.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.programmes import PROGRAMME, SMALL_ZONES, Row

_PLACES = {
    "assign": 1,
    "acknowledge": 2,
    "progress": 3,
    "request": 4,
    "approve": 5,
    "refuse": 6,
    "report": 7,
    "return": 8,
    "report again": 9,
    "accept": 10,
    "cancel": 11,
}
"""The order of facts of one day (docs/import.md)."""


class _Life:
    """A measure's row while random things happen to it, always such as the rules allow."""

    def __init__(self, draw: st.DrawFn, number: str) -> None:
        self._draw = draw
        self._day = draw(st.dates(date(2024, 1, 1), date(2026, 3, 31)))
        self._place = 0
        self._deadline = self._day + timedelta(days=draw(st.integers(0, 300)))
        self._phase = "issued"
        lead = draw(st.sampled_from(["ministry", "region"]))
        self._parties = {"lead": lead, "co_assignees": draw(st.sampled_from(["", "control"]))}
        self.row = {
            "number": number,
            "text": "Do it.",
            "programme": PROGRAMME,
            "issuer": draw(st.sampled_from(sorted(SMALL_ZONES))),
            "controller": draw(st.sampled_from(["control", "control", "", lead])),
            "deadline": str(self._deadline),
            "issued_on": str(self._day),
        }

    def go_on(self) -> bool:
        """Let one more thing happen, rarely a cancellation; False if nothing more can."""
        options = self._options()
        if not options:
            return False
        what = self._draw(st.sampled_from([*options, "cancel", *options, *options]))
        self._pass_time(what)
        happen = {
            "assign": self._assign,
            "acknowledge": self._acknowledge,
            "progress": self._report_progress,
            "request": self._request,
            "approve": self._approve,
            "refuse": self._refuse,
            "report": self._report,
            "return": self._return,
            "report again": self._report_again,
            "accept": self._accept,
            "cancel": self._cancel,
        }
        happen[what]()
        return True

    def _options(self) -> list[str]:
        has = self.row.keys()
        request_open = "extension_requested_on" in has and not (
            {"extension_approved_on", "extension_refused_on"} & has
        )
        decisions = ["approve", "refuse"] if request_open else []
        match self._phase:
            case "issued":
                return ["assign"]
            case "assigned" | "working":
                begin = ["acknowledge"] if self._phase == "assigned" else []
                ask = [] if "extension_requested_on" in has else ["request"]
                report = "report" if "reported_on" not in has else "report again"
                return [*begin, *ask, *decisions, "progress", report]
            case "reported":
                verdicts = [] if "returned_on" in has else ["return", "return"]
                return [*verdicts, *decisions, "accept"]
            case _:
                return []

    def _pass_time(self, what: str) -> None:
        passed = self._draw(st.integers(0, 60))
        if passed == 0 and _PLACES[what] <= self._place:
            passed = 1
        self._day += timedelta(days=passed)
        self._place = _PLACES[what]

    def _later(self, than: date, least: int) -> date:
        return than + timedelta(days=self._draw(st.integers(least, 120)))

    def _set(self, **cells: object) -> None:
        self.row.update({name: str(cell) for name, cell in cells.items()})

    def _assign(self) -> None:
        self._set(assigned_on=self._day, **self._parties)
        self._phase = "assigned"

    def _acknowledge(self) -> None:
        self._set(acknowledged_on=self._day)
        self._phase = "working"

    def _report_progress(self) -> None:
        entry = f"{self._day}:{self._draw(st.integers(0, 100))}"
        self._set(progress=f"{self.row['progress']};{entry}" if "progress" in self.row else entry)
        self._phase = "working"

    def _request(self) -> None:
        until = self._later(max(self._deadline, self._day), 1)
        self._set(extension_requested_on=self._day, extension_until=until, extension_reason="Ill.")

    def _approve(self) -> None:
        until = date.fromisoformat(self.row["extension_until"])
        if until > self._deadline and until >= self._day:
            self._set(extension_approved_on=self._day)
            self._deadline = until
        else:  # it came to nothing meanwhile
            self._refuse()

    def _refuse(self) -> None:
        self._place = _PLACES["refuse"]
        self._set(extension_refused_on=self._day, extension_refusal_reason="No.")

    def _report(self) -> None:
        self._set(reported_on=self._day, report_text="Done.")
        accepted_by_itself = self.row["controller"] in ("", self._parties["lead"])
        self._phase = "closed" if accepted_by_itself else "reported"

    def _return(self) -> None:
        self._set(returned_on=self._day, return_reason="Not yet.")
        if self._deadline < self._day or self._draw(st.booleans()):
            self._deadline = self._later(self._day, 0)
            self._set(rework_deadline=self._deadline)
        self._phase = "working"

    def _report_again(self) -> None:
        self._set(reported_again_on=self._day, report_again_text="Done now.")
        self._phase = "reported"

    def _accept(self) -> None:
        self._set(accepted_on=self._day)
        self._phase = "closed"

    def _cancel(self) -> None:
        self._set(cancelled_on=self._day, cancel_reason="Overtaken.")
        self._phase = "closed"


@st.composite
def measures(draw: st.DrawFn, *, at_most: int = 4) -> list[Row]:
    """Rows of the small world (`tests.programmes.SMALL_DIRECTORY`), each somewhere in its life."""
    rows: list[Row] = []
    for n in range(1, draw(st.integers(1, at_most)) + 1):
        life = _Life(draw, f"N-{n}")
        for _ in range(draw(st.integers(0, 12))):
            if not life.go_on():
                break
        rows.append(life.row)
    return rows


_TIMES = (time(0), time(0, 0, 1), time(6, 15), time(11, 59, 59), time(12, 30), time(23, 59, 59))
"""None lies within the minutes after noon over which the facts of one day are spread."""


@st.composite
def moments(draw: st.DrawFn, rows: Sequence[Row]) -> datetime:
    """A moment on or beside a day that one of the rows names, in the zone of an issuer."""
    days = {
        date.fromisoformat(cell.partition(":")[0])
        for row in rows
        for column, cell in row.items()
        if column.endswith("_on") or column in ("deadline", "extension_until", "rework_deadline")
    }
    day = draw(st.sampled_from(sorted(days))) + timedelta(days=draw(st.integers(-1, 1)))
    zone = ZoneInfo(draw(st.sampled_from(sorted(SMALL_ZONES.values()))))
    return datetime.combine(day, draw(st.sampled_from(_TIMES)), zone)
