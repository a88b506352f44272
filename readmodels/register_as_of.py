"""The register as of a moment: its list as the instructions stood then, from the status periods."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from domain.identifiers import BodyId, InstructionId, PersonId, ProgrammeId
from domain.instruction.lateness import Timing
from domain.reading import Scope
from eventstore.protocol import EventStore
from eventstore.replay import AsOf
from readmodels.conditions import Conditions
from readmodels.parties import MANY, restrict
from readmodels.register import WORDS

_SCOPE, _CONDITIONS = "/* scope */", "/* conditions */"
_LIST = f"""
    select
        instruction, r.number, r.text, r.issuer, r.controller, r.parent, r.source_kind, r.source_number,
        p.programme, p.sector, p.lead, p.acting, p.phase, p.closed, p.refused, p.carried_from,
        p.original_deadline, p.deadline, p.milestone, p.submitted_at, p.cancelled_at, p.stopped_at
    from readmodel.periods p join readmodel.register r using (instruction) {_SCOPE}
    where p.departed_at is null and {_CONDITIONS}
    order by r.number limit $1
"""  # noqa: S608 - of constants
_BY_MOMENT = "p.from_moment <= {0} and p.to_moment > {0}"
_BY_POSITION = "p.from_position <= {0} and p.to_position > {0}"
# One condition, not four: the planner would take what is behind schedule for few.
_BEHIND_AT = """
    case when not p.closed and p.submitted_at is null and p.stopped_at is null
    then least(p.deadline, p.milestone) end < {0}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stood:
    """An instruction as it stood at a moment. Instants are UTC."""

    instruction: InstructionId
    number: str
    """As it is now, like the text, the issuer, the controller, what it is a part of and the document it comes from."""
    text: str
    issuer: BodyId
    controller: BodyId | None
    parent: InstructionId | None
    source_kind: str | None
    source_number: str | None
    programme: ProgrammeId | None
    """As it was then, like all that follows."""
    sector: str | None
    lead: BodyId | None
    """Of those who answered for it, the one that led."""
    acting: PersonId | None
    phase: str
    closed: bool
    refused: bool
    carried_from: ProgrammeId | None
    original_deadline: datetime
    deadline: datetime
    milestone: datetime | None
    submitted_at: datetime | None
    cancelled_at: datetime | None
    stopped_at: datetime | None

    @property
    def timing(self) -> Timing:
        return Timing(
            closed=self.closed,
            original_deadline=self.original_deadline,
            deadline=self.deadline,
            submitted_at=self.submitted_at,
            cancelled_at=self.cancelled_at,
            milestone=self.milestone,
            stopped_at=self.stopped_at,
        )


async def register_as_of(
    store: EventStore,
    pool: "asyncpg.Pool[asyncpg.Record]",
    as_of: AsOf,
    *,
    programme: ProgrammeId | None = None,
    phase: str | None = None,
    lead: BodyId | None = None,
    behind_schedule_at: datetime | None = None,
    source_kind: str | None = None,
    sector: str | None = None,
    issuer: BodyId | None = None,
    controller: BodyId | None = None,
    words: str | None = None,
    scope: Scope | None = None,
    after_number: str = "",
    limit: int = 1000,
    many: int = MANY,
) -> Sequence[Stood]:
    """Those that were there, by number, from after `after_number` on (keyset); every filter given must hold.

    Programme, phase, lead, sector and lateness are those of then. The periods do not know `issuer`, `controller`,
    `source_kind` and `words`: these are looked for as they are now; nor who answered jointly with the lead: `lead` is the
    one that led. Catch the register, the status periods and the parties up first to see the latest.

    Args:
        as_of: one kind of limit, and not both.
        behind_schedule_at: the moment that lateness is told for.
        words: as of `Register.page`.
        scope: of now: who may see an instruction today sees how it stood. None for all there is.
    """
    conditions = Conditions(limit)
    if as_of.occurred is not None:
        conditions.add(_BY_MOMENT, as_of.occurred)
    else:
        assert as_of.recorded is not None
        conditions.add(_BY_POSITION, await store.position_at(as_of.recorded))
    conditions.equal(
        **{
            "p.programme": programme,
            "p.phase": phase,
            "p.lead": lead,
            "p.sector": sector,
            "r.source_kind": source_kind,
            "r.issuer": issuer,
            "r.controller": controller,
        }
    )
    if behind_schedule_at is not None:
        conditions.add(_BEHIND_AT, behind_schedule_at)
    if words is not None:
        conditions.add(WORDS, words)
    conditions.add("r.number > {0}", after_number)
    joined = await restrict(pool, conditions, scope, "r", many=many)
    asked = _LIST.replace(_SCOPE, joined).replace(_CONDITIONS, conditions.sql)
    return [Stood(**row) for row in await pool.fetch(asked, *conditions.given)]
