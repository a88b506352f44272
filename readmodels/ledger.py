"""The ledger: due moments of reminders and escalations, and what became of the notices they gave.

One row for each due moment that is next, has fired or never will, and where notices were given one for
each of them. `planned` are those that the instruction waits for next; what follows them is planned from
there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import asyncpg

from domain.identifiers import INSTRUCTION_PREFIX, InstructionId, PersonId, ProgrammeId
from domain.instruction import events as e
from domain.instruction.deadlines import DueMoment, What, planned, rule_of
from domain.instruction.noticed import Noticed, NoticeOutcome, account
from domain.instruction.state import Unissued
from domain.instruction.terms import DueKey
from domain.policies import BuiltIn, EscalationStep, Policy, ProgressCycle, ReminderRule
from domain.reading import Scope
from readmodels.conditions import Conditions
from readmodels.parties import MANY, restrict
from readmodels.projection import History, Projection
from readmodels.tables import Row, Table

Kind = Literal["reminder", "escalation"] | BuiltIn
"""Of a due moment, the same whatever becomes of it: of a rule of the policy, or watched without one."""
Status = Literal["planned", "fired", "collapsed", "suppressed"]
Standing = Literal["held", "acknowledged"]
"""Of a notice: held still, now; acknowledged by who was told."""

LEDGER = Table(
    name="ledger",
    owner="instruction",
    key=("instruction", "entry"),
    columns={
        "instruction": "text",
        "entry": "bigint",
        "kind": "text",
        "rule": "text",
        "occurrence": "bigint",
        "revision": "bigint",
        "due_at": "timestamptz",
        "status": "text",
        "at": "timestamptz",
        "late": "boolean",
        "why": "text",
        "sent_to": "text",
        "version": "bigint",
        "recipient": "text",
        "channel": "text",
        "outcome": "text",
        "outcome_at": "timestamptz",
        "attempts": "bigint",
        "detail": "text",
        "held_until": "timestamptz",
        "acknowledged_at": "timestamptz",
    },
)

_OF_STATUS: Mapping[Status | NoticeOutcome | Standing, str] = {
    "planned": "l.status = 'planned'",
    "fired": "l.status = 'fired'",
    "collapsed": "l.status = 'collapsed'",
    "suppressed": "'suppressed' in (l.status, l.outcome)",
    "waiting": "l.outcome = 'waiting'",
    "accepted": "l.outcome = 'accepted'",
    "failed": "l.outcome = 'failed'",
    "held": "l.outcome = 'waiting' and l.held_until > statement_timestamp()",
    "acknowledged": "l.acknowledged_at is not null",
}
_SCOPE, _CHOSEN, _LOOKED_FOR = "/* scope */", "/* conditions */", "/* status */"
_PAGE = f"""
    with page as (
        select instruction, number from readmodel.register {_SCOPE}
        where {_CHOSEN} and exists (
            select from readmodel.ledger l
            where l.instruction = register.instruction and {_LOOKED_FOR}
        )
        order by number limit $1
    )
    select
        number, kind, rule, occurrence, revision, due_at, status, at, late, why, sent_to, version,
        recipient, channel, outcome, outcome_at, attempts, detail, held_until, acknowledged_at
    from page join readmodel.ledger l using (instruction)
    where {_LOOKED_FOR}
    order by number, entry
"""  # noqa: S608 - of constants


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerRow:
    """A due moment, or one notice that it gave. Instants are UTC."""

    number: str
    kind: Kind
    rule: str | None
    """Of the policy, or what is watched without one, such as `deadline`; with a milestone's id where it is of
    one; none if an operator escalated."""
    occurrence: int | None
    revision: int | None
    due_at: datetime | None
    """When it was planned for."""
    status: Status
    at: datetime | None
    """When it acts, fired, or was found never to act."""
    late: bool | None
    why: str | None
    sent_to: str | None
    """Whom an escalation turns to."""
    version: int | None
    """Of the event that says so, within its stream."""
    recipient: PersonId | None
    channel: str | None
    outcome: NoticeOutcome | None
    """What became of the notice: `accepted` by its channel; none if there is no notice."""
    outcome_at: datetime | None
    attempts: int | None
    detail: str | None
    """The channel's id of the message, its last error, or why it was not sent."""
    held_until: datetime | None
    """The hour that the notice waits, or waited, for; none if it was to be sent at once."""
    acknowledged_at: datetime | None
    """When who was told said that they have taken note."""


_Entry = tuple[object, ...]
"""The columns from `kind` on."""
_Repeating = e.ReminderDue | e.Escalated | e.ProgressRequested
_Firing = _Repeating | e.MilestoneMissed | e.ExtensionExpired | e.DeadlinePassed
_Notices = Mapping[int, Sequence[Noticed]]
"""By the version of the event that gave them."""
_NO_NOTICE = (None,) * 8


class LedgerProjection(Projection):
    name = "ledger"
    prefix = INSTRUCTION_PREFIX
    tables = (LEDGER,)

    def rows(self, history: History) -> Sequence[Sequence[Row]]:
        state, _ = history.standings[-1]
        if isinstance(state, Unissued):
            return ((),)
        notices = _by_version(account(history.corrected))
        entries: list[tuple[object, ...]] = []
        named = _named_last(history.corrected)
        for version, event in enumerate(history.corrected, start=1):
            then, _ = history.standings[version - 1]
            if not isinstance(then, Unissued):
                entries += _recorded(event, version, then.record.policy, notices, named)
        waiting = planned(state)
        entries += (_planned(moment) for moment in waiting if moment.acts_at == waiting[0].acts_at)
        return ([(history.stream_id, number, *row) for number, row in enumerate(entries, start=1)],)


