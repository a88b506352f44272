"""Commands as clients send them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from domain.deadline import DeadlineRequest
from domain.identifiers import instruction_id
from domain.instruction import commands as c
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
