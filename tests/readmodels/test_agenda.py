"""The agenda holds what is open, for those who have to do with it."""

from domain.instruction.state import Proposed, Suspended, Unissued, is_closed
from eventstore.replay import fold
from readmodels.agenda import AgendaRow, agenda_of
from tests import staging as s
from tests.readmodels.staged import staged


async def test_after_random_lives_it_is_what_the_log_says(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await at.lives(11)
        await at.catch_up()
        found = {
            body: {row.instruction: row for row in await agenda_of(at.pool, [body], limit=1000)}
            for body in (s.COUNCIL, s.MINISTRY, s.CONTROL)
        }
        told = 0
        for stream in await at.store.streams(prefix="instruction-", limit=1000):
            state = fold(await at.store.read_stream(stream.stream_id))
            assert not isinstance(state, Unissued)
            record = state.record
            waits = not is_closed(state) and not isinstance(state, Proposed)
            parties = (
                {*record.leads, *record.co_assignees, record.controller}
                if waits
                else set[str | None]()
            )
            for body, rows in found.items():
                row = rows.pop(stream.stream_id, None)
                assert (row is not None) == (body in parties)
                if row is not None:
                    told += 1
                    assert row.number == record.number
                    assert row.lead == record.lead
                    assert (row.deadline, row.deadline_on) == (
                        record.deadline.instant,
                        record.deadline.on,
                    )
                    assert row.suspended == isinstance(state, Suspended)
        assert told
        assert all(rows == {} for rows in found.values())


async def test_an_instruction_of_several_bodies_is_told_once_the_earliest_first(
    staged_url: str,
) -> None:
    async with staged(staged_url) as at:
        await at.lives(12)
        await at.catch_up()
        bodies = (s.COUNCIL, s.MINISTRY, s.CONTROL)
        rows = await agenda_of(at.pool, bodies, limit=1000)
        assert len({row.instruction for row in rows}) == len(rows)
        assert [_place(row) for row in rows] == sorted(map(_place, rows))
        assert await agenda_of(at.pool, bodies, limit=1) == rows[:1]
        assert await agenda_of(at.pool, [], limit=1) == []


def _place(row: AgendaRow) -> tuple[object, ...]:
    return (row.deadline, row.instruction)
