"""One good row, to be spoiled in one place or another."""

from tests.programmes import PROGRAMME, Row

_FULL: Row = {
    "number": "N-1",
    "text": "Do it.",
    "programme": PROGRAMME,
    "sector": "transport",
    "source_kind": "decision",
    "source_number": "12",
    "source_date": "2024-01-15",
    "issuer": "council",
    "controller": "control",
    "deadline": "2024-06-28",
    "issued_on": "2024-01-20",
    "lead": "ministry",
    "co_assignees": "region",
    "assigned_on": "2024-01-20",
    "acknowledged_on": "2024-01-22",
    "progress": "2024-03-01:40;2024-05-02:70",
    "extension_requested_on": "2024-06-03",
    "extension_until": "2024-09-30",
    "extension_reason": "Delivery is late.",
    "extension_approved_on": "2024-06-05",
    "reported_on": "2024-09-02",
    "report_text": "Done.",
    "returned_on": "2024-09-10",
    "rework_deadline": "2024-10-31",
    "return_reason": "The annex is missing.",
    "reported_again_on": "2024-10-15",
    "report_again_text": "With the annex.",
    "accepted_on": "2024-10-15",
}


def row(number: str = "N-1", **changed: str) -> Row:
    """The row with these cells in place of its own."""
    return _FULL | {"number": number} | changed


def row_until(column: str, number: str = "N-1", **changed: str) -> Row:
    """The row as it was before the fact with this date column and all that follow it."""
    names = list(_FULL)
    kept = {name: _FULL[name] for name in names[: names.index(column)]}
    return kept | {"number": number} | changed
