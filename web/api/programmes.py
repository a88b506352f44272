"""Programmes: which there are, their meetings, and the commands to them. Figures: `programme_figures`."""

from collections.abc import Sequence
from datetime import date, time
from typing import TYPE_CHECKING, Any, Self, cast

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, TypeAdapter, create_model

from domain.facts import Facts
from domain.identifiers import programme_stream
from domain.outcomes import Rejected
from domain.programme import commands as c
from domain.programme.decisions import programme_decider
from domain.programme.digests import Digests
from domain.programme.state import Meeting
from domain.programme.terms import ProgrammePhase, Sector, Weekday
from domain.rejections import already_exists, unknown
from domain.value import Instant
from eventstore.codec import decoded
from eventstore.content import content_version
from operators.publishing import pinned
from readmodels.programmes import ProgrammeRow, all_programmes, programmes_within
from readmodels.register import Register
from web.api.asked import (
    FOR_NO_VERSION,
    AtLeast,
    DryRun,
    IfMatch,
    Limit,
    Page,
    etag,
    page,
    wait_for,
    whole,
)
from web.api.asking import Asking, Commanding, Reading, sent_before
from web.api.names import After, Id
from web.api.paths import location
from web.api.requests import Key, any_of, members, one_of, request_model
from web.api.seen_programme import SeenProgramme, see_programme
from web.api.sending import (
    FORESEEN,
    Done,
    Foreseen,
    command_of,
    ended,
    foresee,
    foresee_new,
    record,
)
from web.problems import Problem

router = APIRouter(prefix="/programmes", tags=["programmes"])

_COMMANDS: TypeAdapter[c.AnyProgrammeCommand] = TypeAdapter(c.AnyProgrammeCommand)
_OTHERS = tuple(one for one in members(c.AnyProgrammeCommand) if one is not c.DraftProgramme)
_COMPUTED = ("as_of", "position", "figures")
"""Of a report: by the server."""
if TYPE_CHECKING:
    FoundingBody = BaseModel
    CommandBody = BaseModel
else:
    FoundingBody = one_of(
        [
            request_model(c.DraftProgramme),
            create_model("AdoptAtOnce", __base__=request_model(c.AdoptProgramme)),
        ]
    )
    CommandBody = any_of(_OTHERS, "programme", *_COMPUTED)


class ProgrammeLine(BaseModel):
    """A programme, in a list."""

    id: str
    title: str
    body: str = Field(description="whose programme it is now")
    phase: ProgrammePhase
    period_start: date
    period_end: date
    reads_figures: bool = Field(description="whether you may read its figures and reports")


class DigestTold(BaseModel):
    """When the digest goes out by itself, and to whom."""

    weekday: Weekday
    hour: time = Field(description="local time in `zone`")
    zone: str
    bodies: Sequence[str]
    offices: Sequence[str] = Field(
        description="without both, to heads and officers of the programme's body"
    )
    next: Instant | None
    told_until: Instant | None = Field(description="the end of what the last one told")

    @classmethod
    def of(cls, digests: Digests) -> Self | None:
        schedule = digests.schedule
        if schedule is None:
            return None
        return cls(
            weekday=schedule.weekday,
            hour=schedule.hour,
            zone=schedule.zone,
            bodies=schedule.bodies,
            offices=schedule.offices,
            next=digests.next_scheduled,
            told_until=digests.told_until,
        )


class ProgrammeTold(ProgrammeLine):
    """A programme as it stands now."""

    sectors: Sequence[Sector] = Field(description="none: any sector will do")
    digest: DigestTold | None = Field(
        description="for those who may read its figures; none: none goes out by itself"
    )


class MeetingTold(BaseModel):
    """When the body takes stock."""

    id: str
    title: str
    at: Instant
    held: bool
    published_at: Instant | None = Field(description="of its report")

    @classmethod
    def of(cls, one: Meeting) -> Self:
        return cls(
            id=one.id,
            title=one.title,
            at=one.at,
            held=one.held,
            published_at=one.report.published_at if one.report else None,
        )


@router.get("", response_model=Page[ProgrammeLine])
async def list_programmes(
    asking: Reading, after: After = "", limit: Limit = 50, at_least: AtLeast = None
) -> Page[ProgrammeLine]:
    """By id: those whose figures you may read, or of which you may see a measure."""
    await wait_for(asking, at_least, "programmes", "register", "parties")
    pool = asking.services.pool
    reader = asking.reader
    following = [row for row in await all_programmes(pool) if row.programme > after]
    read = {row.programme for row in following if reader.reads_figures_of(row.body)}
    others = [row.programme for row in following if row.programme not in read]
    within = await programmes_within(pool, reader.scope("summary"), others)
    lines = [
        _line(row, reader.owner(row.body), reads=row.programme in read)
        for row in sorted(following, key=lambda row: row.programme)
        if row.programme in read or row.programme in within
    ][: limit + 1]
    return page(lines, limit, lines[limit - 1].id if len(lines) > limit else None)


