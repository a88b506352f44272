"""What every request to an instruction carries."""

from typing import Annotated

from pydantic import Field

from domain.attribution import Backdating, Command
from domain.identifiers import InstructionId

Text = Annotated[str, Field(min_length=1, max_length=20_000)]
Reason = Annotated[str, Field(pattern=r"\S", max_length=4_000)]
"""Says something: spaces alone are refused."""


class InstructionCommand(Command):
    """What every request to an instruction carries."""

    instruction: InstructionId
    backdated: Backdating | None = None
