"""One command to many instructions that a filter chooses: shown first, done where that is said."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from fastapi import APIRouter
from pydantic import BaseModel, Field, ValidationError

from domain.identifiers import BodyId, ProgrammeId
from domain.instruction import commands as c
from domain.instruction.request import Reason
from domain.outcomes import Recorded, Rejected
from domain.policies import PolicyId
from domain.rejections import Code
from domain.value import Duration, StorableText, Value
from operators.bulk import (
    BadBulkId,
    Bulk,
    Judged,
    Verdict,
    judge,
    narrowed,
    prepare,
    said_by_number,
)
from operators.carrying_out import Ended, carry_out
from operators.operations import MoveDeadline, Operation, TheSame
from operators.policies import latest_rules, under_other_rules
from readmodels.worklist import Filter, Work, Worklist
from web.api.asked import AtLeast, invalid, wait_for
from web.api.asking import Asking, Commanding, note_unseen
from web.api.chosen import leads_of
from web.api.requests import Key, one_of, request_model, validation_problem
from web.api.sending import WANT_OF_AUTHORITY, unanswered, version_of
from web.problems import ApiCode, Problem, field_of
from workflows.client import CommandSender

router = APIRouter(prefix="/bulk", tags=["bulk"])

MOST = 1_000
"""Instructions of one bulk."""
_COMMANDS: Mapping[str, type[c.InstructionCommand]] = MappingProxyType(
    {
        kind.__name__: kind
        for kind in (
            c.ChangeDeadline,
            c.ApproveExtension,
            c.Reassign,
            c.Escalate,
            c.AcknowledgeEscalation,
            c.Snooze,
            c.Deescalate,
            c.RequestProgress,
        )
    }
)


class MoveDeadlineForMany(Value):
    """Each deadline so much later."""

    type: Literal["MoveDeadline"] = "MoveDeadline"
    by: Duration = Field(description="a day stays a day where whole days are added")
    reason: Reason


class ApplyPolicyForMany(Value):
    """Have what is open under a policy go by its latest version. Instructions that go by it already are left out."""

    type: Literal["ApplyPolicy"] = "ApplyPolicy"
    policy: PolicyId = Field(description="the id of a published policy")
    instead_of: PolicyId | None = Field(
        default=None, description="those under this policy; by default under an earlier version"
    )
    reason: Reason


if TYPE_CHECKING:
    OperationBody = BaseModel
else:
    _MODELS = [
        request_model(kind, *c.InstructionCommand.model_fields, called=f"{kind.__name__}ForMany")
        for kind in _COMMANDS.values()
    ]
    OperationBody = one_of([*_MODELS, MoveDeadlineForMany, ApplyPolicyForMany])
Number = Annotated[StorableText, Field(min_length=1, max_length=200)]


class BulkFilter(Value):
    """Which instructions: every limit given must hold, and one at least must be given. Open ones, but for `numbers`."""

    programme: ProgrammeId | None = None
    body: BodyId | None = Field(
        default=None, description="those that it, or a body below it, answers for"
    )
    sector: Annotated[StorableText, Field(max_length=200)] | None = None
    issuer: BodyId | None = None
    controller: BodyId | None = None
    late: bool = Field(default=False, description="only those behind schedule now")
    late_by: Duration | None = Field(
        default=None, description="only those behind schedule by more than this"
    )
    escalated: bool = Field(
        default=False, description="only those whose escalation nobody has taken on"
    )
    numbers: frozenset[Number] | None = Field(
        default=None, max_length=MOST, description="only these, closed ones too"
    )


class BulkAsked(Value):
    """What is to be done, and to which instructions."""

    operation: OperationBody
    filter: BulkFilter
    on_behalf_of: BodyId | None = None
    dry_run: bool = Field(default=True, description="only say what it would lead to")


class BulkLine(BaseModel):
    """What becomes, or became, of the command to one instruction."""

    number: str
    id: str
    verdict: Verdict
    code: str | None = Field(default=None, description="of the rule that refuses it")
    message: str | None = Field(
        default=None, description="why it is refused, or its outcome unknown"
    )
    field: str | None = Field(
        default=None, description="of the command, the one at fault; or the header"
    )
    events: Sequence[dict[str, Any]] | None = Field(
        default=None, description="of a dry run: as they would be recorded"
    )
    version: int | None = None
    position: int | None = None


class BulkTold(BaseModel):
    """What becomes, or became, of all of them."""

    id: str = Field(description="the `Idempotency-Key`: under it nothing is done twice")
    dry_run: bool
    chosen: int
    counts: Mapping[Verdict, int]
    complete: bool = Field(
        description="nothing is left to be sent; else send the same again under the same key"
    )
    instructions: Sequence[BulkLine]


@router.post("", response_model=BulkTold)
async def command_many(
    asking: Commanding, body: BulkAsked, key: Key, at_least: AtLeast = None
) -> BulkTold:
    """The same command to each of at most 1,000 instructions, of those whose commands are looked at from you.

    Each is decided by itself: one that is refused stops no other. A dry run, which it is unless `dry_run` is false, says of each
    what would be recorded or why it would be refused. Under the same `Idempotency-Key` (here of at most 64 characters, with no
    colon) nothing is recorded twice. What is not done in time is told as `not sent` or `unknown`: send the same again.
    """
    await wait_for(asking, at_least, "register", "attention", "parties")
    operation, works = await _chosen(asking, body)
    try:
        bulk = Bulk(
            id=key,
            operation=operation,
            actor=asking.reader.person,
            on_behalf_of=body.on_behalf_of,
            identity=asking.identity,
        )
    except BadBulkId as error:
        raise invalid("idempotency-key", str(error)) from error
    services = asking.services
    try:
        prepared = await prepare(services.store, bulk, works)
    except ValidationError as error:
        raise validation_problem(
            error, within="operation."
        ) from None  # its text would repeat what was entered
    if body.dry_run:
        judged = await judge(services.handler, prepared, asking.at)
        lines = [_foreseen(one) for one in judged]
        await _note_refusals(asking, lines)
        return _told(key, lines, dry_run=True)

    async def sender() -> CommandSender:
        return services.sender

    try:
        ended = await carry_out(
            services.handler,
            sender,
            prepared,
            asking.at,
            _quietly,
            sealed=services.sealer.seal,
            within=services.patience,
        )
    except ExceptionGroup as group:  # several were under way
        raise group.exceptions[0] from group
    lines = [_done(one) for one in ended]
    await _note_refusals(asking, lines)
    return _told(key, lines, dry_run=False)


async def _note_refusals(asking: Asking, lines: Sequence[BulkLine]) -> None:
    """Each for want of authority, with the instruction's number, before the answer tells of it."""
    await asking.note_all(
        "command-refused",
        [(line.number, line.code) for line in lines if line.code in WANT_OF_AUTHORITY],
    )


