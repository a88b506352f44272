"""Questions to the register."""

from datetime import date
from typing import Any

from domain.deadline import DeadlineRequest
from domain.instruction.commands import (
    Adopt,
    Correct,
    CorrectableField,
    InstructionCommand,
    Propose,
    Refuse,
    Suspend,
)
from domain.outcomes import Recorded
from domain.reading import Scope
from readmodels.register import Chooses
from tests.importing.rows import row_until
from tests.programmes import HEAD, NOW, PROGRAMME, REGISTRAR, Row
from tests.readmodels.conftest import Desk
from tests.readmodels.lives import (
    ASSIGNED,
    CANCELLED,
    COMPLETED,
    EVERY_STAGE,
    IN_PROGRESS,
    ISSUED,
    REPORTED,
    id_of,
    row_by_fold,
    utc,
)


async def _numbers(desk: Desk, **asked: Any) -> list[str]:
    await desk.projector().catch_up()
    return [row.number for row in await desk.register.page(**asked)]


async def test_a_row_says_how_the_measure_stands(desk: Desk) -> None:
    await desk.enter(COMPLETED)
    await desk.projector().catch_up()
    (row,) = await desk.register.page()
    assert row.instruction == id_of(COMPLETED)
    assert (row.number, row.text, row.programme, row.sector) == (
        "N-5",
        "Do it.",
        PROGRAMME,
        "transport",
    )
    assert (row.issuer, row.controller, row.lead) == ("council", "control", "ministry")
    assert (row.phase, row.closed, row.percent, row.escalated) == ("Completed", True, 70, False)
    assert row.original_deadline == utc("2024-06-28 21:00")
    assert row.deadline == utc("2024-10-31 21:00")
    assert row.submitted_at == utc("2024-10-15 09:09")
    assert row.cancelled_at is None


async def test_a_row_tells_a_cancelled_measure_from_a_reported_one(desk: Desk) -> None:
    await desk.enter(CANCELLED, REPORTED)
    await desk.projector().catch_up()
    reported, cancelled = await desk.register.page()
    assert (cancelled.phase, cancelled.closed) == ("Cancelled", True)
    assert (cancelled.submitted_at, cancelled.cancelled_at) == (None, utc("2024-02-01 09:11"))
    assert (reported.phase, reported.closed) == ("Reported", False)
    assert (reported.submitted_at, reported.cancelled_at) == (utc("2024-09-02 09:07"), None)


async def test_filters_hold_together(desk: Desk) -> None:
    await desk.enter(*EVERY_STAGE)
    everything = ["N-1", "N-2", "N-3", "N-4", "N-5", "N-6"]
    assert await _numbers(desk) == everything
    assert await _numbers(desk, programme=PROGRAMME) == everything
    assert await _numbers(desk, programme="other") == []
    assert await _numbers(desk, phase="Assigned") == ["N-2"]
    assert await _numbers(desk, phase="Cancelled") == ["N-6"]
    assert await _numbers(desk, lead="ministry") == ["N-2", "N-3", "N-4", "N-5"]
    assert await _numbers(desk, lead="ministry", phase="Reported") == ["N-4"]
    assert await _numbers(desk, lead="region") == []
    assert await _numbers(desk, after_number="N-4") == ["N-5", "N-6"]
    assert await _numbers(desk, after_number="N-2", lead="ministry", limit=2) == ["N-3", "N-4"]


async def test_behind_schedule_is_what_lateness_says(desk: Desk) -> None:
    await desk.enter(*EVERY_STAGE)
    for at, behind in (
        (utc("2024-06-28 21:00"), []),  # the very end of the day is still in time
        (utc("2024-06-28 21:00:01"), ["N-1", "N-2", "N-3"]),
        (utc("2024-09-30 21:00:01"), ["N-1", "N-2", "N-3"]),  # N-4 is submitted
    ):
        assert await _numbers(desk, behind_schedule_at=at) == behind
        rows = await desk.register.page()
        assert [row.number for row in rows if row.timing.lateness(at).behind_schedule] == behind


async def test_pages_by_number_make_the_whole(desk: Desk) -> None:
    numbers = ["N-1", "N-10", "N-2", "n-1", "Ё-1", "А-1", "N-1/1", "N 1"]
    await desk.enter(*(row_until("lead", number) for number in numbers))
    await desk.projector().catch_up()
    paged: list[str] = []
    while page := await desk.register.page(after_number=paged[-1] if paged else "", limit=3):
        paged += [row.number for row in page]
    assert paged == sorted(numbers)


async def test_a_programme_knows_its_measures_and_no_others(desk: Desk) -> None:
    await desk.enter(ISSUED, IN_PROGRESS, COMPLETED, row_until("lead", "N-9", programme=""))
    await desk.projector().catch_up()
    ids = [id_of(measure) for measure in (ISSUED, IN_PROGRESS, COMPLETED)]
    assert await desk.register.of_programme(PROGRAMME) == ids
    assert await desk.register.of_programme("other") == []