def _recorded(
    event: e.InstructionEvent,
    version: int,
    policy: Policy,
    notices: _Notices,
    named: Mapping[DueKey, int],
) -> Iterator[_Entry]:
    """The rows that follow from one event, by the policy of its moment."""
    match event:
        case e.Escalated(moment=None):
            yield from _fired(event, version, "escalation", None, notices)
        case e.ProgressRequested(moment=None):
            return  # somebody asked: nothing was due
        case (
            e.ReminderDue()
            | e.Escalated()
            | e.ProgressRequested()
            | e.MilestoneMissed()
            | e.ExtensionExpired()
            | e.DeadlinePassed()
        ):
            assert event.moment is not None
            kind = _kind_of(event.moment, policy)
            yield from _fired(event, version, kind, event.moment, notices)
        case e.ReminderSuppressed():
            for moment in event.moments:
                if event.why == "before-schedule" and named.get(moment, 0) > version:
                    continue  # it came to lie within its schedule
                kind, at = _kind_of(moment, policy), event.occurred_at
                head = (kind, *_key(moment), None, "suppressed", at, None, event.why, None, version)
                yield (*head, *_NO_NOTICE)
        case _:
            return


def _fired(
    event: _Firing, version: int, kind: Kind, moment: DueKey | None, notices: _Notices
) -> Iterator[_Entry]:
    """The moment, once for each notice; and the earlier occurrences that it stands for."""
    at = event.occurred_at
    why, to = (event.reason, event.to) if isinstance(event, e.Escalated) else (None, None)
    head = (kind, *_key(moment), event.due_at, "fired", at, event.late, why, to, version)
    given = notices.get(version, ())
    if not given:
        yield (*head, *_NO_NOTICE)
    for noticed in given:
        yield (*head, *_notice(noticed))
    for missed in event.collapsed if isinstance(event, _Repeating) else ():
        stands = "missed; a later occurrence stands for it"
        yield (kind, *_key(missed), None, "collapsed", at, True, stands, to, version, *_NO_NOTICE)


def _notice(noticed: Noticed) -> tuple[object, ...]:
    return (
        noticed.notice.recipient,
        noticed.notice.channel,
        noticed.outcome,
        noticed.outcome_at,
        noticed.attempts,
        noticed.detail,
        noticed.held_until,
        noticed.acknowledged_at,
    )


def _by_version(notices: Iterable[Noticed]) -> _Notices:
    found: dict[int, list[Noticed]] = {}
    for noticed in notices:
        found.setdefault(noticed.notice.version, []).append(noticed)
    return found


def _named_last(events: Iterable[e.InstructionEvent]) -> Mapping[DueKey, int]:
    """The version of the last plan that names the moment."""
    return {
        moment.key: version
        for version, event in enumerate(events, start=1)
        if isinstance(event, e.MomentsPlanned)
        for moment in event.moments
    }


def _planned(moment: DueMoment) -> _Entry:
    to = moment.what.to if isinstance(moment.what, EscalationStep) else None
    status = ("planned", moment.acts_at, None, None, to, None)
    return (_kind(moment.what), *_key(moment.key), moment.due_at, *status, *_NO_NOTICE)


def _key(moment: DueKey | None) -> tuple[object, ...]:
    if moment is None:
        return (None, None, None)
    return (moment.rule, moment.occurrence, moment.revision)


def _kind_of(moment: DueKey, policy: Policy) -> Kind:
    what = rule_of(moment, policy)
    return "reminder" if what is None else _kind(what)


def _kind(what: What) -> Kind:
    match what:
        case ReminderRule():
            return "reminder"
        case EscalationStep():
            return "escalation"
        case ProgressCycle():
            return "progress"
        case _:
            return what


class Ledger:
    """Questions to the ledger. Catch it and the register up first to see the latest."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", *, many: int = MANY) -> None:
        self._pool, self._many = pool, many

    async def page(
        self,
        *,
        instruction: InstructionId | None = None,
        programme: ProgrammeId | None = None,
        status: Status | NoticeOutcome | Standing | None = None,
        after_number: str = "",
        limit: int = 1000,
        scope: Scope | None = None,
    ) -> Sequence[LedgerRow]:
        """The rows of so many instructions by number (keyset), each in the order of what happened.

        Args:
            scope: only of instructions that it lets through; None for all there is.
        """
        conditions = Conditions(limit)
        conditions.add("number > {0}", after_number)
        conditions.equal(instruction=instruction, programme=programme)
        joined = await restrict(self._pool, conditions, scope, "register", many=self._many)
        looked_for = "true" if status is None else _OF_STATUS[status]
        asked = _PAGE.replace(_SCOPE, joined).replace(_CHOSEN, conditions.sql)
        asked = asked.replace(_LOOKED_FOR, looked_for)
        rows = await self._pool.fetch(asked, *conditions.given)
        return [LedgerRow(**row) for row in rows]