async def _chosen(asking: Asking, body: BulkAsked) -> tuple[Operation, Sequence[Work]]:
    """Raises `Problem`: nothing is said of which, more are chosen than are taken, no such body or policy."""
    operation = _operation(body)
    those = await limits_of(asking, body.filter, operation)
    works = await Worklist(asking.services.pool).every(those, asking.at, most=MOST + 1)
    if len(works) > MOST:
        raise too_many()
    if isinstance(body.operation, ApplyPolicyForMany):
        works = await _under_other_rules(asking, body.operation, works)
    return operation, works


def too_many() -> Problem:
    """More are chosen than are taken."""
    return Problem(
        ApiCode.TOO_MUCH, f"more than {MOST} are chosen; narrow the filter", field="filter"
    )


async def limits_of(
    asking: Asking, which: BulkFilter, operation: Operation | None = None
) -> Filter:
    """What the filter chooses by, of what whoever asks may command.

    Args:
        operation: what is to be done to them; it may choose of itself.

    Raises `Problem`: nothing is said of which, or no such body.
    """
    given = Filter(
        programme=which.programme,
        leads=leads_of(asking, which.body, "filter.body"),
        sector=which.sector,
        issuer=which.issuer,
        controller=which.controller,
        late_by=timedelta(0) if which.late and which.late_by is None else which.late_by,
        standings=frozenset({"open"}) if which.escalated else None,
        numbers=which.numbers,
    )
    if not given.limits:
        raise invalid("filter", "says nothing: that would be all there are")
    await note_unseen(asking, "commands", sorted(which.numbers or ()))
    narrower = given if operation is None else narrowed(given, operation)
    those = replace(narrower, scope=asking.reader.scope("commands"))
    if those.standings is not None:  # who is escalated is not for all whose commands are looked at
        those = replace(those, also=asking.reader.scope("attention"))
    return those


def _operation(body: BulkAsked) -> Operation:
    """Raises `Problem` validation if it moves nothing."""
    match body.operation:
        case MoveDeadlineForMany(by=by, reason=reason):
            if not by:
                raise invalid("operation.by", "moves nothing; write P7D for a week")
            return MoveDeadline(by=by, reason=reason)
        case ApplyPolicyForMany(policy=policy, reason=reason):
            return TheSame(c.ChangePolicy, {"policy": policy, "reason": reason})
        case same:
            return TheSame(_COMMANDS[cast(Any, same).type], same.model_dump(exclude={"type"}))


async def _under_other_rules(
    asking: Asking, asked: ApplyPolicyForMany, works: Sequence[Work]
) -> Sequence[Work]:
    """Raises `Problem` unknown if no such policy is published."""
    rules = latest_rules(asking.reader.directory, asked.policy)
    if rules is None:
        raise Problem(
            Code.UNKNOWN, f"no policy {asked.policy} is published", field="operation.policy"
        )
    instead_of = asked.instead_of or asked.policy
    return await under_other_rules(asking.services.store, works, instead_of, rules)


def _quietly(done: int, of: int) -> None:
    del done, of


def _told(key: str, lines: Sequence[BulkLine], *, dry_run: bool) -> BulkTold:
    counts: Counter[Verdict] = Counter(line.verdict for line in lines)
    return BulkTold(
        id=key,
        dry_run=dry_run,
        chosen=len(lines),
        counts=counts,
        complete=not dry_run and not (counts["not sent"] or counts["unknown"]),
        instructions=lines,
    )


def _foreseen(one: Judged) -> BulkLine:
    row = one.prepared.work.row
    line = BulkLine(number=row.number, id=row.instruction, verdict=one.told)
    if isinstance(one.verdict, Rejected):
        return _refused(line, one.verdict, said_by_number(one.prepared, one.verdict))
    events = [event.model_dump(mode="json") for event in one.verdict]
    return line.model_copy(update={"events": events})


def _done(one: Ended) -> BulkLine:
    row = one.prepared.work.row
    line = BulkLine(number=row.number, id=row.instruction, verdict=one.verdict)
    match one.outcome:
        case Recorded() if one.outcome.position:
            at = {"version": version_of(one.outcome), "position": one.outcome.position}
            return line.model_copy(update=at)
        case Rejected():
            return _refused(line, one.outcome, said_by_number(one.prepared, one.outcome))
        case _:
            if one.unanswered is None:
                return line
            message = unanswered(one.prepared.command.command_id, one.unanswered)
            return line.model_copy(update={"message": message})


def _refused(line: BulkLine, rejection: Rejected, message: str) -> BulkLine:
    said = {"code": rejection.code, "message": message, "field": field_of(rejection)}
    return line.model_copy(update=said)
