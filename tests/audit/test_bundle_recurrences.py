"""A bundle holds the recurrence that issued its instruction, and none of a programme's occurrences is missing."""

import json
from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from audit.bundle import Subject
from audit.bundle_files import json_file, sha256_of
from audit.offline import verify
from domain.identifiers import instruction_id, recurrence_stream
from domain.recurrence import commands as r
from tests.audit.bundle_story import BEGIN
from tests.audit.bundles import SignedLog, Telling
from tests.programmes import HEAD, PROGRAMME, set_up

RETURN = "tax-return"
_PROGRAMME = Subject(kind="programme", id=PROGRAMME)
_INSTRUCTION = Subject(kind="instruction", id="RET-1")


@pytest.fixture
async def log() -> SignedLog:
    """Quarterly returns of a programme: two issued, one left out, and one issued after the programme was left."""
    log = SignedLog()
    story = Telling(handler=await set_up(log.store, persons=log.persons, at=BEGIN), at=BEGIN)
    about = {"actor": HEAD, "recurrence": RETURN}
    terms = {
        "title": "Quarterly return",
        "rule": "FREQ=YEARLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1",
        "first_day": date(2026, 3, 1),
        "number": "RET-{n}",
        "text": "Submit the return.",
        "issuer": "council",
        "controller": "council",
        "lead": "ministry",
    }
    await story.tell(r.StartRecurrence, **about, **terms, programme=PROGRAMME)
    check = {"actor": "system", "recurrence": RETURN}
    story.wait(60)
    await story.tell(r.CheckRecurrence, **check)
    await story.tell(r.SkipOccurrence, **about, day=date(2026, 6, 30), reason="A new form.")
    story.wait(180)
    await story.tell(r.CheckRecurrence, **check)
    await story.tell(r.ChangeRecurrence, **about, **terms, reason="No measure any more.")
    story.wait(90)
    await story.tell(r.CheckRecurrence, **check)
    return log


def _of(what: str, account: verify.Account) -> Sequence[str]:
    return [line for line in account.text().splitlines() if what in line]


async def test_an_instruction_comes_with_the_recurrence_that_issued_it(log: SignedLog) -> None:
    bundle = await log.bundle(Subject(kind="instruction", id="RET-3"))
    assert b'"OccurrenceSkipped"' in bundle.files["events.jsonl"]
    [told] = _of("recurrences", bundle.account)
    assert "1: 3 occurrences issued, 1 of them here, 1 skipped" in told


async def test_a_programme_comes_with_the_recurrences_that_issue_its_measures(
    log: SignedLog,
) -> None:
    bundle = await log.bundle(_PROGRAMME)
    [told] = _of("recurrences", bundle.account)
    assert "1: 3 occurrences issued, 2 of them here, 1 skipped" in told


@pytest.mark.parametrize(
    ("subject", "left_out", "saying"),
    [
        (_PROGRAMME, instruction_id("RET-1"), "issued RET-1 in this programme, and it is not here"),
        (_PROGRAMME, recurrence_stream(RETURN), "by its own words only"),
        (_INSTRUCTION, recurrence_stream(RETURN), "by its own words only"),
    ],
)
async def test_one_left_out_is_named_also_where_nobody_signed_the_manifest(
    log: SignedLog, subject: Subject, left_out: str, saying: str
) -> None:
    bundle = await log.bundle(subject)
    account = verify.verify(_without(bundle.files, left_out))
    [failure] = account.failures
    assert saying in failure
    assert account.first_bad is not None


def _without(files: Mapping[str, bytes], stream: str) -> Mapping[str, bytes]:
    """As somebody makes it who has no key, and leaves a stream out."""
    kept = [
        line
        for line in files["events.jsonl"].splitlines(keepends=True)
        if json.loads(line)["stream_id"] != stream
    ]
    assert len(kept) < len(files["events.jsonl"].splitlines())
    made = {name: file for name, file in files.items() if name != "manifest.note"}
    made["events.jsonl"] = b"".join(kept)
    manifest = json.loads(files["manifest.json"])
    del manifest["streams"][stream]
    manifest["files"]["events.jsonl"] = sha256_of(made["events.jsonl"])
    return {**made, "manifest.json": json_file(manifest)}
