"""Which instructions a bulk is for: by the register's filters, by those of the worklists, or by number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BeforeValidator

from domain.value import Duration
from readmodels.register import ChoosesNow, Register
from web.api.asked import Word, invalid
from web.api.asking import Asking
from web.api.bulk import MOST, BulkFilter, Number, too_many
from web.api.registered import Registered, RegisteredOnes
from web.console.forms import body_of


def _days(value: str) -> str:
    """Worklists count in days."""
    return f"P{value}D" if value.isascii() and value.isdigit() else value


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """As it was asked."""

    registered: Registered
    body: str | None
    late_by: Duration | None
    escalated: bool
    numbers: Sequence[str]

    @property
    def says(self) -> bool:
        """Whether anything is chosen by."""
        said = self.registered
        shared = (said.programme, said.sector, said.issuer, said.controller)
        return bool(said.late or any(shared) or self._of_register or self._of_worklists)

    @property
    def _of_register(self) -> Sequence[str]:
        """What only the register chooses by."""
        said = self.registered
        names = {"phase": said.phase, "lead": said.lead, "source": said.source, "q": said.q}
        return [name for name, value in names.items() if value is not None]

    @property
    def _of_worklists(self) -> Sequence[str]:
        """What only the worklists choose by."""
        names = {"body": self.body, "late_by": self.late_by, "escalated": self.escalated}
        names |= {"number": self.numbers}
        return [name for name, value in names.items() if value]

    async def filter(self, asking: Asking) -> BulkFilter:
        """As the API has it: what the register chooses by its own filters is named by number, closed ones left out.

        Raises `Problem` validation if it is chosen in both ways at once, or a value makes no sense; too-much if the register
        chooses more than are taken.
        """
        said = self.registered
        if self._of_register and self._of_worklists:
            raise invalid(self._of_worklists[0], f"does not go with {', '.join(self._of_register)}")
        if self._of_register:
            which: ChoosesNow = {**said.chooses(asking.at), "open": True}
            rows = await Register(asking.services.pool).page(
                **which, scope=asking.reader.scope("commands"), limit=MOST + 1
            )
            if len(rows) > MOST:
                raise too_many()
            return BulkFilter(numbers=frozenset(row.number for row in rows))
        return body_of(
            BulkFilter,
            {
                "programme": said.programme,
                "body": self.body,
                "sector": said.sector,
                "issuer": said.issuer,
                "controller": said.controller,
                "late": said.late,
                "late_by": self.late_by,
                "escalated": self.escalated,
                "numbers": frozenset(self.numbers) or None,
            },
        )


async def _choice(
    registered: RegisteredOnes,
    body: Word = None,
    late_by: Annotated[Duration | None, BeforeValidator(_days), Query()] = None,
    escalated: bool = False,
    number: Annotated[list[Number], Query(max_length=MOST)] = [],  # noqa: B006 - FastAPI copies it
) -> Choice:
    return Choice(
        registered=registered,
        body=body,
        late_by=late_by,
        escalated=escalated,
        numbers=number,
    )


Chosen = Annotated[Choice, Depends(_choice)]
