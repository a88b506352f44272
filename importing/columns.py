"""The columns of a measures file and how they hang together; docs/import.md says what they mean."""

from collections.abc import Mapping

REQUIRED = ("number", "text", "issuer", "deadline", "issued_on")
OPTIONAL = (
    "programme",
    "sector",
    "priority",
    "source_kind",
    "source_number",
    "source_date",
    "controller",
    "lead",
    "co_assignees",
    "assigned_on",
    "acknowledged_on",
    "progress",
    "extension_requested_on",
    "extension_until",
    "extension_reason",
    "extension_approved_on",
    "extension_refused_on",
    "extension_refusal_reason",
    "reported_on",
    "report_text",
    "returned_on",
    "rework_deadline",
    "return_reason",
    "reported_again_on",
    "report_again_text",
    "accepted_on",
    "cancelled_on",
    "cancel_reason",
)
COLUMNS = (*REQUIRED, *OPTIONAL)
MOST_COLUMNS = 200
"""Of a file, Remit's or not: each that is unknown is compared with all that there are."""

FOLLOWS: Mapping[str, str] = {
    "assigned_on": "issued_on",
    "acknowledged_on": "assigned_on",
    "extension_requested_on": "assigned_on",
    "extension_approved_on": "extension_requested_on",
    "extension_refused_on": "extension_requested_on",
    "reported_on": "assigned_on",
    "returned_on": "reported_on",
    "reported_again_on": "returned_on",
    "accepted_on": "reported_on",
    "cancelled_on": "issued_on",
}
"""A date needs the one named beside it, and may not lie before it."""

BELONGS_TO: Mapping[str, str] = {
    "lead": "assigned_on",
    "co_assignees": "assigned_on",
    "extension_until": "extension_requested_on",
    "extension_reason": "extension_requested_on",
    "extension_refusal_reason": "extension_refused_on",
    "report_text": "reported_on",
    "rework_deadline": "returned_on",
    "return_reason": "returned_on",
    "report_again_text": "reported_again_on",
    "cancel_reason": "cancelled_on",
}
"""A cell says nothing without the date of the fact that it describes."""

DATES = frozenset(
    (*FOLLOWS, "issued_on", "source_date", "deadline", "extension_until", "rework_deadline")
)
"""Columns that hold one date."""

BODIES = frozenset({"issuer", "controller", "lead", "co_assignees"})
"""Columns that name bodies by id."""
