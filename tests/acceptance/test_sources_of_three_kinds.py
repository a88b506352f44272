"""Three instructions come from a directive, an agreement and a treaty; the register and their histories show which."""

from collections import Counter
from datetime import date

from cli.history_view import history_json
from domain.identifiers import instruction_id
from domain.instruction.state import Unissued
from domain.instruction.terms import SourceDocument
from eventstore.replay import fold
from tests.acceptance.findings import UNION
from tests.acceptance.story import COMMITTEE, COUNCIL, Story

SOURCES = {
    "SO-1": SourceDocument(kind="directive", number="3", dated=date(2026, 1, 30)),
    "SO-2": SourceDocument(kind="agreement", number="A-14", dated=date(2025, 11, 6)),
    "SO-3": SourceDocument(kind="treaty", number="T-1999", dated=date(1999, 12, 8)),
}
ISSUERS = {"SO-1": COUNCIL, "SO-2": "region-gomel", "SO-3": COMMITTEE}
LEADS = {"SO-1": "taxes-ru", "SO-2": "region-bryansk", "SO-3": "joint-tax-committee"}


async def test_each_history_begins_with_the_document_it_comes_from(story: Story) -> None:
    await _issued_from_three_documents(story)
    for number, source in SOURCES.items():
        stored = await story.store.read_stream(instruction_id(number))
        issued = history_json(stored)[0]
        assert issued["type"] == "InstructionIssued"
        assert issued["source"] == source.model_dump(mode="json")


async def test_whatever_becomes_of_it_the_source_stays(story: Story) -> None:
    await _issued_from_three_documents(story)
    await story.until("2026-08-01")
    for number, source in SOURCES.items():
        state = fold(await story.store.read_stream(instruction_id(number)))
        assert not isinstance(state, Unissued)
        assert state.record.source == source
        assert (await story.row(number)).escalated, "its deadline has passed meanwhile"


async def test_all_three_stand_in_the_register_with_what_they_come_from(story: Story) -> None:
    await _issued_from_three_documents(story)
    rows = {row.number: row for row in await story.rows()}
    assert {number: (row.source_kind, row.source_number) for number, row in rows.items()} == {
        number: (source.kind, source.number) for number, source in SOURCES.items()
    }
    assert {number: row.issuer for number, row in rows.items()} == ISSUERS
    assert {number: row.lead for number, row in rows.items()} == LEADS


async def test_the_programmes_measures_come_from_documents_of_all_kinds(
    story_of_310_measures: Story,
) -> None:
    story = story_of_310_measures
    kinds = Counter(row.source_kind for row in await story.rows())
    assert kinds.total() == 310
    assert set(kinds) == {"decision", "directive", "agreement", "treaty", "protocol"}


async def _issued_from_three_documents(story: Story) -> None:
    await story.until("2026-02-02")
    for number, source in SOURCES.items():
        await story.charged(
            number,
            issuer=ISSUERS[number],
            lead=LEADS[number],
            source=source.model_dump(),
            deadline="2026-07-01",
            programme=UNION,
        )
