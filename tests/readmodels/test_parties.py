"""Lists hold what their reader may see, and nothing else: the read models say of it what the policy does."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

from domain.deadline import DeadlineRequest
from domain.directory.state import Mandate, Office
from domain.identifiers import BodyId, InstructionId, instruction_id
from domain.instruction.commands import Issue
from domain.instruction.state import Unissued
from domain.outcomes import Recorded
from domain.reading import Parties, Reader, parties
from eventstore.replay import AsOf, fold, read_as_of
from readmodels.late_as_of import late_as_of
from readmodels.parties import MANY, those_in_scope
from readmodels.programmes import programmes_within
from readmodels.projector import Projector
from readmodels.register import Register
from readmodels.register_projection import RegisterProjection
from readmodels.worklist import Filter, Worklist
from tests import staging as s
from tests.readmodels.random_lives import BEGIN, PROGRAMMES
from tests.readmodels.staged import Staged, staged

_NOW = datetime(2040, 1, 1, tzinfo=UTC)  # whatever is open then is late


async def _reader(at: Staged, *offices: tuple[str, BodyId]) -> Reader:
    directory = await at.handler.directory()
    mandates = tuple(
        Mandate(Office(id=f"{kind}-{body}", body=body, kind=kind, title=""))  # pyright: ignore[reportArgumentType]
        for kind, body in offices
    )
    return Reader(person="p-reader", mandates=mandates, directory=directory, at=_NOW)


async def _all_parties(at: Staged) -> dict[InstructionId, Parties]:
    found: dict[InstructionId, Parties] = {}
    for head in await at.store.streams(prefix="instruction-", limit=1000):
        stored = await at.store.read_stream(head.stream_id)
        state = fold(stored)
        assert not isinstance(state, Unissued)
        found[head.stream_id] = parties(state.record, read_as_of(stored))
    return found


async def test_every_list_holds_what_the_policy_lets_its_reader_see(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await at.lives(21, lives=16, steps=14)
        await at.operators_act(21, BEGIN + timedelta(days=120), lives=16)
        await at.catch_up()
        everything = await _all_parties(at)
        readers = [
            await _reader(at, *offices)
            for offices in (
                [("head", s.COUNCIL)],
                [("officer", s.MINISTRY)],
                [("officer", s.CONTROL)],
                [("operator", s.COUNCIL)],
                [("registrar", s.MINISTRY)],
                [("auditor", s.COUNCIL)],
                [("auditor", s.MINISTRY), ("officer", s.CONTROL)],
                [("administrator", s.COUNCIL)],
                [],
            )
        ]
        lists = Worklist(at.pool)
        late = Filter(late_by=timedelta(0))
        late_now = {work.row.instruction for work in await lists.late(late, _NOW)}
        raised = Filter(standings=frozenset({"open", "acknowledged", "silenced", "ended"}))
        raised_now = await lists.escalated(raised, _NOW)
        belonged = await at.pool.fetch(
            "select instruction, programme from readmodel.departures"
            " union select instruction, programme from readmodel.register"
        )
        sizes, escalated_to = set[int](), set[int]()
        for reader, many in product(readers, (1, MANY)):  # asked for in either way
            register, lists = Register(at.pool, many=many), Worklist(at.pool, many=many)
            scope = reader.scope("summary")
            may = {one for one, who in everything.items() if "summary" in reader.aspects(who)}
            sizes.add(len(may))
            rows = await register.page(scope=scope)
            assert {row.instruction for row in rows} == may
            assert [row.number for row in rows] == sorted(row.number for row in rows)
            assert await those_in_scope(at.pool, list(everything), scope) == may
            seen = Filter(late_by=timedelta(0), scope=scope)
            assert {w.row.instruction for w in await lists.late(seen, _NOW)} == late_now & may
            assert (await lists.totals(seen, _NOW)).whole.instructions == len(late_now & may)
            for programme in (
                None,
                *PROGRAMMES,
            ):  # the one is asked of `attention` alone, the other of the register too
                these = replace(raised, programme=programme, scope=scope)
                theirs = [
                    work.row.instruction
                    for work in raised_now
                    if work.row.instruction in may and programme in (None, work.row.programme)
                ]
                found = await lists.escalated(these, _NOW)
                assert [work.row.instruction for work in found] == theirs
                assert await lists.count_escalated(these, _NOW) == len(theirs)
                escalated_to.add(len(theirs))
            as_of = AsOf(occurred=_NOW)
            then = await late_as_of(at.store, at.pool, seen, as_of, _NOW)
            assert {w.row.instruction for w in then} == late_now & may
            page = await register.page(
                scope=scope, limit=3, after_number=rows[0].number if rows else ""
            )
            assert page == rows[1:4]
            assert await programmes_within(at.pool, scope, PROGRAMMES, many=many) == {
                row["programme"] for row in belonged if row["instruction"] in may
            } & {*PROGRAMMES}
            assert not await programmes_within(at.pool, scope, ["another"], many=many)
        assert len(sizes) > 3
        assert 0 in sizes
        assert late_now
        assert len(escalated_to) > 3


async def test_who_may_see_what_one_body_issues_sees_nothing_of_what_another_does(
    staged_url: str,
) -> None:
    async with staged(staged_url) as at:
        for issuer, actor in ((s.COUNCIL, s.ISSUER), (s.MINISTRY, s.LEAD)):
            command = Issue(
                command_id=issuer,
                actor=actor,
                instruction=instruction_id(issuer),
                number=issuer,
                text="Do it.",
                issuer=issuer,
                deadline=DeadlineRequest(on=date(2039, 1, 1)),
            )
            assert isinstance(await at.handler.handle(command, datetime.now(UTC)), Recorded)
        await at.catch_up()
        for (kind, body), sees in {
            ("head", s.COUNCIL): [s.COUNCIL],
            ("head", s.MINISTRY): [s.MINISTRY],
            ("operator", s.COUNCIL): [s.COUNCIL, s.MINISTRY],  # of all that is issued
            ("operator", s.MINISTRY): [s.MINISTRY],
            ("operator", s.CONTROL): [],
        }.items():
            scope = (await _reader(at, (kind, body))).scope("summary")
            for many in (1, MANY):
                rows = await Register(at.pool, many=many).page(scope=scope)
                assert [row.number for row in rows] == sees, (kind, body, many)


async def test_what_the_parties_have_not_come_to_yet_is_seen_by_nobody_but_its_issuer(
    staged_url: str,
) -> None:
    """Each read model is caught up by itself."""
    async with staged(staged_url) as at:
        command = Issue(
            command_id="late",
            actor=s.LEAD,
            instruction=instruction_id("late"),
            number="late",
            text="Do it.",
            issuer=s.MINISTRY,
            deadline=DeadlineRequest(on=date(2039, 1, 1)),
        )
        assert isinstance(await at.handler.handle(command, datetime.now(UTC)), Recorded)
        await Projector(at.store, at.pool, RegisterProjection()).catch_up()
        for office, sees in {
            ("auditor", s.CONTROL): [],
            ("head", s.COUNCIL): [],
            ("operator", s.COUNCIL): ["late"],
        }.items():
            scope = (await _reader(at, office)).scope("summary")
            rows = await Register(at.pool, many=0).page(scope=scope)
            assert [row.number for row in rows] == sees, office
