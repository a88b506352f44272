"""A programme's digest: what changed within the time, what comes next, and how it is written."""

import re
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from functools import partial

import pytest_asyncio

from cli.devstack import EmbeddedPostgres
from cli.digest import digest_json
from digests.compose import Digest, compose_digest
from digests.pages import as_html, as_markdown, as_text
from digests.wording import WORDING, Wording
from domain.deadline import DeadlineRequest
from domain.identifiers import SYSTEM, instruction_id, programme_stream
from domain.instruction import commands as c
from domain.outcomes import Recorded
from domain.programme.decisions import programme_decider
from eventstore.codec import decoded
from tests import staging as s
from tests.conftest import fresh_database
from tests.readmodels.random_lives import BEGIN
from tests.readmodels.staged import Staged, staged

_DAY = timedelta(days=1)
_SINCE = BEGIN + 20 * _DAY
_NOW = BEGIN + 27 * _DAY
_WRITTEN = "Agree *all* of it | with [us](x) & <b>them</b>."
_DUE = {
    "done": 23,
    "done-late": 18,
    "done-before": 18,
    "late": 22,
    "late-before": 15,
    "extended": 25,
    "changed": 60,
    "soon": 30,
    "later": 40,
    "far": 90,
}
"""In so many days after the beginning each of them is due."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def digest(postgres: EmbeddedPostgres, staged_database: str) -> AsyncIterator[Digest]:
    async with fresh_database(postgres, staged_database) as url, staged(url) as at:
        await _story(at)
        yield await _composed(at)


async def _composed(at: Staged) -> Digest:
    await at.catch_up()
    stream = await at.store.read_stream(programme_stream("first"))
    programme = programme_decider.replay(decoded(stream))
    assert programme is not None
    return await compose_digest(at.store, at.pool, programme, _SINCE, _NOW)


async def _does(
    at: Staged,
    number: str,
    day: int,
    who: str,
    what: type[c.InstructionCommand],
    /,
    **said: object,
) -> None:
    envelope = {"command_id": f"{number}-{what.__name__}-{day}", "actor": who}
    command = what.model_validate({**envelope, "instruction": instruction_id(number), **said})
    outcome = await at.handler.handle(command, BEGIN + day * _DAY)
    assert isinstance(outcome, Recorded), outcome


async def _begun(at: Staged, due: Mapping[str, int]) -> None:
    """Each is due in so many days after the beginning, and worked on."""
    founding = {"issuer": s.COUNCIL, "controller": s.CONTROL, "programme": "first"}
    for number, days in due.items():
        told = {"number": number, "deadline": DeadlineRequest(at=BEGIN + days * _DAY), **founding}
        await _does(at, number, 0, s.ISSUER, c.Issue, text=_WRITTEN, **told)
        await _does(at, number, 1, s.ISSUER, c.Assign, lead=s.MINISTRY)
        await _does(at, number, 2, s.LEAD, c.Acknowledge)


async def _story(at: Staged) -> None:
    does = partial(_does, at)
    await _begun(at, _DUE)
    await does("done-before", 10, s.LEAD, c.SubmitReport, text="Done.")
    await does("done-before", 11, s.CONTROLLER, c.Accept)
    for number, day in {"done": 21, "done-late": 22}.items():
        await does(number, day, s.LEAD, c.SubmitReport, text="Done.")
        await does(number, 23, s.CONTROLLER, c.Accept)
    until = DeadlineRequest(at=BEGIN + 50 * _DAY)
    await does("extended", 21, s.LEAD, c.RequestExtension, until=until, reason="It is late.")
    await does("extended", 22, s.CONTROLLER, c.ApproveExtension)
    sooner = DeadlineRequest(on=date(2024, 2, 20))
    await does("changed", 22, s.ISSUER, c.ChangeDeadline, deadline=sooner, reason="Brought on.")
    await does("late-before", 17, SYSTEM, c.CheckDeadlines)
    await does("late", 24, SYSTEM, c.CheckDeadlines)
    await does("far", 25, s.OPERATOR, c.Escalate, to="issuer-head", reason="Nobody answers.")


def test_it_tells_what_changed_within_the_time_and_nothing_of_before(digest: Digest) -> None:
    assert sorted(one.number for one in digest.completed) == ["done", "done-late"]
    assert [one.number for one in digest.became_late] == ["late"]
    moved = {one.measure.number: (one.later, one.why) for one in digest.moved}
    assert moved == {"extended": (True, "extension approved"), "changed": (False, "Brought on.")}
    escalated = {(one.number, one.sent_to) for one in digest.escalated}
    assert escalated == {("late", "controller"), ("far", "issuer-head")}


async def test_late_by_a_milestone_it_is_late_since_that_day(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await _begun(at, {"by-milestone": 90, "by-deadline": 23})
        draft = {"id": "draft", "title": "A draft.", "due": DeadlineRequest(at=BEGIN + 21 * _DAY)}
        await _does(at, "by-milestone", 3, s.ISSUER, c.SetMilestones, milestones=(draft,))
        digest = await _composed(at)
    assert [one.number for one in digest.became_late] == ["by-milestone", "by-deadline"]
    text = as_text(digest)
    assert re.search(r"by-milestone +ministry +2024-01-29, milestone ", text)
    assert re.search(r"by-deadline +ministry +2024-01-31 ", text)
    assert "2024-01-29, этап" in as_text(digest, "ru")
    first, second = digest_json(digest)["became_late"]
    assert (first["late_since"], first["late_for"]) == (BEGIN + 21 * _DAY, "milestone")
    assert (second["late_since"], second["late_for"]) == (BEGIN + 23 * _DAY, "deadline")


async def test_whatever_moved_a_deadline_it_says_why(staged_url: str) -> None:
    async with staged(staged_url) as at:
        does = partial(_does, at)
        await _begun(at, dict.fromkeys(("returned", "reopened", "resumed"), 60))
        for number in ("returned", "reopened"):
            await does(number, 16, s.LEAD, c.SubmitReport, text="Done.")
        await does("reopened", 17, s.CONTROLLER, c.Accept)
        await does("resumed", 18, s.ISSUER, c.Suspend, reason="Floods.")
        later = {"deadline": DeadlineRequest(at=BEGIN + 80 * _DAY)}
        await does("returned", 22, s.CONTROLLER, c.Return, reason="Half of it.", **later)
        await does("reopened", 22, s.ISSUER, c.Reopen, reason="Not true.", **later)
        await does("resumed", 22, s.ISSUER, c.Resume)
        digest = await _composed(at)
    why = {one.measure.number: one.why for one in digest.moved}
    assert why == {"returned": "Half of it.", "reopened": "Not true.", "resumed": "resumed"}
    assert re.search("resumed .* later  resumed\n", as_text(digest))
    assert "исполнение возобновлено" in as_text(digest, "ru")


def test_it_tells_what_is_due_in_this_week_and_in_the_next(digest: Digest) -> None:
    assert [work.row.number for work in digest.due_in_a_week] == ["soon"]
    assert [work.row.number for work in digest.due_in_two] == ["later"]


def test_figures_and_discipline_are_told_then_and_now(digest: Digest) -> None:
    assert (digest.then.implemented, digest.now.implemented) == (1, 3)
    assert (digest.then.behind_schedule, digest.now.behind_schedule) == (2, 2)
    (ministry,) = digest.discipline
    assert (ministry.body, ministry.then, ministry.now) == (s.MINISTRY, "80 %", "70 %")
    assert ministry.now == digest.now.execution_discipline
    assert ministry.late == 3


def test_in_plain_text_every_section_is_there_and_nothing_is_styled(digest: Digest) -> None:
    text = as_text(digest)
    assert text.startswith("First: 2024-01-28 to 2024-02-04\n====")
    for heading in ("Completed: 2", "Became late: 1", "Deadlines moved: 2", "Escalated: 2"):
        assert f"\n{heading}\n" in text
    assert "80 %" in text
    assert _WRITTEN in text


def test_what_somebody_wrote_has_no_effect_in_markdown_or_html(digest: Digest) -> None:
    markdown = as_markdown(digest)
    assert r"Agree \*all\* of it \| with \[us\](x) \& \<b\>them\</b\>." in markdown
    (completed,) = re.findall(r"## Completed: 2\n\n((?:\|.*\n)+)", markdown)
    columns = {len(re.split(r"(?<!\\)\|", line)) for line in completed.splitlines()}
    assert columns == {7}, "no text makes a column"
    page = as_html(digest)
    assert "<b>" not in page
    body = ET.fromstring(page[page.index("<body>") : page.index("</body>") + len("</body>")])  # noqa: S314 - our own page
    assert [one.text for one in body.iter("h2")][1] == "Completed: 2"
    cells = {cell.text for cell in body.iter("td")}
    assert _WRITTEN in cells, "it is read back as it was written"


def test_where_nothing_happened_it_says_so(digest: Digest) -> None:
    quiet = replace(
        digest,
        completed=(),
        became_late=(),
        moved=(),
        escalated=(),
        due_in_a_week=(),
        due_in_two=(),
        discipline=(),
        restated=2,
    )
    for written in (as_text(quiet), as_markdown(quiet), as_html(quiet)):
        assert "Nothing was escalated." in written
        assert "No body&#39;s changed." in written or "No body's changed." in written
        assert "Entered late since then: 2 changes" in written


def test_every_word_of_its_own_is_there_in_russian_too() -> None:
    for field in fields(Wording):
        english, russian = (getattr(WORDING[language], field.name) for language in ("en", "ru"))
        assert english.count("{}") == russian.count("{}"), field.name
        if field.name != "title":
            assert re.search(r"[а-яё]", russian, re.IGNORECASE), field.name


def test_in_russian_it_says_the_same(digest: Digest) -> None:
    text, page = as_text(digest, "ru", due_at=_NOW), as_html(digest, "ru", due_at=_NOW)
    for heading in ("Исполнено: 2", "Новые отставания: 1", "Сроки изменены: 2", "Эскалировано: 2"):
        assert f"\n{heading}\n" in text
        assert f"<h2>{heading}</h2>" in page
    assert "срок продлён" in text
    assert "Срок отправки этой сводки" in page
