"""Why a command is refused: every stable code, in one place.

A rejection is a value. Its code never changes meaning; its sentence names what is wrong and the way
out; its field, where one is at fault, is a field of the command.
"""

from collections.abc import Iterable
from enum import StrEnum

from domain.identifiers import PersonId
from domain.outcomes import Rejected


class Code(StrEnum):
    """Stable codes of rejections, shared by command line, API and import."""

    ALREADY_EXISTS = "already-exists"
    ALREADY_ISSUED = "already-issued"
    ALREADY_PUBLISHED = "already-published"
    BODY_CLOSED = "body-closed"
    BODY_NOT_ESTABLISHED = "body-not-established"
    CHANGED_MEANWHILE = "changed-meanwhile"
    COMMAND_ID_REUSED = "command-id-reused"
    DEADLINE_AFTER_PARENT = "deadline-after-parent"
    DEADLINE_BEFORE_PARTS = "deadline-before-parts"
    DEADLINE_IN_THE_PAST = "deadline-in-the-past"
    DEADLINE_NOT_LATER = "deadline-not-later"
    DEADLINE_REQUIRED = "deadline-required"
    EXTENSION_ALREADY_OPEN = "extension-already-open"
    IDENTITY_NOT_PROVEN = "identity-not-proven"
    INVALID = "invalid"
    NO_ESCALATION = "no-escalation"
    NO_EXTENSION_OPEN = "no-extension-open"
    NO_REPORT = "no-report"
    NOT_ASSIGNED = "not-assigned"
    NOT_AUTHORISED = "not-authorised"
    NOT_IN_THIS_PHASE = "not-in-this-phase"
    NOT_CORRECTABLE = "not-correctable"
    NOT_ISSUED = "not-issued"
    NUMBER_TAKEN = "number-taken"
    OCCURRED_IN_THE_FUTURE = "occurred-in-the-future"
    PARTS_STILL_OPEN = "parts-still-open"
    PROGRAMME_NOT_IN_FORCE = "programme-not-in-force"
    TOO_MANY_PARTS = "too-many-parts"
    UNKNOWN = "unknown"
    WHOLE_NOT_OPEN = "whole-not-open"
    TOO_MUCH_CONTENTION = "too-much-contention"
    UPGRADE_UNFINISHED = "upgrade-unfinished"


def rejected(code: Code, message: str, field: str | None = None) -> Rejected:
    return Rejected(code=code.value, message=message, field=field)


def invalid(field: str, message: str) -> Rejected:
    return rejected(Code.INVALID, message, field)


def unknown(field: str, value: str, way_out: str) -> Rejected:
    return rejected(Code.UNKNOWN, f"no {field} {value} is known; {way_out}", field)


def already_exists(field: str, value: str) -> Rejected:
    return rejected(
        Code.ALREADY_EXISTS, f"{field} {value} exists already; choose another id", field
    )


def not_authorised(actor: PersonId, deed: str, who_may: str) -> Rejected:
    return rejected(
        Code.NOT_AUTHORISED, f"{actor} may not {deed}: only {who_may} may do so", "actor"
    )


def not_in_this_phase(deed: str, phase: str, allowed: Iterable[str]) -> Rejected:
    return rejected(
        Code.NOT_IN_THIS_PHASE,
        f"cannot {deed} an instruction that is {phase}; it must be {' or '.join(allowed)}",
    )
