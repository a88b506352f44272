"""The verifier's own reading of events comes to what Remit's comes to, whatever the events are.

The two share no code: audit/offline/verify.py was written from the rules.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, run_state_machine_as_test
from pydantic import TypeAdapter

from audit.bundle_files import events_file
from audit.bundle_report import instruction_report, programme_report
from audit.leaf import instant
from audit.offline import verify
from domain.identifiers import INSTRUCTION_PREFIX
from domain.instruction.events import InstructionEvent
from domain.instruction.state import Unissued
from domain.programme.events import ProgrammeAdopted
from domain.programme.report import percent
from domain.value import Duration
from eventstore.codec import VERSIONS, encode
from eventstore.protocol import StoredEvent
from eventstore.replay import AsOf, fold
from tests.audit.arbitrary_events import histories, moments
from tests.domain.test_properties import Life
from tests.domain.world import (
    COUNCIL,
    COUNCIL_HEAD,
    INSTRUCTION,
    NEXT_PROGRAMME,
    PROGRAMME,
    done_by,
    utc,
)
from tests.drawing import drawn


def _stored(
    events: Sequence[InstructionEvent | ProgrammeAdopted],
    stream: str = INSTRUCTION,
    first: int = 1,
) -> list[StoredEvent]:
    return [
        StoredEvent(
            position=first + n,
            stream_id=stream,
            version=n + 1,
            type=event.type,
            occurred_at=event.occurred_at,
            recorded_at=event.occurred_at,
            actor=event.by.actor,
            command_id="command",
            body=encode(event),
        )
        for n, event in enumerate(events)
    ]


def _as_read_by_the_verifier(stored: Sequence[StoredEvent]) -> list[verify.Event]:
    return [verify.read_event(line) for line in events_file(stored).splitlines()]


def _agree_on_the_status(
    stored: Sequence[StoredEvent], at: datetime, until: datetime | None = None
) -> None:
    state = fold(stored, AsOf(occurred=until))
    found = verify.folded(INSTRUCTION, _as_read_by_the_verifier(stored), until)
    if isinstance(state, Unissued):
        assert not found.phase
    else:
        assert found.status(at) == instruction_report(INSTRUCTION, state, at)


@given(events=histories(), at=moments(), until=st.none() | moments())
@settings(max_examples=drawn(30), deadline=None)
def test_any_events_in_any_order(
    events: list[InstructionEvent], at: datetime, until: datetime | None
) -> None:
    _agree_on_the_status(_stored(events), at, until)


class _LifeReadTwice(Life):
    """Lives as the rules let them be, with deadlines served, corrections and history entered late."""

    @invariant()
    def the_verifier_comes_to_the_same(self) -> None:
        stored = _stored(self.events)
        _agree_on_the_status(stored, self.now)
        _agree_on_the_status(stored, self.now, self.now - timedelta(days=20))


def test_lives_that_the_rules_allow() -> None:
    run_state_machine_as_test(  # pyright: ignore[reportUnknownMemberType]
        _LifeReadTwice,
        settings=settings(max_examples=drawn(10), stateful_step_count=25, deadline=None),
    )


@given(lives=st.lists(histories(), max_size=6), at=moments())
@settings(max_examples=drawn(12), deadline=None)
def test_figures_of_programmes_between_which_measures_were_carried_over(
    lives: list[list[InstructionEvent]], at: datetime
) -> None:
    instructions = {
        f"{INSTRUCTION_PREFIX}{n}": _stored(events, f"{INSTRUCTION_PREFIX}{n}")
        for n, events in enumerate(lives)
        if events
    }
    for programme in (PROGRAMME, NEXT_PROGRAMME):
        own = _stored([_adopted(programme)], f"programme-{programme}")
        streams = {
            name: _as_read_by_the_verifier(stored)
            for name, stored in {**instructions, f"programme-{programme}": own}.items()
        }
        subject = {"kind": "programme", "id": programme, "stream": f"programme-{programme}"}
        head = {"kind": "programme", "size": 1, "at": instant(at)}
        assert verify.recomputed(subject, streams, 1, instant(at)) == {
            **head,
            **programme_report(programme, own, instructions, at),
        }


def _adopted(programme: str) -> ProgrammeAdopted:
    return ProgrammeAdopted(
        **done_by(COUNCIL_HEAD, utc("2026-01-01 00:00")),
        programme=programme,
        title="Programme",
        body=COUNCIL,
        period_start=utc("2026-01-01 00:00").date(),
        period_end=utc("2028-12-31 00:00").date(),
    )


def test_percentages() -> None:
    for whole in range(260):
        for part in range(whole + 1):
            assert verify.percent(part, whole) == percent(part, whole), (part, whole)
    for part, whole in ((1, 2_000), (1, 40_000), (3, 7_000_001), (999_999, 1_000_000)):
        assert verify.percent(part, whole) == percent(part, whole), (part, whole)


@given(at=moments(), days=st.integers(0, 400), microseconds=st.integers(0, 86_400_000_000))
def test_durations_and_instants(at: datetime, days: int, microseconds: int) -> None:
    length = timedelta(days=days, microseconds=microseconds)
    assert verify.duration(length) == TypeAdapter(Duration).dump_python(length, mode="json")
    assert verify.written(verify.moment(instant(at))) == instant(at)
    assert verify.moment(at.isoformat()) == at


def test_the_verifier_reads_every_version_that_is_written() -> None:
    behind = {type_ for type_, to in VERSIONS.items() if verify.VERSIONS.get(type_, 1) < to}
    assert not behind, "audit/offline/verify.py refuses bundles with them"