async def _ask(desk: Desk, measure: Row, type_: type[InstructionCommand], **told: object) -> None:
    command = {"command_id": f"{type_.__name__}-{measure['number']}", "actor": HEAD}
    command |= {"instruction": id_of(measure)}
    outcome = await desk.handler.handle(type_.model_validate(command | told), NOW)
    assert isinstance(outcome, Recorded), outcome


async def test_a_suspended_measure_is_not_behind_schedule(desk: Desk) -> None:
    await desk.enter(ASSIGNED)
    assert await _numbers(desk, behind_schedule_at=NOW) == ["N-2"]
    await _ask(desk, ASSIGNED, Suspend, reason="The treaty is being negotiated.")
    assert await _numbers(desk, behind_schedule_at=NOW) == []
    (row,) = await desk.register.page()
    assert (row.phase, row.closed, row.stopped_at) == ("Suspended", False, NOW)
    assert row == row_by_fold(await desk.store.read_stream(id_of(ASSIGNED)))


async def test_a_proposal_has_a_row_and_becomes_what_is_decided(desk: Desk) -> None:
    for number in ("P-1", "P-2"):
        founding = {"number": number, "text": "Do it.", "issuer": "council"}
        founding |= {"programme": PROGRAMME, "deadline": DeadlineRequest(on=date(2027, 6, 30))}
        await _ask(desk, {"number": number}, Propose, **founding)
    assert await _numbers(desk, phase="Proposed", programme=PROGRAMME) == ["P-1", "P-2"]
    assert await desk.register.count_open(PROGRAMME) == 0
    await _ask(desk, {"number": "P-1"}, Adopt, deadline=DeadlineRequest(on=date(2027, 9, 30)))
    await _ask(desk, {"number": "P-2"}, Refuse, reason="Not needed.")
    await desk.projector().catch_up()
    adopted, refused = await desk.register.page()
    assert (adopted.phase, adopted.refused, adopted.stopped_at) == ("Issued", False, None)
    assert adopted.original_deadline == adopted.deadline == utc("2027-09-30 21:00")
    assert (refused.phase, refused.refused) == ("Cancelled", True)
    assert await desk.register.count_open(PROGRAMME) == 1


async def test_a_correction_changes_what_an_earlier_event_says(desk: Desk) -> None:
    await desk.enter(REPORTED)
    await desk.projector().catch_up()
    submitted = next(
        event
        for event in await desk.store.read_stream(id_of(REPORTED))
        if event.type == "CompletionReported"
    )
    corrections: tuple[tuple[int, CorrectableField, str], ...] = (
        (1, "text", "Do it well."),
        (submitted.version, "occurred_at", "2024-08-30T09:07:00+00:00"),
    )
    for version, field, value in corrections:
        command = Correct(
            command_id=f"correct-{field}",
            actor=REGISTRAR,
            instruction=id_of(REPORTED),
            version=version,
            field=field,
            value=value,
            reason="Read wrongly.",
        )
        assert isinstance(await desk.handler.handle(command, NOW), Recorded)
    await desk.projector().catch_up()
    (row,) = await desk.register.page()
    assert (row.text, row.submitted_at) == ("Do it well.", utc("2024-08-30 09:07"))
    assert row == row_by_fold(await desk.store.read_stream(id_of(REPORTED)))


async def test_words_are_found_in_whatever_form_they_have(desk: Desk) -> None:
    await desk.enter(
        row_until("lead", "W-1", text="Agree on the tariff of railway services"),
        row_until("lead", "W-2", text="Согласовать тарифы на перевозки"),
    )
    for words, found in {
        "tariff": ["W-1"],
        "tariffs service": ["W-1"],
        "тарифов": ["W-2"],
        "перевозка тариф": ["W-2"],
        "W-": ["W-1", "W-2"],
        "tariff -railway": [],
        "nothing of the kind": [],
        "' or 1=1 --": [],
        "%": [],
    }.items():
        assert await _numbers(desk, words=words) == found, words


async def test_so_many_are_chosen_as_the_pages_have(desk: Desk) -> None:
    await desk.enter(*EVERY_STAGE)
    await desk.projector().catch_up()
    council = Scope({"issuer": frozenset({"council"})})
    for chosen in (
        Chooses(),
        Chooses(phase="Assigned"),
        Chooses(lead="ministry", behind_schedule_at=utc("2024-09-30 21:00:01")),
        Chooses(words="do"),
        Chooses(words="N-4"),
        Chooses(programme="other"),
    ):
        for scope in (None, council, Scope({"lead": frozenset({"region"})})):
            whole = len(await desk.register.page(scope=scope, **chosen))
            assert await desk.register.count(most=100, scope=scope, **chosen) == whole
            assert await desk.register.count(most=2, scope=scope, **chosen) == min(whole, 2)
