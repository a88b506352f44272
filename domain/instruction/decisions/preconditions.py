"""What must stand before a command of some kind is decided on, whatever its fields say: besides its phase and who sends it."""

from domain.identifiers import BodyId
from domain.instruction import commands as c
from domain.instruction.compound import open_parts
from domain.instruction.state import KnownState, Record
from domain.outcomes import Rejected
from domain.rejections import Code, invalid, rejected
from domain.value import to_the_minute

_ANSWERS_A_REQUEST = (c.WithdrawExtension, c.ApproveExtension, c.RefuseExtension)
_ANSWERS_AN_ESCALATION = (c.AcknowledgeEscalation, c.Deescalate)
_OF_A_LEAD = (c.Acknowledge, c.Decline, c.SubmitReport, c.WithdrawReport)


def hindrance(
    kind: type[c.InstructionCommand], state: KnownState, body: BodyId | None
) -> Rejected | None:
    """Why no command of this kind can be done as the instruction stands.

    Args:
        body: on behalf of which it is done.
    """
    record = state.record
    if issubclass(kind, _ANSWERS_A_REQUEST) and record.extension is None:
        return rejected(
            Code.NO_EXTENSION_OPEN, "no extension is requested; there is none to decide or withdraw"
        )
    if issubclass(kind, c.RequestExtension) and record.extension is not None:
        return rejected(
            Code.EXTENSION_ALREADY_OPEN,
            f"an extension until {to_the_minute(record.extension.until.instant)} is requested "
            "already; wait for the decision",
        )
    if issubclass(kind, _ANSWERS_AN_ESCALATION) and not record.escalation.raised:
        return rejected(Code.NO_ESCALATION, "no escalation stands; there is nothing to silence")
    if issubclass(kind, c.RequestProgress) and record.lead is None:
        return rejected(
            Code.NOT_ASSIGNED, "nobody is assigned, so there is nobody to ask; assign it first"
        )
    if issubclass(kind, c.CarryOver) and record.programme is None:
        return invalid("into", f"{record.number} is no programme's measure; there is none to leave")
    parts = ", ".join(part.number for part in open_parts(record))
    if issubclass(kind, c.SubmitReport) and parts:
        return rejected(
            Code.PARTS_STILL_OPEN,
            f"parts of it are still open: {parts}; have them completed or cancelled first",
        )
    return _of_a_lead(kind, record, body) if issubclass(kind, _OF_A_LEAD) else None


def acting_lead(record: Record, body: BodyId | None) -> BodyId | None:
    """The lead that it is done by; None among joint leads as long as it is not said which of them.

    Args:
        body: on behalf of which it is done.
    """
    acting = body if len(record.leads) > 1 else record.lead
    return acting if acting in record.leads else None


def _of_a_lead(
    kind: type[c.InstructionCommand], record: Record, body: BodyId | None
) -> Rejected | None:
    """Joint leads take note and report each for itself."""
    lead, assignment = acting_lead(record, body), record.assignment
    if lead is None or assignment is None:
        return invalid("on_behalf_of", f"say for which of its leads: {', '.join(record.leads)}")
    if issubclass(kind, (c.Acknowledge, c.Decline)):
        if lead in assignment.acknowledged:
            return invalid(
                "on_behalf_of", f"{lead} has taken note already; say which other lead it is for"
            )
    elif issubclass(kind, c.SubmitReport):
        if lead in assignment.reported:
            return invalid(
                "on_behalf_of", f"{lead} has reported already; withdraw that report first"
            )
    elif lead not in assignment.reported:
        return rejected(Code.NO_REPORT, f"no report of {lead} stands; there is none to withdraw")
    return None
