"""The figures of a programme calculated a second way: from the raw rows, slowly and plainly.

It knows nothing of events, states or the code under test: only the rows of the CSV file as dictionaries
of strings, the zones of the issuers, and the rules of docs/rules.md, docs/glossary.md and docs/import.md:

- a fact of a day happened at noon of that day in the issuer's zone (that facts of one day are a few
  minutes apart only settles their order);
- a deadline is the end of its day in the issuer's zone: done at that midnight is still in time.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

Row = Mapping[str, str]


def figures(rows: Iterable[Row], zones: Mapping[str, str], at: datetime) -> dict[str, object]:
    """All figures of the programme report at a moment that is not within the hour after a noon."""
    total = implemented = behind = late = completed_late = open_late = cancelled = 0
    for row in rows:
        zone = ZoneInfo(zones[row["issuer"]])
        if not _happened(row, "issued_on", zone, at):
            continue
        if _happened(row, "cancelled_on", zone, at):
            cancelled += 1
            continue
        total += 1
        completed = _completed(row, zone, at)
        submitted = _standing_submission(row, zone, at)
        done_or_now = at if submitted is None else submitted
        after_current = done_or_now > _end_of_day(_current_deadline(row, zone, at), zone)
        after_original = done_or_now > _end_of_day(row["deadline"], zone)
        if completed:
            implemented += 1
        if not completed and submitted is None and after_current:
            behind += 1
        if after_original:
            late += 1
        if completed and after_current:
            completed_late += 1
        if not completed and after_current:
            open_late += 1
    return {
        "total": total,
        "implemented": implemented,
        "behind_schedule": behind,
        "late_against_original": late,
        "completed_late": completed_late,
        "open_late": open_late,
        "cancelled": cancelled,
        **dict.fromkeys(
            ("carried_over", "proposed", "refused"), 0
        ),  # the rows know of no such thing
        "implemented_line": f"{implemented} of {total} ({_percent(implemented, total)})",
        "behind_schedule_line": f"{behind} ({_percent(behind, total)})",
        "execution_discipline": _percent(total - completed_late - open_late, total),
    }


def _noon(day: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(12, 0), zone)


def _end_of_day(day: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(0, 0), zone)


def _happened(row: Row, column: str, zone: ZoneInfo, at: datetime) -> bool:
    day = row.get(column, "")
    return day != "" and _noon(day, zone) <= at


def _completed(row: Row, zone: ZoneInfo, at: datetime) -> bool:
    """Accepted; or just reported, where nobody but the lead itself would have to accept it."""
    controller = row.get("controller", "")
    if controller in ("", row.get("lead", "")):
        return _happened(row, "reported_on", zone, at)
    return _happened(row, "accepted_on", zone, at)


def _standing_submission(row: Row, zone: ZoneInfo, at: datetime) -> datetime | None:
    """The report made last, unless it was sent back."""
    if _happened(row, "reported_again_on", zone, at):
        return _noon(row["reported_again_on"], zone)
    if _happened(row, "returned_on", zone, at):
        return None
    if _happened(row, "reported_on", zone, at):
        return _noon(row["reported_on"], zone)
    return None


def _current_deadline(row: Row, zone: ZoneInfo, at: datetime) -> str:
    """Set by the last of: issue, approved extension, return with a deadline for the rework.

    Of an approval and a return on one day the approval comes first.
    """
    changes = [(row["issued_on"], 0, row["deadline"])]
    if _happened(row, "extension_approved_on", zone, at):
        changes.append((row["extension_approved_on"], 1, row["extension_until"]))
    if _happened(row, "returned_on", zone, at) and row.get("rework_deadline", ""):
        changes.append((row["returned_on"], 2, row["rework_deadline"]))
    return max(changes)[2]


def _percent(part: int, whole: int) -> str:
    """To two significant digits: try ever fewer decimals until two digits are left."""
    if part == 0 or whole == 0:
        return "0 %"
    exact = Decimal(100 * part) / Decimal(whole)
    for decimals in (6, 5, 4, 3, 2, 1, 0):
        step = Decimal(1).scaleb(-decimals)
        rounded = exact.quantize(step, ROUND_HALF_EVEN)
        if len(str(rounded).replace(".", "").lstrip("0")) <= 2:
            return f"{rounded} %"
    return "100 %" if part == whole else "99 %"
