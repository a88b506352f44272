"""Each check, on a log that a few commands made: nothing is found, and whatever is changed is told."""

from collections import Counter
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import pytest_asyncio

from bench.kills.findings import Account as Notices
from cli.devstack import EmbeddedPostgres
from domain.outcomes import Recorded
from domain.rejections import Code
from eventstore.handle import CommandHandler
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import StoredEvent
from faults import checks, proofs
from faults.driver import said_in_event
from faults.evidence import Evidence, evidence
from faults.lives import Life
from faults.reader import runs
from faults.storm import Calm
from faults.told import Account, Told
from simulation.checked import Check
from tests import staging as s
from tests.conftest import fresh_database

_MINUTE = timedelta(minutes=1)
Story = tuple[Account, Evidence]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def recorded(postgres: EmbeddedPostgres, staged_database: str) -> Story:
    """One life, as it was told and as it lies in the log."""
    async with fresh_database(postgres, staged_database) as url:
        return await _lived(url)


@pytest.fixture
def story(recorded: Story) -> Story:
    """The same, to be changed."""
    told, log = recorded
    return deepcopy(told), log


async def _lived(staged_url: str) -> Story:
    told = Account()
    async with PostgresEventStore.open(staged_url) as store:
        handler, since = CommandHandler(store, tzdata=s.TZDATA), await store.head()
        life = Life("F-1", Random(1))  # noqa: S311 - as in a run
        told.streams.add(life.instruction)
        for command in life.commands():
            outcome = await handler.handle(command, datetime.now(UTC))
            one = Told(
                command_id=command.command_id,
                stream=command.instruction,
                type=command.type,
                door="update",
                asked="new",
                sent_at=0,
                told_at=0,
                says=said_in_event(command),
            )
            if isinstance(outcome, Recorded):
                one.recorded, one.version = True, outcome.version
                one.position = outcome.position
            else:
                one.code = outcome.code
            told.told.append(one)
        return told, await evidence(staged_url, since)


def _all(told: Account, log: Evidence) -> Sequence[Check]:
    return (
        checks.acknowledged(told, log),
        checks.asked_for(told, log),
        checks.refused(told, log),
        checks.one_body(told),
        checks.streams(log),
        checks.positions(log),
        checks.recorded_times(log),
        checks.moments(log, _MINUTE),
    )


def test_a_log_that_is_as_it_was_told_passes(story: Story) -> None:
    told, log = story
    assert len(log.events) > 5
    assert [finding for check in _all(told, log) for finding in check.findings] == []


def _last_recorded(told: Account) -> Told:
    return [one for one in told.told if one.recorded][-1]


def _told_elsewhere(told: Account, log: Evidence) -> Evidence:
    _last_recorded(told).position += 1
    return log


def _told_at_another_version(told: Account, log: Evidence) -> Evidence:
    version = _last_recorded(told).version
    assert version is not None
    _last_recorded(told).version = version + 1
    return log


def _lost(told: Account, log: Evidence) -> Evidence:
    lost = _last_recorded(told).command_id
    return replace(log, events=[event for event in log.events if event.command_id != lost])


def _once_more(event: StoredEvent, log: Evidence) -> StoredEvent:
    last = log.events[-1]
    return replace(event, position=last.position + 1, version=last.version + 1)


def _recorded_twice(_: Account, log: Evidence) -> Evidence:
    return replace(log, events=[*log.events, _once_more(log.events[0], log)])


def _recorded_twice_side_by_side(told: Account, log: Evidence) -> Evidence:
    command = log.events[-1].command_id
    last = next(e for e in log.events if e.command_id == command)
    (one,) = [one for one in told.told if one.command_id == command]
    assert one.version is not None
    one.position, one.version = one.position + 1, one.version + 1
    return replace(log, events=[*log.events, _once_more(last, log)])


def _other_words(_: Account, log: Evidence) -> Evidence:
    said = next(event for event in log.events if event.type in ("Commented", "ProgressReported"))
    other = replace(said, body=said.body.replace(b" of F-1", b" of F-2"))
    assert other.body != said.body
    return replace(log, events=[other if event is said else event for event in log.events])


def _refused_when_asked_again(told: Account, log: Evidence) -> Evidence:
    again = replace(_last_recorded(told), asked="again", recorded=False, code=Code.NOT_AUTHORISED)
    told.told.append(again)
    return log


def _refused_at_once(told: Account, log: Evidence) -> Evidence:
    other = replace(_last_recorded(told), asked="at once", recorded=False, code=Code.NOT_AUTHORISED)
    told.told.append(other)
    return log


def _asked_for_later_at_once(told: Account, log: Evidence) -> Evidence:
    """As `_refused_at_once`, of what the machinery may have allowed in between."""
    other = replace(
        _last_recorded(told),
        asked="at once",
        recorded=False,
        code=Code.EXTENSION_ALREADY_OPEN,
        type="RequestExtension",
    )
    told.told.append(other)
    return log


