"""Commands as clients send them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from domain.deadline import DeadlineRequest
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.recurrence.commands import RecurrenceCommand, StartRecurrence
from tests import staging as s
from tests.workflows.story import POLICY


def make(
    command: type[c.InstructionCommand], actor: str, number: str, /, **fields: Any
) -> c.ClientCommand:
    made: Any = command(
        command_id=str(uuid4()), actor=actor, instruction=instruction_id(number), **fields
    )
    return made


def issue(number: str, /, **fields: Any) -> c.ClientCommand:
    defaults: dict[str, Any] = {
        "number": number,
        "text": "Agree the common rules",
        "issuer": s.COUNCIL,
        "controller": s.CONTROL,
        "deadline": DeadlineRequest(at=datetime.now(UTC) + timedelta(days=400)),
        "policy": POLICY,
    }
    return make(c.Issue, s.ISSUER, number, **{**defaults, **fields})


def start_recurrence(name: str, first: datetime, **changes: Any) -> StartRecurrence:
    """Every 91 days, issued 30 days before at 9 o'clock."""
    fields = {
        "title": "Quarterly return",
        "rule": "FREQ=DAILY;INTERVAL=91;COUNT=4",
        "first_day": first.date(),
        "number": f"{name}-{{n}}",
        "text": "Submit the return.",
        "issuer": s.COUNCIL,
        "controller": s.CONTROL,
        "lead": s.MINISTRY,
        "zone": "UTC",
    }
    return to_recurrence(StartRecurrence, name, **{**fields, **changes})


def to_recurrence(command: type[RecurrenceCommand], name: str, **fields: Any) -> Any:
    return command(command_id=str(uuid4()), actor=s.ISSUER, recurrence=name, **fields)
