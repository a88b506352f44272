"""Instructions: the register, one of them as of any moment, its history, and the commands to it."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Self, cast

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field, TypeAdapter

from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.instruction.compound import open_parts
from domain.instruction.deadlines import planned
from domain.instruction.events import AboutNotice
from domain.instruction.lateness import lateness
from domain.instruction.recipients import awaited
from domain.instruction.state import (
    Completed,
    KnownState,
    MilestoneStanding,
    Suspended,
    Unissued,
    submission,
)
from domain.instruction.terms import DueKey, Evidence, SourceDocument
from domain.reading import Aspect
from domain.value import Instant
from eventstore.content import content_version
from eventstore.evidence_named import files_on_record
from eventstore.protocol import StoredEvent
from eventstore.replay import NOW
from readmodels.register import Register
from web.api.asked import (
    FOR_NO_VERSION,
    AsOfWhen,
    AtLeast,
    DryRun,
    IfMatch,
    Limit,
    Moment,
    Page,
    etag,
    invalid,
    page,
    wait_for,
)
from web.api.asking import (
    Asking,
    Commanding,
    Named,
    Reading,
    Seen,
    look_at,
    see,
)
from web.api.models import DeadlineTold, EventTold, LatenessTold, Line, Phase
from web.api.names import After
from web.api.paths import location
from web.api.registered import Registered, RegisteredOnes
from web.api.requests import Key, any_of, members
from web.api.sending import FORESEEN, Done, Foreseen, command_of, foresee, foresee_new, send
from web.problems import not_found

router = APIRouter(prefix="/instructions", tags=["instructions"])

_COMMANDS: TypeAdapter[c.ClientCommand] = TypeAdapter(c.ClientCommand)
_FOUNDING = (c.Propose, c.Issue)
_OTHERS = tuple(
    one for one in members(c.ClientCommand) if one not in (*_FOUNDING, c.AttachEvidence)
)
"""A file is attached by sending it (`evidence`): whoever names a hash need not have the file."""
if TYPE_CHECKING:
    FoundingBody = BaseModel
    CommandBody = BaseModel
else:
    FoundingBody = any_of(_FOUNDING, "instruction")
    CommandBody = any_of(_OTHERS, "instruction")


class MilestoneTold(BaseModel):
    """A step on the way."""

    id: str
    title: str
    due: DeadlineTold
    reached_at: Instant | None

    @classmethod
    def of(cls, one: MilestoneStanding) -> Self:
        known = one.milestone
        return cls(
            id=known.id,
            title=known.title,
            due=DeadlineTold.of(known.due),
            reached_at=one.reached_at,
        )


class DueTold(BaseModel):
    """A moment that is to come."""

    key: DueKey
    due_at: Instant
    acts_at: Instant = Field(description="later than due, where something is waited for")


class PartTold(BaseModel):
    """A sub-instruction."""

    number: str
    open: bool
    leads: bool = Field(description="the whole closes with it")


class InstructionTold(BaseModel):
    """How an instruction stands at a moment."""

    id: str
    number: str
    text: str
    at: Instant = Field(description="the moment that is told of")
    phase: Phase
    issuer: str
    controller: str | None
    leads: Sequence[str]
    co_assignees: Sequence[str]
    observers: Sequence[str]
    awaits: Sequence[str] = Field(description="the leads that something is still to come from")
    programme: str | None
    sector: str | None
    carried_over_from: Sequence[str]
    source: SourceDocument | None
    policy: str
    priority: str
    recurrence: str | None
    part_of: str | None = Field(description="the id of the whole")
    closes_with: str
    parts: Sequence[PartTold]
    percent: int
    original_deadline: DeadlineTold
    deadline: DeadlineTold = Field(description="the currently approved one")
    issued_at: Instant
    submitted_at: Instant | None = Field(description="of the submission that stands")
    accepted_at: Instant | None
    suspended_at: Instant | None
    extension_asked: DeadlineTold | None = Field(description="waits for its decision")
    milestones: Sequence[MilestoneTold]
    escalated: bool
    lateness: LatenessTold
    due: Sequence[DueTold] = Field(description="what comes next, the earliest first")
    aspects: Sequence[Aspect] = Field(description="what of it you may see")

    @classmethod
    def of(
        cls, instruction: str, state: KnownState, at: datetime, aspects: frozenset[Aspect]
    ) -> Self:
        record = state.record
        still_open = {part.number for part in open_parts(record)}
        return cls(
            id=instruction,
            number=record.number,
            text=record.text,
            at=at,
            phase=cast(Phase, state.phase),
            issuer=record.issuer,
            controller=record.controller,
            leads=record.leads,
            co_assignees=record.co_assignees,
            observers=record.observers,
            awaits=awaited(record),
            programme=record.programme,
            sector=record.sector,
            carried_over_from=[one.programme for one in record.carried_over],
            source=record.source,
            policy=record.policy.id,
            priority=record.priority,
            recurrence=record.recurrence,
            part_of=record.parent,
            closes_with=record.closes_with,
            parts=[
                PartTold(number=p.number, open=p.number in still_open, leads=p.is_lead_part)
                for p in record.parts
            ],
            percent=record.percent,
            original_deadline=DeadlineTold.of(record.original_deadline),
            deadline=DeadlineTold.of(record.deadline),
            issued_at=record.issued_at,
            submitted_at=submission(state),
            accepted_at=state.accepted_at if isinstance(state, Completed) else None,
            suspended_at=state.suspended_at if isinstance(state, Suspended) else None,
            extension_asked=DeadlineTold.of(record.extension.until) if record.extension else None,
            milestones=[MilestoneTold.of(m) for m in record.milestones if not m.dropped],
            escalated=record.escalation.raised,
            lateness=LatenessTold.of(lateness(state, at)),
            due=[
                DueTold(key=m.key, due_at=m.due_at, acts_at=m.acts_at) for m in planned(state)[:10]
            ],
            aspects=sorted(aspects),
        )


@router.get("", response_model=Page[Line])
async def list_instructions(
    asking: Reading,
    registered: RegisteredOnes,
    after: After = "",
    limit: Limit = 50,
    at_least: AtLeast = None,
) -> Page[Line]:
    """The register, by number: what you may see of it, as it stands now."""
    await wait_for(asking, at_least, "register", "parties")
    return await lines_of(asking, registered, after, limit)


async def lines_of(
    asking: Asking, registered: Registered, after: str, limit: int, *, sees: bool | None = None
) -> Page[Line]:
    """A page of it. `sees` as of `Register.page`."""
    rows = await Register(asking.services.pool).page(
        **registered.chooses(asking.at),
        scope=asking.reader.scope("summary"),
        sees=sees,
        after_number=after,
        limit=limit + 1,
    )
    lines = [Line.of(row, asking.at) for row in rows]
    return page(lines, limit, lines[limit - 1].number if len(lines) > limit else None)


@router.post(
    "",
    response_model=Done | Foreseen,
    status_code=201,
    responses=FORESEEN,
    dependencies=[FOR_NO_VERSION],
)
async def found_instruction(
    asking: Commanding, body: FoundingBody, key: Key, response: Response, dry_run: DryRun = False
) -> Done | Foreseen:
    """Issue an instruction, or propose one."""
    founding = cast("c.Issue | c.Propose", body)
    command = command_of(_COMMANDS, body, asking, key, instruction=instruction_id(founding.number))
    if dry_run:
        return await foresee_new(asking, command, response)
    done = await send(asking, command)
    response.headers.update(location(f"/instructions/{command.instruction}") | etag(done.version))
    return done.to(
        asking.reader.aspects({"issuer": frozenset({asking.reader.owner(command.issuer)})})
    )


@router.get("/{number}", response_model=InstructionTold)
async def get_instruction(
    asking: Reading, number: Named, when: AsOfWhen, response: Response, at_least: AtLeast = None
) -> InstructionTold:
    """How it stands, or stood at a moment. Who may see it is decided by how it stands now."""
    await wait_for(asking, at_least)
    found = await see(asking, number, "detail")
    state = state_by(found, when)
    if when.as_of == NOW:
        response.headers.update(etag(content_version(found.stored)))
    return InstructionTold.of(found.instruction, state, when.at(asking.at), found.aspects)


def state_by(found: Seen, when: Moment) -> KnownState:
    """How it stood at the moment. Raises `Problem` not-found if it was not there yet."""
    state = found.folded(when.as_of)
    if isinstance(state, Unissued):
        raise not_found(f"instruction {found.state.record.number} by then")
    return state


@router.get("/{number}/events", response_model=Page[EventTold])
async def get_history(
    asking: Reading,
    number: Named,
    when: AsOfWhen,
    after: Annotated[int, Query(ge=0, le=2**31, description="a version: only events after it")] = 0,
    limit: Limit = 100,
    at_least: AtLeast = None,
) -> Page[EventTold]:
    """Its history: every event as the log has it. Those about notices are for who may see its deliveries."""
    await wait_for(asking, at_least)
    found = await see(asking, number, "history")
    events = [one for one in history_of(found, when) if one.version > after][: limit + 1]
    told = [EventTold.of(one) for one in events]
    return page(told, limit, str(told[limit - 1].version) if len(told) > limit else None)


def history_of(found: Seen, when: Moment) -> Sequence[StoredEvent]:
    """Its events as of then; those about notices only where its deliveries are for whoever asks."""
    notices = "deliveries" in found.aspects
    return [
        stored
        for stored, event in found.events(when.as_of)
        if notices or not isinstance(event, AboutNotice)
    ]


@router.post("/{number}/commands", response_model=Done | Foreseen)
async def command_instruction(
    asking: Commanding,
    number: Named,
    body: CommandBody,
    key: Key,
    response: Response,
    if_match: IfMatch = None,
    dry_run: DryRun = False,
) -> Done | Foreseen:
    """Have something done to it. The rules say who may, and when; docs/rules.md has them.

    Files that a report names have to be attached before (`POST /instructions/{number}/evidence`).
    """
    found = await _commandable(asking, number, body, key)
    command = command_of(
        _COMMANDS, body, asking, key, expected_version=if_match, instruction=found.instruction
    )
    _require_named(command, found.stored)
    if dry_run:
        return await foresee(asking, command)
    done = await send(asking, command)
    response.headers.update(etag(done.version))
    return done.to(found.aspects)


async def _commandable(asking: Asking, number: str, body: BaseModel, key: str) -> Seen:
    """Whether they may send it any command at all: nobody learns from a refusal of what they may not see.

    Whoever was told something says so whatever office they hold by now: whether they were, the rules know.
    """
    if cast(Any, body).type == "AcknowledgeNotice":
        found = await look_at(asking, number)
        told = (getattr(event, "notices", ()) for _, event in (found.events() if found else ()))
        if found and any(
            one.person == asking.reader.person for addressees in told for one in addressees
        ):
            return found
    return await see(asking, number, "commands", again=key)


def _require_named(command: c.ClientCommand, stored: Sequence[StoredEvent]) -> None:
    """Whoever may see an instruction's files gets what its history names: so nobody names what they need not have.

    Raises `Problem` validation for a file that it does not name yet.
    """
    named = {one.evidence.sha256 for one in files_on_record(stored)}
    asked: Sequence[Evidence] = getattr(command, "evidence", ())
    for nth, evidence in enumerate(asked):
        if evidence.sha256 not in named:
            raise invalid(
                f"evidence.{nth}.sha256",
                "is of no file that is attached here; attach it first: POST …/evidence",
            )