@router.post(
    "",
    response_model=Done | Foreseen,
    status_code=201,
    responses=FORESEEN,
    dependencies=[FOR_NO_VERSION],
)
async def found_programme(
    asking: Commanding, body: FoundingBody, key: Key, response: Response, dry_run: DryRun = False
) -> Done | Foreseen:
    """Draft a programme, or adopt one at once."""
    command = command_of(_COMMANDS, body, asking, key)
    refused = await _refused_as_new(asking, command)
    if refused is not None:
        return await ended(asking, command, refused)
    if dry_run:
        return await foresee_new(asking, command, response)
    done = await record(asking, command)
    response.headers.update(location(f"/programmes/{command.programme}") | etag(done.version))
    return done.to(asking.reader.reads_figures_of(command.body))


@router.get("/{programme}", response_model=ProgrammeTold)
async def get_programme(
    asking: Reading, programme: Id, response: Response, at_least: AtLeast = None
) -> ProgrammeTold:
    """Its period and sectors; for whoever may read its figures, when its digest goes out."""
    await wait_for(asking, at_least, "register", "parties")
    found = await see_programme(asking, programme, figures=False)
    state = found.state
    response.headers.update(etag(content_version(found.stored)))
    return ProgrammeTold(
        id=state.id,
        title=state.title,
        body=asking.reader.owner(state.body),
        phase=state.phase,
        period_start=state.period_start,
        period_end=state.period_end,
        reads_figures=found.reads_figures,
        sectors=state.sectors,
        digest=DigestTold.of(state.digests) if found.reads_figures else None,
    )


@router.get("/{programme}/meetings", response_model=Page[MeetingTold])
async def list_meetings(
    asking: Reading, programme: Id, at_least: AtLeast = None
) -> Page[MeetingTold]:
    """Its meetings, the earliest first, and for which of them a report was published."""
    await wait_for(asking, at_least, "register", "parties")
    found = await see_programme(asking, programme, figures=False)
    meetings = sorted(found.state.meetings.values(), key=lambda one: (one.at, one.id))
    return whole([MeetingTold.of(one) for one in meetings])


@router.post("/{programme}/commands", response_model=Done | Foreseen)
async def command_programme(
    asking: Commanding,
    programme: Id,
    body: CommandBody,
    key: Key,
    response: Response,
    if_match: IfMatch = None,
    dry_run: DryRun = False,
) -> Done | Foreseen:
    """Adopt or close it, set its sectors, schedule and hold meetings, publish a report, have its digest sent.

    A report's figures are those of the meeting's moment, by what the log holds when it is published.
    """
    found = await see_programme(asking, programme, figures=False, again=key)
    if cast(Any, body).type == c.PublishReport.__name__:
        command = await _publishing(asking, found, body, key, if_match)
    else:
        command = command_of(
            _COMMANDS, body, asking, key, expected_version=if_match, programme=programme
        )
    if dry_run:
        return await foresee(asking, command)
    done = await record(asking, command)
    response.headers.update(etag(done.version))
    return done.to(found.reads_figures)  # what wakes it next is its digest


async def _publishing(
    asking: Asking, found: SeenProgramme, body: BaseModel, key: str, if_match: int | None
) -> c.AnyProgrammeCommand:
    """With the figures; of one that is on record already, with those that are there: so it is the same command.

    Raises `Problem`: unknown if there is no such meeting; position-not-reached if the read models lag.
    """
    programme, services = found.state, asking.services
    name = cast(Any, body).meeting
    meeting = programme.meetings.get(name)
    if meeting is None:
        raise Problem.of(unknown("meeting", name, "put on record that it was held first"))

    async def register(position: int) -> Register:
        await wait_for(asking, position, "register", "periods")
        return Register(services.pool)

    published = await pinned(services.store, found.stored, programme.id, meeting.at, key, register)
    return command_of(
        _COMMANDS,
        body,
        asking,
        key,
        expected_version=if_match,
        programme=programme.id,
        as_of=published.as_of,
        position=published.position,
        figures=published.figures,
    )


async def _refused_as_new(
    asking: Asking, command: c.DraftProgramme | c.AdoptProgramme
) -> Rejected | None:
    """What refuses it where there is a programme that whoever asks may not know of: the rule that would if there were none;
    else that the id is taken, and nothing of how that programme stands.

    So nobody learns even that who could not have founded a programme under it.
    """
    stored = await asking.services.store.read_stream(programme_stream(command.programme))
    state = programme_decider.fold(decoded(stored))
    if state is None or asking.reader.reads_figures_of(state.body):
        return None
    if sent_before(asking, stored, command.command_id):
        return None
    facts = Facts(directory=asking.reader.directory, tzdata=asking.services.tzdata)
    decided = programme_decider.decide(command, None, facts, asking.at)
    if isinstance(decided, Rejected):
        return decided
    return already_exists("programme", command.programme)


def _line(row: ProgrammeRow, body: str, *, reads: bool) -> ProgrammeLine:
    return ProgrammeLine(
        id=row.programme,
        title=row.title,
        body=body,
        phase=row.phase,
        period_start=row.period_start,
        period_end=row.period_end,
        reads_figures=reads,
    )