def _of_nobody(told: Account, log: Evidence) -> Evidence:
    del told.told[0]
    return log


def _refused_all_the_same(told: Account, log: Evidence) -> Evidence:
    one = _last_recorded(told)
    one.recorded, one.code = False, Code.NOT_AUTHORISED
    return log


def _another_body(told: Account, log: Evidence) -> Evidence:
    told.told.append(replace(_last_recorded(told), asked="changed"))
    return log


def _version_left_out(_: Account, log: Evidence) -> Evidence:
    return replace(log, events=[*log.events[:3], *log.events[4:]])


def _kept_otherwise(_: Account, log: Evidence) -> Evidence:
    wrong = [replace(head, closed=not head.closed) for head in log.heads]
    return replace(log, heads=wrong)


def _beyond_the_head(_: Account, log: Evidence) -> Evidence:
    return replace(log, counter=log.counter - 1)


def _earlier(_: Account, log: Evidence) -> Evidence:
    *before, last = log.events
    return replace(log, events=[*before, replace(last, recorded_at=last.recorded_at - _MINUTE)])


def _never_fired(_: Account, log: Evidence) -> Evidence:
    issued = log.events[: [e.type for e in log.events].index("InstructionAssigned")]
    return replace(log, events=issued, read_at=log.read_at + 60 * _MINUTE)


@pytest.mark.parametrize(
    ("change", "name", "says"),
    [
        (_told_elsewhere, "acknowledged", "told position"),
        (_told_at_another_version, "acknowledged", "told version"),
        (_lost, "acknowledged", "not in the log"),
        (_recorded_twice, "acknowledged", "more than once"),
        (_recorded_twice_side_by_side, "acknowledged", "more than once"),
        (_other_words, "acknowledged", "sent text"),
        (
            _refused_when_asked_again,
            "acknowledged",
            "refused (not-authorised) when it was sent again",
        ),
        (_refused_at_once, "refused", "was refused"),
        (_of_nobody, "asked-for", "nobody sent"),
        (_refused_all_the_same, "refused", "was refused"),
        (_another_body, "one-body", "as recorded"),
        (_version_left_out, "streams", "has the versions"),
        (_kept_otherwise, "streams", "kept as"),
        (_version_left_out, "positions", "comes"),
        (_beyond_the_head, "positions", "ends at"),
        (_earlier, "recorded-times", "before the one before it"),
        (_never_fired, "due-moments", "should have fired"),
    ],
)
def test_what_is_otherwise_is_told(
    story: Story, change: Callable[[Account, Evidence], Evidence], name: str, says: str
) -> None:
    told, log = story
    log = change(told, log)
    (found,) = [one for one in _all(told, log) if one.what.startswith(f"{name}:")]
    assert any(says in finding for finding in found.findings), found


def test_what_the_machinery_may_have_allowed_in_between_is_no_finding(story: Story) -> None:
    told, log = story
    assert checks.refused(told, _asked_for_later_at_once(told, log)).findings == []


@pytest.mark.parametrize(
    ("delivered", "says"),
    [({}, "no outcome"), ({"a": 2}, "2 outcomes"), ({"a": 1, "b": 1}, "was not given")],
)
async def test_a_notice_without_its_one_outcome_is_told(
    database_url: str, delivered: dict[str, int], says: str
) -> None:
    async with PostgresEventStore.open(database_url) as store:
        sent = {("log", name): times for name, times in delivered.items()}
        found = Notices(store=store, given=Counter([("log", "a")]), delivered=Counter(sent))
        once = Notices(
            store=store, given=Counter([("log", "a")]), delivered=Counter([("log", "a")])
        )
    assert [finding for finding in checks.notices(found).findings if says in finding]
    assert checks.notices(once).findings == []


@pytest.mark.parametrize(
    "seen",
    [
        [range(1, 5), range(6, 11)],
        [range(1, 6), range(5, 11)],
        [range(2, 11)],
        [range(1, 10)],
        [],
    ],
    ids=["skipped", "twice", "not the first", "not the last", "nothing"],
)
def test_a_reader_that_did_not_see_each_position_once_is_told(seen: Sequence[range]) -> None:
    assert proofs.readers(seen, 10).findings
    assert proofs.readers([range(1, 5), range(5, 11)], 10).findings == []


def test_a_reader_writes_down_what_it_was_given(story: Story) -> None:
    _, log = story
    first = log.events[0].position
    there = [event for event in log.events if event.position != first + 1]
    assert [*runs(log.events)] == [range(first, log.events[-1].position + 1)]
    assert next(iter(runs(there))) == range(first, first + 1)


def test_a_client_without_an_answer_is_told() -> None:
    there, never = Calm(began=1, lasted=2), Calm(began=1, lasted=float("inf"))
    assert proofs.recovery([there], 90, []).findings == []
    assert len(proofs.recovery([there, never], 90, []).findings) == 1
    assert proofs.recovery([there], 90, ["not settled"]).findings == ["not settled"]
