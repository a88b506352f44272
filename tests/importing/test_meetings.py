"""Meetings in a directory file: on record as held, or scheduled if they are to come."""

from datetime import datetime

import pytest

from domain.programme.commands import HoldMeeting, ScheduleMeeting
from domain.programme.decisions import programme_decider
from domain.programme.state import Programme
from eventstore.codec import decoded
from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from eventstore.persons import MemoryPersonStore
from importing.directory import LoadResult, load_directory
from importing.directory_file import BadDirectoryFile, read_directory
from tests.programmes import ADMINISTRATOR, NOW, PROGRAMME, SMALL_DIRECTORY

_MEETING = """
[[meetings]]
id = "{id}"
programme = "{programme}"
title = "Council meeting"
at = {at}
entered_by = "{by}"
"""
HEAD, REGISTRAR, OFFICER_OF_A_MINISTRY = "p-0004", "p-0002", "p-0007"
PAST, TO_COME = "2025-12-15T12:00:00+03:00", "2027-06-15T12:00:00+03:00"


def _meeting(id_: str = "m-1", at: str = PAST, by: str = HEAD, programme: str = PROGRAMME) -> bytes:
    return _MEETING.format(id=id_, at=at, by=by, programme=programme).encode()


async def _load(store: MemoryEventStore, *meetings: bytes, at: datetime = NOW) -> LoadResult:
    return await load_directory(
        read_directory(SMALL_DIRECTORY + b"".join(meetings)),
        store=store,
        handler=CommandHandler(store, tzdata="2026a"),
        persons=MemoryPersonStore(),
        actor=ADMINISTRATOR,
        at=at,
    )


async def _programme(store: MemoryEventStore) -> Programme:
    state = programme_decider.replay(decoded(await store.read_stream(f"programme-{PROGRAMME}")))
    assert state is not None
    return state


async def test_a_meeting_of_the_past_was_held_and_one_to_come_is_scheduled() -> None:
    store = MemoryEventStore()
    await _load(store, _meeting(), _meeting("m-2", TO_COME), _meeting("m-3", PAST, REGISTRAR))
    found = (await _programme(store)).meetings
    assert {m.id: (m.held, m.at) for m in found.values()} == {
        "m-1": (True, datetime.fromisoformat(PAST)),
        "m-2": (False, datetime.fromisoformat(TO_COME)),
        "m-3": (True, datetime.fromisoformat(PAST)),
    }


async def test_a_meeting_loaded_while_it_lay_ahead_is_put_on_record_by_the_same_file_later() -> (
    None
):
    store, then = MemoryEventStore(), datetime.fromisoformat(TO_COME)
    first = await _load(store, _meeting("m-2", TO_COME))
    again = await _load(store, _meeting("m-2", TO_COME))
    assert (again.commands_recorded, again.commands_known) == (0, first.commands_recorded)
    later = await _load(store, _meeting("m-2", TO_COME), at=then)
    assert (later.commands_recorded, (await _programme(store)).meetings["m-2"].held) == (1, True)
    last = await _load(store, _meeting("m-2", TO_COME), at=then)
    assert (last.commands_recorded, last.commands_known) == (0, first.commands_recorded)


async def test_a_meeting_put_on_record_by_hand_is_known_unless_the_file_says_otherwise() -> None:
    store, then = MemoryEventStore(), datetime.fromisoformat(TO_COME)
    first = await _load(store, _meeting("m-2", TO_COME))
    held = HoldMeeting(command_id="c-1", actor=HEAD, programme=PROGRAMME, meeting="m-2")
    await CommandHandler(store, tzdata="2026a").handle(held, then)
    later = await _load(store, _meeting("m-2", TO_COME), at=then)
    assert (later.commands_recorded, later.commands_known) == (0, first.commands_recorded)
    with pytest.raises(BadDirectoryFile, match=r"meetings\[1\].at"):
        await _load(store, _meeting("m-2", "2027-06-16T12:00:00+03:00"), at=then.replace(month=7))


async def test_a_meeting_that_was_moved_is_not_put_on_record_at_its_old_moment() -> None:
    store, then = MemoryEventStore(), datetime.fromisoformat(TO_COME)
    await _load(store, _meeting("m-2", TO_COME))
    moved = ScheduleMeeting(
        command_id="c-1",
        actor=HEAD,
        programme=PROGRAMME,
        meeting="m-2",
        title="Council meeting",
        at=then.replace(month=7),
    )
    await CommandHandler(store, tzdata="2026a").handle(moved, NOW)
    with pytest.raises(BadDirectoryFile, match=r"meetings\[1\].at: the log says 2027-07-15"):
        await _load(store, _meeting("m-2", TO_COME), at=then.replace(month=8))


async def test_one_meeting_twice_is_a_problem_of_the_file() -> None:
    store = MemoryEventStore()
    second = _meeting().replace(b"Council meeting", b"Another")
    with pytest.raises(BadDirectoryFile, match=r"meetings\[2\]: meetings\[1\] says"):
        await _load(store, _meeting(), second)
    assert await store.head() == 0


@pytest.mark.parametrize(
    ("meeting", "where"),
    [
        (_meeting(by=OFFICER_OF_A_MINISTRY), r"meetings\[1\].actor"),
        (_meeting(at=TO_COME, by=REGISTRAR), r"meetings\[1\].actor"),
        (_meeting(programme="nonesuch"), r"meetings\[1\].programme"),
    ],
)
async def test_a_meeting_that_cannot_be_entered_is_a_problem(meeting: bytes, where: str) -> None:
    store = MemoryEventStore()
    with pytest.raises(BadDirectoryFile, match=where):
        await _load(store, meeting)
    assert await store.head() == 0


async def test_another_moment_than_before_is_a_problem() -> None:
    store = MemoryEventStore()
    await _load(store, _meeting())
    with pytest.raises(BadDirectoryFile, match=r"meetings\[1\].at"):
        await _load(store, _meeting(at="2025-12-16T12:00:00+03:00"))
