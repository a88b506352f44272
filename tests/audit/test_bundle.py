"""A bundle is checked with nothing but Python, and what its verifier comes to is what Remit says."""

import ast
import asyncio
import sys
from datetime import UTC, datetime
from itertools import count
from json import loads
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from audit.bundle import NotCovered, Subject, make_bundle
from audit.bundle_files import VERIFIER, zipped
from audit.bundle_report import instruction_report
from audit.measures import measures_in_log
from audit.offline import verify
from domain.directory.commands import ReplacePersonDetails
from domain.identifiers import SYSTEM, instruction_id
from domain.instruction.state import Unissued
from domain.programme.commands import BeginDigest, HoldMeeting, SendDigest
from domain.programme.terms import DigestReader
from eventstore.addresses import new_webhook_secret
from eventstore.codec import VERSIONS
from eventstore.handle import CommandHandler
from eventstore.persons import Person
from eventstore.replay import fold
from tests import oracle
from tests.audit.bundle_story import (
    MEETING,
    MEETING_AT,
    NEXT,
    OFFICER,
    ROADS,
    TAX,
    Telling,
    erase,
    publish,
    told,
)
from tests.audit.bundles import SIGNED_AT, SignedLog, verify_elsewhere
from tests.programmes import (
    ADMINISTRATOR,
    AFTER_ALL,
    HEAD,
    PROGRAMME,
    SMALL_ZONES,
    Row,
    import_rows,
    set_up,
)
from tests.random_measures import measures
from tests.served import turns_during

_examples = count(1)


def _programme(programme: str) -> Subject:
    return Subject(kind="programme", id=programme)


async def test_an_instruction_with_every_turn_of_its_life(tmp_path: Path) -> None:
    log = await told()
    bundle = await log.bundle(Subject(kind="instruction", id=TAX))
    report = loads(bundle.files["report.json"])
    state = fold(await log.store.read_stream(instruction_id(TAX)))
    assert not isinstance(state, Unissued)
    ours = instruction_report(instruction_id(TAX), state, SIGNED_AT)
    assert {name: report[name] for name in ours} == ours
    assert (report["phase"], report["programme"]) == ("InProgress", NEXT)
    assert report["text"] == "Agree on the tax register."
    assert report["behind_schedule"]
    assert report["carried_over"][0]["programme"] == PROGRAMME
    verdict = verify_elsewhere(bundle.files, tmp_path)
    assert verdict.code == 0, verdict.text
    assert "InProgress" in verdict.text
    assert verdict.text.endswith("proved\n")


async def test_others_are_served_while_the_log_is_read_for_a_programme_s_measures() -> None:
    log = await told()
    assert await turns_during(measures_in_log(log.store, PROGRAMME, 1))


@pytest.mark.parametrize("programme", [PROGRAMME, NEXT])
async def test_a_programme_that_a_measure_was_carried_over_from_and_into(
    programme: str, tmp_path: Path
) -> None:
    log = await told()
    bundle = await log.bundle(_programme(programme))
    report = loads(bundle.files["report.json"])
    expected = {PROGRAMME: ("0 of 2 (0 %)", 1), NEXT: ("0 of 1 (0 %)", 0)}[programme]
    assert (report["implemented_line"], report["figures"]["carried_over"]) == expected
    verdict = verify_elsewhere(bundle.files, tmp_path)
    assert verdict.code == 0, verdict.text
    assert report["implemented_line"] in verdict.text
    told_of_meeting = f"the report for {MEETING} follows from the events"
    assert (told_of_meeting in verdict.text) == (programme == PROGRAMME)


@given(rows=measures(at_most=5))
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_random_measures_come_to_the_figures_of_the_raw_rows(
    rows: list[Row], tmp_path: Path
) -> None:
    asyncio.run(_agree(rows, tmp_path / str(next(_examples))))


async def _agree(rows: list[Row], folder: Path) -> None:
    log = SignedLog()
    handler = await set_up(log.store, persons=log.persons, at=AFTER_ALL)
    assert (await import_rows(log.store, handler, rows, at=AFTER_ALL)).problems == ()
    trusted = await log.trusted(await log.sign(at=AFTER_ALL))
    bundle = await log.bundle(_programme(PROGRAMME), trusted)
    verdict = verify_elsewhere(bundle.files, folder)
    assert verdict.code == 0, verdict.text
    report = loads(bundle.files["report.json"])
    figures = oracle.figures(rows, SMALL_ZONES, AFTER_ALL)
    told_in = report | report["figures"]
    assert {name: told_in[name] for name in figures} == figures
    for name in ("implemented_line", "behind_schedule_line", "execution_discipline"):
        assert str(figures[name]) in verdict.text


