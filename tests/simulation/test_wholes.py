"""Compound measures are lived through; what their parts came to is on record in them, or it is found."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.identifiers import StreamId
from domain.instruction.state import Unissued
from eventstore.protocol import StoredEvent
from simulation.account import account
from simulation.checked import Check
from simulation.checks import Books
from simulation.discrete import Run
from simulation.wholes import parts_on_record

Streams = Mapping[StreamId, Sequence[StoredEvent]]


def _checked(run: Run, found: Books, whole: StreamId, stored: Sequence[StoredEvent]) -> Check:
    """As if the whole's stream were this."""
    accounts = [one for one in found.accounts if one.stream != whole]
    return parts_on_record(
        {**found.streams, whole: stored}, [*accounts, account(stored, run.story.ends)]
    )


@pytest.fixture(params=["all-parts", "lead-part"])
def whole(request: pytest.FixtureRequest, found: Books) -> StreamId:
    return next(
        one.stream
        for one in found.accounts
        if not isinstance(one.state, Unissued)
        and one.state.record.closes_with == request.param
        and any(part.closed == "completed" for part in one.state.record.parts)
    )


def test_as_they_were_lived_through_nothing_is_missing(
    run: Run, found: Books, whole: StreamId
) -> None:
    check = _checked(run, found, whole, found.streams[whole])
    assert check.findings == []
    assert int(check.counted.split()[0]) >= 5


def test_a_part_that_closed_untold_is_found(run: Run, found: Books, whole: StreamId) -> None:
    untold = [event for event in found.streams[whole] if event.type != "PartClosed"]
    findings = _checked(run, found, whole, untold).findings
    assert any("and the part is Completed" in one for one in findings)
    assert any("PartClosed of" in one and "not in the append" in one for one in findings)


def test_a_part_that_was_told_of_in_another_append_is_found(
    run: Run, found: Books, whole: StreamId
) -> None:
    later = [
        replace(event, command_id="another") if event.type == "PartClosed" else event
        for event in found.streams[whole]
    ]
    findings = _checked(run, found, whole, later).findings
    assert findings
    assert all("not in the append" in one for one in findings)


def test_a_part_that_was_told_of_at_another_moment_is_found(
    run: Run, found: Books, whole: StreamId
) -> None:
    form = "%Y-%m-%dT%H:%M:%SZ"
    stored = [*found.streams[whole]]
    n = next(n for n, event in enumerate(stored) if event.type == "PartClosed")
    at = stored[n].occurred_at
    then, later = (moment.strftime(form).encode() for moment in (at, at + timedelta(minutes=1)))
    body = stored[n].body.replace(b'"occurred_at":"' + then, b'"occurred_at":"' + later)
    assert body != stored[n].body
    stored[n] = replace(stored[n], body=body)
    assert any("and the part is" in one for one in _checked(run, found, whole, stored).findings)


def test_a_whole_that_is_not_done_though_its_parts_say_so_is_found(
    run: Run, found: Books, whole: StreamId
) -> None:
    done = ("CompletionReported", "InstructionCompleted")
    open_still = [event for event in found.streams[whole] if event.type not in done]
    findings = _checked(run, found, whole, open_still).findings
    assert any("what it closes with is done" in one for one in findings)


def test_a_part_that_its_whole_does_not_have_is_found(
    run: Run, found: Books, whole: StreamId
) -> None:
    unsaid = [event for event in found.streams[whole] if event.type != "SubInstructionIssued"]
    findings = _checked(run, found, whole, unsaid).findings
    assert any(f"it is a part of {whole}, which does not have it" in one for one in findings)
