"""Which instructions: options that the operators' verbs share, flattened into each."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.arguments import LateBy
from cli.errors import BadFile, Refused
from cli.options import read_file
from cli.session import Session
from domain.rejections import Code
from readmodels.register import Register
from readmodels.worklist import Filter


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Which instructions; every limit given must hold."""

    programme: str | None = None
    """Only measures of this programme."""
    body: str | None = None
    """Only those that this body, or one below it, answers for."""
    sector: str | None = None
    """Only those of this sector."""
    issuer: str | None = None
    """Only those this body issued."""
    controller: str | None = None
    """Only those this body controls."""

    async def filter(self, session: Session) -> Filter:
        """Raises `Refused` if there is no such body."""
        leads = None
        if self.body is not None:
            directory = await session.handler.directory()
            if self.body not in directory.bodies:
                raise Refused(
                    Code.UNKNOWN,
                    f"no body {self.body} is known; `remit directory` lists them",
                    "body",
                )
            leads = directory.below(self.body)
        return Filter(
            programme=self.programme,
            leads=leads,
            sector=self.sector,
            issuer=self.issuer,
            controller=self.controller,
        )


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ChosenForBulk(Chosen):
    """The same, and what only a bulk asks for."""

    late: Annotated[bool, Parameter(negative="")] = False
    """Only those behind schedule now."""
    late_by: LateBy = None
    escalated: Annotated[bool, Parameter(negative="")] = False
    """Only those whose escalation nobody has taken on."""
    numbers_from: Path | None = None
    """Only those whose numbers this file holds, one a line."""

    async def filter(self, session: Session) -> Filter:
        """Raises `BadFile` if the file names what is not known, or nothing. Catch the register up first."""
        days = self.late_by if self.late_by is not None else 0 if self.late else None
        found = replace(
            await super().filter(session),
            late_by=None if days is None else timedelta(days=days),
            standings=frozenset({"open"}) if self.escalated else None,
        )
        if self.numbers_from is None:
            return found
        return replace(found, numbers=await _numbers(session, self.numbers_from))


async def _numbers(session: Session, file: Path) -> frozenset[str]:
    """Empty lines, and those that begin with `#`, are passed over."""
    try:
        lines = read_file(file).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise BadFile(f"{file} is no text in UTF-8; nothing was done") from error
    named = {
        text.strip(): line
        for line, text in enumerate(lines, start=1)
        if text.strip() and not text.lstrip().startswith("#")
    }
    if not named:
        raise BadFile(f"{file} names no instruction; nothing was done")
    known = await Register(session.pool).known(list(named))
    for number, line in named.items():
        if number not in known:
            raise BadFile(
                f"{file}, line {line}: no instruction {number} is known; nothing was done"
            )
    return frozenset(named)