async def test_the_same_bundle_is_the_same_bytes() -> None:
    log = await told()
    trusted = await log.trusted()
    one, other = [await log.bundle(_programme(PROGRAMME), trusted) for _ in range(2)]
    assert zipped(one.files) == zipped(other.files)


async def test_what_no_checkpoint_covers_yet_is_left_out_and_said() -> None:
    log = await told()
    head = await log.store.head()
    bundle = await log.bundle(
        Subject(kind="instruction", id=TAX), await log.trusted(await log.sign(head - 2))
    )
    assert bundle.uncovered == (head,), "the one before is of the other instruction"
    assert loads(bundle.files["report.json"])["programme"] == PROGRAMME


async def test_nothing_is_bundled_before_a_checkpoint_covers_it() -> None:
    log = await told()
    with pytest.raises(NotCovered):
        await log.bundle(Subject(kind="instruction", id=TAX), await log.trusted(await log.sign(5)))


async def test_without_a_key_from_elsewhere_it_says_what_that_leaves_open(tmp_path: Path) -> None:
    log = await told()
    files = (await log.bundle(Subject(kind="instruction", id=TAX))).files
    alone = verify_elsewhere(files, tmp_path / "alone")
    assert "the bundle only proves itself consistent" in " ".join(alone.text.split())
    with_key = verify_elsewhere(files, tmp_path / "key", "--key", log.signer.verifier.text)
    assert with_key.code == 0
    assert "only proves itself" not in with_key.text


async def test_the_holder_of_an_earlier_checkpoint_sees_that_the_log_is_the_same(
    tmp_path: Path,
) -> None:
    log = await told()
    without = await log.bundle(Subject(kind="instruction", id=ROADS))
    earlier = [await log.sign(size) for size in range(1, await log.store.head())]
    unproved = [
        one for one in earlier if not verify.verify(without.files, outside=one.note.encode()).good
    ]
    held, size = tmp_path / "held", unproved[-1].checkpoint.size
    held.write_text(unproved[-1].note)
    verdict = verify_elsewhere(without.files, tmp_path / "1", "--checkpoint", str(held))
    assert verdict.code == 1
    assert f"--held {size}" in verdict.text
    proved = await log.bundle(
        Subject(kind="instruction", id=ROADS), await log.trusted(held=(size,))
    )
    verdict = verify_elsewhere(proved.files, tmp_path / "2", "--checkpoint", str(held))
    assert verdict.code == 0, verdict.text


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 31, 32, 33, 40])
async def test_any_earlier_tree_is_proved_the_beginning(size: int) -> None:
    log = await told()
    earlier = await log.sign(size)
    bundle = await log.bundle(Subject(kind="instruction", id=TAX), await log.trusted(held=(size,)))
    assert verify.verify(bundle.files, outside=earlier.note.encode()).good


async def test_unsigned_ends_are_named_as_a_gap() -> None:
    log = await told()
    signed = await log.trusted()
    trusted = type(signed)(
        checkpoint=signed.checkpoint, tree=signed.tree, verifier=signed.verifier, signer=None
    )
    account = (await log.bundle(_programme(PROGRAMME), trusted)).account
    assert account.good
    assert any("nothing is left out" in one for one in account.unproved)


async def test_a_published_report_that_was_not_so_is_shown(tmp_path: Path) -> None:
    log = await told()
    await _publish_falsely(log)
    bundle = await log.bundle(_programme(PROGRAMME))
    assert bundle.account.discrepancies
    assert not bundle.account.failures
    verdict = verify_elsewhere(bundle.files, tmp_path)
    assert verdict.code == 1
    assert "NOT AS PUBLISHED: the report for m-2: implemented is 2" in verdict.text


async def _publish_falsely(log: SignedLog) -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    story = Telling(handler=CommandHandler(log.store, tzdata="2026a"), at=at, count=500)
    await story.tell(
        HoldMeeting, actor=HEAD, programme=PROGRAMME, meeting="m-2", title="Second", at=MEETING_AT
    )
    await publish(log, story, "m-2", too_many=1)


