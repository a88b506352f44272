"""Recurrences: instructions that are issued for each day of a rule."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal, Self

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field, TypeAdapter

from domain.identifiers import RECURRENCE_SLUG, recurrence_stream
from domain.outcomes import Rejected
from domain.reading import Aspect
from domain.recurrence import commands as c
from domain.recurrence import events as e
from domain.recurrence.decisions import may_start, recurrence_decider
from domain.recurrence.state import Recurrence
from domain.recurrence.terms import PlannedOccurrence, RecurrencePhase, SkipReason, Terms
from domain.recurrence.wording import filled
from domain.value import Instant
from eventstore.codec import decoded
from eventstore.content import content_version
from eventstore.protocol import StoredEvent
from readmodels.recurrences import Past, ahead, every_recurrence, past
from web.api.asked import FOR_NO_VERSION, DryRun, IfMatch, Limit, Page, etag, page
from web.api.asking import Asking, Commanding, Reading, sent_before
from web.api.models import DeadlineTold, EventTold
from web.api.names import After, SomeId
from web.api.paths import location
from web.api.requests import Key, any_of, members, request_model
from web.api.sending import (
    FORESEEN,
    Done,
    Foreseen,
    command_of,
    ended,
    foresee,
    foresee_new,
    send,
)
from web.problems import ApiCode, Problem, not_found

router = APIRouter(prefix="/recurrences", tags=["recurrences"])

RecurrenceName = Annotated[str, Path(pattern=RECURRENCE_SLUG, max_length=100, description="its id")]
_PAST = 20
"""Occurrences that are told of those before."""
_COMMANDS: TypeAdapter[c.RecurrenceClientCommand] = TypeAdapter(c.RecurrenceClientCommand)
_OTHERS = tuple(one for one in members(c.RecurrenceClientCommand) if one is not c.StartRecurrence)
if TYPE_CHECKING:
    FoundingBody = BaseModel
    CommandBody = BaseModel
else:
    FoundingBody = request_model(c.StartRecurrence)
    CommandBody = any_of(_OTHERS, "recurrence")


class RecurrenceLine(BaseModel):
    """A recurrence, in a list."""

    id: str
    title: str
    phase: RecurrencePhase
    rule: str = Field(description="RRULE of RFC 5545")
    issuer: str
    lead: str
    next_deadline: DeadlineTold | None
    next_issue_at: Instant | None

    @classmethod
    def of(cls, state: Recurrence) -> Self:
        return cls(
            id=state.id,
            title=state.terms.title,
            phase=state.phase,
            rule=state.terms.rule,
            issuer=state.terms.issuer,
            lead=state.terms.lead,
            next_deadline=DeadlineTold.of(state.next.deadline) if state.next else None,
            next_issue_at=state.next.issue_at if state.next else None,
        )


class OccurrenceAhead(BaseModel):
    """One that is to come, as things are known now."""

    n: int = Field(description="1 for the first; each one counts, issued or skipped")
    day: date = Field(description="as the rule has it")
    number: str = Field(description="that its instruction will have")
    deadline: DeadlineTold
    issue_at: Instant
    left_out: bool

    @classmethod
    def of(cls, state: Recurrence, one: PlannedOccurrence) -> Self:
        return cls(
            n=one.n,
            day=one.day,
            number=filled(state.terms.number, one.n, one.day),
            deadline=DeadlineTold.of(one.deadline),
            issue_at=one.issue_at,
            left_out=one.day in state.skipped_ahead,
        )


class OccurrenceBefore(BaseModel):
    """What became of one: issued under a number, or skipped."""

    n: int
    day: date
    at: Instant
    outcome: Literal["issued", "skipped"]
    number: str | None
    late: bool | None = Field(description="it was issued well after its moment")
    why: SkipReason | None

    @classmethod
    def of(cls, event: Past) -> Self:
        issued = event if isinstance(event, e.OccurrenceIssued) else None
        return cls(
            n=event.n,
            day=event.day,
            at=event.occurred_at,
            outcome="issued" if issued else "skipped",
            number=issued.number if issued else None,
            late=issued.late if issued else None,
            why=event.why if isinstance(event, e.OccurrenceSkipped) else None,
        )


class RecurrenceTold(RecurrenceLine):
    """How a recurrence stands now."""

    zone: str
    paused_because: str | None
    terms: Terms
    ahead: Sequence[OccurrenceAhead] = Field(description="the next five")
    before: Sequence[OccurrenceBefore] = Field(description="the last twenty, the latest first")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seen:
    state: Recurrence
    stored: Sequence[StoredEvent]
    aspects: frozenset[Aspect]


@router.get("", response_model=Page[RecurrenceLine])
async def list_recurrences(
    asking: Reading,
    issuer: SomeId = None,
    lead: SomeId = None,
    phase: Annotated[RecurrencePhase | None, Query()] = None,
    after: After = "",
    limit: Limit = 50,
) -> Page[RecurrenceLine]:
    """By id: those that you issue instructions by, answer for, or control."""
    lines: list[RecurrenceLine] = []
    begin = recurrence_stream(after) if after else ""
    async for state in every_recurrence(asking.services.store, begin):
        fits = (
            issuer in (None, state.terms.issuer)
            and lead in (None, state.terms.lead)
            and phase in (None, state.phase)
        )
        if fits and "summary" in _aspects(asking, state):
            lines.append(RecurrenceLine.of(state))
        if len(lines) > limit:
            break
    return page(lines, limit, lines[limit - 1].id if len(lines) > limit else None)


@router.post(
    "",
    response_model=Done | Foreseen,
    status_code=201,
    responses=FORESEEN,
    dependencies=[FOR_NO_VERSION],
)
async def start_recurrence(
    asking: Commanding, body: FoundingBody, key: Key, response: Response, dry_run: DryRun = False
) -> Done | Foreseen:
    """Have an instruction issued for each day of a rule whose deadline still lies ahead."""
    command = command_of(_COMMANDS, body, asking, key)
    # Before the id is looked for: who may not start one learns nothing of those there are.
    refused = may_start(command, asking.reader.directory, asking.at)
    if isinstance(refused, Rejected):
        stored = await asking.services.store.read_stream(recurrence_stream(command.recurrence))
        if not sent_before(asking, stored, key):
            return await ended(asking, command, refused)
    if dry_run:
        return await foresee_new(asking, command, response)
    done = await send(asking, command)
    response.headers.update(location(f"/recurrences/{command.recurrence}") | etag(done.version))
    return done.to(not isinstance(refused, Rejected))


@router.get("/{recurrence}", response_model=RecurrenceTold)
async def get_recurrence(
    asking: Reading, recurrence: RecurrenceName, response: Response
) -> RecurrenceTold:
    """Its terms, the next five occurrences, and what became of those before."""
    found = await _see(asking, recurrence, "detail")
    state, directory = found.state, asking.reader.directory
    # In a thread: a rule whose days are years apart is looked for day by day.
    coming = await asyncio.to_thread(ahead, state, directory, asking.services.tzdata)
    response.headers.update(etag(content_version(found.stored)))
    before = past(state, list(decoded(found.stored)))[-_PAST:]
    return RecurrenceTold(
        **RecurrenceLine.of(state).model_dump(),
        zone=state.zone,
        paused_because=state.paused_because,
        terms=state.terms,
        ahead=[OccurrenceAhead.of(state, one) for one in coming],
        before=[OccurrenceBefore.of(one) for one in reversed(before)],
    )


@router.get("/{recurrence}/events", response_model=Page[EventTold])
async def get_recurrence_history(
    asking: Reading,
    recurrence: RecurrenceName,
    after: Annotated[int, Query(ge=0, le=2**31, description="a version: only events after it")] = 0,
    limit: Limit = 100,
) -> Page[EventTold]:
    """Every event of it, as the log has it."""
    found = await _see(asking, recurrence, "history")
    told = [EventTold.of(one) for one in found.stored if one.version > after][: limit + 1]
    return page(told, limit, str(told[limit - 1].version) if len(told) > limit else None)


@router.post("/{recurrence}/commands", response_model=Done | Foreseen)
async def command_recurrence(
    asking: Commanding,
    recurrence: RecurrenceName,
    body: CommandBody,
    key: Key,
    response: Response,
    if_match: IfMatch = None,
    dry_run: DryRun = False,
) -> Done | Foreseen:
    """Change, pause, resume or end it, or leave an occurrence out."""
    found = await _see(asking, recurrence, "commands", again=key)
    command = command_of(
        _COMMANDS, body, asking, key, expected_version=if_match, recurrence=recurrence
    )
    if dry_run:
        return await foresee(asking, command)
    done = await send(asking, command)
    response.headers.update(etag(done.version))
    return done.to(found.aspects)


async def _see(asking: Asking, name: str, aspect: Aspect, *, again: str | None = None) -> _Seen:
    """Args:
        again: as of `asking.see`.

    Raises `Problem`: not-found if whoever asks may read nothing of it; forbidden if only not this."""
    stored = await asking.services.store.read_stream(recurrence_stream(name))
    state = recurrence_decider.fold(decoded(stored))
    if state is None:
        raise not_found(f"recurrence {name}", hides=True)
    may = _aspects(asking, state)
    if again is not None and sent_before(asking, stored, again):
        return _Seen(state=state, stored=stored, aspects=may)
    if not may:
        raise not_found(f"recurrence {name}", hides=True)
    if aspect not in may:
        raise Problem(ApiCode.FORBIDDEN, f"your offices do not give you the {aspect} of {name}")
    return _Seen(state=state, stored=stored, aspects=may)


def _aspects(asking: Asking, state: Recurrence) -> frozenset[Aspect]:
    return asking.reader.aspects(asking.reader.parties_of(state.terms))
