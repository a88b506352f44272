"""Which command is for whom and in which phase: the table of DESIGN.md §5 as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from domain.directory.state import Directory
from domain.instruction import authority as who
from domain.instruction import commands as c
from domain.instruction.authority import Party
from domain.instruction.state import (
    Assigned,
    Cancelled,
    Completed,
    InProgress,
    Issued,
    KnownState,
    Record,
    Reported,
)

Phases = tuple[type[KnownState], ...]
Relation = Callable[[Record, Directory], Party]

OPEN: Phases = (Issued, Assigned, InProgress, Reported)
ANY: Phases = (*OPEN, Completed, Cancelled)


@dataclass(frozen=True, slots=True)
class Rule:
    deed: str
    """In the words of a refusal: `X may not {deed} this`."""
    phases: Phases
    who: tuple[Relation, ...]


_PARTIES: tuple[Relation, ...] = (
    who.issuer,
    who.lead,
    who.co_assignee,
    who.controller,
    who.operator,
)

RULES: Mapping[type[c.InstructionCommand], Rule] = {
    c.Issue: Rule("issue", (), (who.issuer,)),
    c.Assign: Rule("assign", (Issued,), (who.issuer, who.controller)),
    c.Acknowledge: Rule("acknowledge", (Assigned,), (who.lead,)),
    c.ReportProgress: Rule(
        "report progress on", (Assigned, InProgress), (who.lead, who.co_assignee)
    ),
    c.RequestExtension: Rule("request an extension of", (Assigned, InProgress), (who.lead,)),
    c.ApproveExtension: Rule("approve an extension of", OPEN, (who.controller_else_issuer,)),
    c.RefuseExtension: Rule("refuse an extension of", OPEN, (who.controller_else_issuer,)),
    c.SubmitReport: Rule("report completion of", (Assigned, InProgress), (who.lead,)),
    c.Accept: Rule("accept", (Reported,), (who.controller,)),
    c.Return: Rule("return", (Reported,), (who.controller,)),
    c.Cancel: Rule("cancel", OPEN, (who.issuer,)),
    c.Escalate: Rule("escalate", OPEN, (who.operator,)),
    c.AcknowledgeEscalation: Rule("acknowledge an escalation of", OPEN, (who.operator,)),
    c.Deescalate: Rule("de-escalate", OPEN, (who.operator,)),
    c.Comment: Rule("comment on", ANY, _PARTIES),
    c.CheckDeadlines: Rule("check the deadlines of", ANY, ()),
    c.RecordDelivery: Rule("record a delivery for", ANY, ()),
}
"""Issue founds the instruction: it has no phase to come from."""