async def test_persons_are_ids_unless_openings_are_asked_for(tmp_path: Path) -> None:
    log = await told()
    closed = await log.bundle(Subject(kind="instruction", id=TAX))
    assert b"Officer 7" not in zipped(closed.files)
    assert all(b"Officer 7" not in file for file in closed.files.values())
    opened = await log.bundle(Subject(kind="instruction", id=TAX), openings=True)
    verdict = verify_elsewhere(opened.files, tmp_path)
    assert verdict.code == 0
    assert f"{OFFICER}: Officer 7" in verdict.text
    forged = opened.files["openings.json"].replace(b"Officer 7", b"Officer 8")
    account = verify.verify({**opened.files, "openings.json": forged})
    assert account.failures == [f"what is said of {OFFICER} is not what the log committed to"]
    without = {name: file for name, file in opened.files.items() if name != "openings.json"}
    assert verify.verify(without).good, "whoever passes it on may leave them out"


async def test_an_opening_tells_no_webhook_and_opens_the_commitment_all_the_same() -> None:
    log = await told()
    hooked = Person(
        person_id=OFFICER,
        name="Officer 7",
        email=None,
        webhook_url="https://example.org/hooks/7",
        webhook_secret=new_webhook_secret(),
        salt=bytes(32),
    )
    await log.persons.put(hooked)
    story = Telling(handler=CommandHandler(log.store, tzdata="2026a"), at=SIGNED_AT, count=900)
    await story.tell(
        ReplacePersonDetails, actor=ADMINISTRATOR, person=OFFICER, commitment=hooked.commitment
    )
    opened = await log.bundle(Subject(kind="instruction", id=TAX), openings=True)
    assert verify.verify(opened.files).good
    assert hooked.elsewhere.hex().encode() in opened.files["openings.json"]
    assert not any(b"hooks/7" in file or b"whsec_" in file for file in opened.files.values())
    other = hooked.elsewhere.hex().encode(), bytes(32).hex().encode()
    forged = opened.files["openings.json"].replace(*other)
    account = verify.verify({**opened.files, "openings.json": forged})
    assert account.failures == [f"what is said of {OFFICER} is not what the log committed to"]


async def test_whoever_was_told_by_a_digest_is_opened_as_well() -> None:
    log = await told()
    handler = CommandHandler(log.store, tzdata="2026a")
    before = await log.bundle(_programme(PROGRAMME), openings=True)
    reader = next(
        person
        for person in (await handler.directory()).commitments
        if person.encode() not in before.files["openings.json"]
    )
    story = Telling(handler=handler, at=SIGNED_AT, count=900)
    await story.tell(SendDigest, actor=HEAD, programme=PROGRAMME)
    asked_at = story.at
    await story.tell(
        BeginDigest,
        actor=SYSTEM,
        programme=PROGRAMME,
        due_at=asked_at,
        position=await log.store.head(),
        readers=[DigestReader(person=reader, channel="email", message_id="digest-1")],
    )
    after = await log.bundle(_programme(PROGRAMME), openings=True)
    assert verify.verify(after.files).good
    assert reader.encode() in after.files["openings.json"]


async def test_an_erased_person_is_erased_in_new_bundles_and_proved_in_old_ones() -> None:
    log = await told()
    old = await log.bundle(_programme(PROGRAMME), openings=True)
    await erase(log, OFFICER, datetime(2026, 11, 23, tzinfo=UTC))
    new = await log.bundle(_programme(PROGRAMME), openings=True)
    assert verify.verify(old.files).good
    assert f"{OFFICER}: erased" in new.account.text()
    assert b"Officer 7" not in new.files["openings.json"]
    assert b"Officer 7" in old.files["openings.json"]
    before, after = (loads(bundle.files["report.json"]) for bundle in (old, new))
    assert before["figures"] == after["figures"]
    assert before["measures"] == after["measures"]


async def test_erased_after_the_checkpoint_it_is_missing_and_said() -> None:
    log = await told()
    trusted = await log.trusted()
    await erase(log, OFFICER, datetime(2026, 11, 23, tzinfo=UTC))
    bundle = await make_bundle(
        log.store, Subject(kind="instruction", id=TAX), trusted, persons=log.persons
    )
    assert bundle.unopened == (OFFICER,)


def test_the_verifier_runs_on_python_3_8_with_nothing_but_its_library() -> None:
    tree = ast.parse(VERIFIER, feature_version=(3, 8))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names
    assert "zoneinfo" not in imported, "it is not there in 3.8"


def test_the_verifier_knows_the_versions_that_events_are_written_in() -> None:
    assert not VERSIONS, "teach audit/offline/verify.py the new version: see _check_body"
