"""`remit policy test`: a policy tried on what happened; who would have been warned, when, next to who was."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from cli.arguments import Numbers, OfProgramme
from cli.errors import UsageError
from cli.options import Place, instant
from cli.output import console, print_json
from cli.policy_backtest_view import Backtest, backtest_json, backtest_picture
from cli.policy_given import rules_of
from cli.progress import progress_bar
from cli.session import Session, open_session, settings_of
from cli.views import not_issued, programme_named
from domain.facts import Facts
from domain.instruction.backtest import as_it_occurred, relived
from domain.instruction.warnings_given import TwoLives, warnings_given
from domain.policies import Policy
from eventstore.deeds import deeds_of
from eventstore.protocol import StoredEvent
from eventstore.replay import NOW, AsOf, read_as_of
from readmodels.register import Register, RegisterRow

_HERE = Place()
_READ = 100
"""Instructions whose events are in memory at a time."""


async def backtest(
    policy: Annotated[str, Parameter(help="The id of a published policy, or a file with one.")],
    /,
    *,
    programme: OfProgramme = None,
    open_: Annotated[
        bool, Parameter(name="--open", help="Only what is open now.", negative="")
    ] = False,
    closed: Annotated[bool, Parameter(help="Only what is closed now.", negative="")] = False,
    number: Numbers = (),
    as_of: Annotated[str | None, Parameter(help="Until then; by default until now.")] = None,
    as_it_occurred_: Annotated[
        bool,
        Parameter(
            name="--as-it-occurred",
            help="As if history had been entered when it happened; else it is warned of from then on only.",
            negative="",
        ),
    ] = False,
    limit: Annotated[int, Parameter(validator=Number(gte=1), help="Lines at most.")] = 50,
    place: Place = _HERE,
) -> None:
    """Live recorded lives again under another policy: who would have been reminded or escalated, and when."""
    if open_ and closed:
        raise UsageError("give --open or --closed, or neither for both")
    now = datetime.now(UTC)
    until = now if as_of is None else min(instant(as_of, "--as-of"), now)
    async with open_session(settings_of(place.folder)) as session:
        facts = Facts(directory=await session.handler.directory(), tzdata=session.tzdata)
        rules = rules_of(policy, facts.directory, "POLICY")
        await _check_known(session, programme, number)
        rows = [
            row
            async for row in _rows(session, programme)
            if row.phase != "Proposed"
            and (not number or row.number in number)
            and (row.closed if closed else not row.closed if open_ else True)
        ]
        lives: list[TwoLives] = []
        entered_later = 0
        with progress_bar("living again", quiet=place.json) as bar:
            bar(0, len(rows))
            for some in _in_parts(rows):
                stored = await session.store.read_streams([row.instruction for row in some])
                for row in some:
                    own = [event for event in stored if event.stream_id == row.instruction]
                    history, life = _two_lives(
                        row.number, own, rules, facts, until, as_it_occurred_
                    )
                    entered_later += history
                    lives.append(life)
                    bar(len(lives), len(rows))
    made = Backtest(
        policy=rules,
        until=until,
        lives=lives,
        entered_as_history=0 if as_it_occurred_ else entered_later,
    )
    if place.json:
        print_json(backtest_json(made))
    else:
        console.print(backtest_picture(made, limit))


def _two_lives(
    number: str,
    stored: Sequence[StoredEvent],
    rules: Policy,
    facts: Facts,
    until: datetime,
    at_their_time: bool,
) -> tuple[bool, TwoLives]:
    """Whether it was entered as history, and what happened next to what would have."""
    deeds = deeds_of(stored)
    founded = deeds[0].events[0]
    lived = as_it_occurred(deeds) if at_their_time else deeds
    two = TwoLives(
        number=number,
        happened=warnings_given(read_as_of(stored, AsOf(occurred=until))),
        relived=warnings_given(relived(lived, facts, until, rules)),
    )
    return founded.by.backdating_reason is not None, two


async def _check_known(session: Session, programme: str | None, numbers: Sequence[str]) -> None:
    """Raises `Refused` if there is no such programme or instruction."""
    if programme is not None:
        await programme_named(session.store, programme)
    await session.catch_up("register")
    unknown = set(numbers) - await Register(session.pool).known(list(numbers))
    if unknown:
        raise not_issued(min(unknown), NOW)


async def _rows(session: Session, programme: str | None) -> AsyncIterator[RegisterRow]:
    """All that the register holds, by number."""
    register, after = Register(session.pool), ""
    while page := await register.page(programme=programme, after_number=after, limit=1000):
        for row in page:
            yield row
        after = page[-1].number


def _in_parts(rows: Sequence[RegisterRow]) -> Iterator[Sequence[RegisterRow]]:
    for start in range(0, len(rows), _READ):
        yield rows[start : start + _READ]
