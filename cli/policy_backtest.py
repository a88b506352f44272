"""`remit policy test`: a policy tried on what happened; who would have been warned, when, next to who was."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from cli.arguments import Numbers, OfProgramme
from cli.errors import UsageError
from cli.options import Place, instant
from cli.output import console, print_json
from cli.policy_backtest_view import backtest_json, backtest_picture
from cli.policy_given import rules_of
from cli.progress import progress_bar
from cli.session import Session, open_session, settings_of
from cli.views import not_issued, programme_named
from domain.facts import Facts
from eventstore.replay import NOW
from operators.backtest import backtest as lived_again
from readmodels.register import Register, RegisterRow

_HERE = Place()


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
        with progress_bar("living again", quiet=place.json) as bar:
            made = await lived_again(
                session.store,
                rows,
                rules,
                facts,
                until,
                at_their_time=as_it_occurred_,
                progress=bar,
            )
    if place.json:
        print_json(backtest_json(made))
    else:
        console.print(backtest_picture(made, limit))


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
