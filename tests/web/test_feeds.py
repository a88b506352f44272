"""A person's calendar, over HTTP from a real server, read as a calendar program reads it."""

import hashlib
import logging
import threading
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI, Request
from icalendar import Calendar

from access.feed_tokens import FeedTokens
from access.pool import open_access_pool
from cli.web_services import serve_web
from domain.attribution import RESERVED_PREFIX, Command
from domain.deadline import DeadlineRequest
from domain.directory.commands import ErasePerson, Substitute
from domain.identifiers import SYSTEM, instruction_id
from domain.instruction import commands as c
from domain.outcomes import Recorded
from eventstore.persons import Person, PostgresPersonStore
from notifications.calendar import DeadlineEntry, calendar
from readmodels.projector import open_projection_pool
from settings import Settings
from tests import staging as s
from tests.readmodels.staged import Staged, staged
from web.feeds import feeds
from web.serving import listen, serving

_N1 = instruction_id("N-1")


@dataclass(frozen=True, kw_only=True)
class Office:
    """One instruction, charged to the ministry, with the region helping; and the web before it."""

    at: Staged
    url: str
    tokens: FeedTokens
    reader: httpx.AsyncClient

    async def tell(self, type_: type[Command], actor: str, **fields: Any) -> None:
        command = type_.model_validate({"command_id": str(uuid4()), "actor": actor, **fields})
        outcome = await self.at.handler.handle(command, datetime.now(UTC))
        assert isinstance(outcome, Recorded), outcome
        await self.at.catch_up()

    async def token(self, person: str, language: str = "en") -> str:
        return await self.tokens.create(person, language)

    async def get(self, token: str, **headers: str) -> httpx.Response:
        return await self.reader.get(f"{self.url}/feeds/{token}.ics", headers=headers)

    async def entries(self, person: str) -> list[Any]:
        answer = await self.get(await self.token(person))
        assert answer.status_code == 200
        return list(Calendar.from_ical(answer.text).events)


@pytest.fixture
async def office(staged_url: str) -> AsyncIterator[Office]:
    async with (
        staged(staged_url, programmes=False) as at,
        open_access_pool(staged_url, pool_size=1) as access,
        serve_web(
            Settings(database_url=staged_url), listen("127.0.0.1", 0), tzdata=s.TZDATA
        ) as url,
        httpx.AsyncClient(trust_env=False, timeout=60) as reader,
    ):
        office = Office(at=at, url=url, tokens=FeedTokens(access), reader=reader)
        await office.tell(
            c.Issue,
            s.ISSUER,
            instruction=_N1,
            number="N-1",
            text="Согласовать правила; до запятой, и после",
            issuer=s.COUNCIL,
            controller=s.CONTROL,
            deadline=DeadlineRequest(on=date(2099, 3, 31)),
        )
        await office.tell(c.Assign, s.ISSUER, instruction=_N1, lead=s.MINISTRY)
        yield office


async def test_who_answers_for_it_or_controls_it_has_its_deadline(office: Office) -> None:
    for person in (s.LEAD, s.CONTROLLER):
        [entry] = await office.entries(person)
        assert str(entry["uid"]) == _N1
        assert entry["dtstart"].dt == date(2099, 3, 31)
        assert str(entry["status"]) == "CONFIRMED"
        assert str(entry["summary"]) == "[N-1] Согласовать правила; до запятой, и после"
        assert "Issued by: Council" in str(entry["description"])
        assert "Lead assignee: Ministry" in str(entry["description"])
    for person in (s.ISSUER, s.OPERATOR):
        assert await office.entries(person) == []


async def test_who_helps_has_it_too(office: Office) -> None:
    await office.tell(
        c.Reassign, s.ISSUER, instruction=_N1, lead=s.CONTROL, co_assignees=(s.MINISTRY,)
    )
    assert len(await office.entries(s.LEAD)) == 1
    assert len(await office.entries(s.CONTROLLER)) == 1, "leads and controls it, and has it once"


async def test_a_substitute_has_what_the_absent_person_has(office: Office) -> None:
    today = datetime.now(UTC).date()
    await office.tell(
        Substitute,
        "set-up",
        absent=s.LEAD,
        substitute=s.OPERATOR,
        since=today - timedelta(days=1),
        until=today + timedelta(days=7),
        reason="Leave.",
    )
    assert len(await office.entries(s.OPERATOR)) == 1


async def test_a_calendar_follows_the_instruction(office: Office) -> None:
    [before] = await office.entries(s.LEAD)
    await office.tell(c.Suspend, s.ISSUER, instruction=_N1, reason="Floods.")
    [stopped] = await office.entries(s.LEAD)
    assert str(stopped["status"]) == "TENTATIVE"
    at = datetime(2099, 6, 1, 12, tzinfo=UTC)
    await office.tell(c.Resume, s.ISSUER, instruction=_N1, deadline=DeadlineRequest(at=at))
    [moved] = await office.entries(s.LEAD)
    assert moved["dtstart"].dt == at
    assert before["sequence"] < stopped["sequence"] < moved["sequence"]
    await office.tell(c.Cancel, s.ISSUER, instruction=_N1, reason="Overtaken.")
    assert await office.entries(s.LEAD) == []


async def test_what_becomes_of_a_notice_moves_no_calendar(office: Office) -> None:
    token = await office.token(s.LEAD)
    before = await office.get(token)
    [notice, *_] = [n for n in await office.at.store.undelivered(_N1) if n.recipient == s.LEAD]
    told: dict[str, Any] = {
        "notice": notice,
        "detail": "it went out",
        "attempts": 1,
        "outcome": "delivered",
    }
    told["command_id"] = f"{RESERVED_PREFIX}{notice.version}"
    await office.tell(c.RecordDelivery, SYSTEM, instruction=_N1, **told)
    await office.tell(c.AcknowledgeNotice, s.LEAD, instruction=_N1, notice=notice)
    after = await office.get(token)
    assert after.headers["etag"] == before.headers["etag"]
    assert after.content == before.content


async def test_it_speaks_the_language_of_the_token(office: Office) -> None:
    answer = await office.get(await office.token(s.LEAD, "ru"))
    read: Any = Calendar.from_ical(answer.text)
    assert str(read["x-wr-calname"]) == "Сроки поручений"
    assert "Автор поручения: Council" in str(read.events[0]["description"])


async def test_what_has_not_changed_is_not_sent_again(office: Office) -> None:
    token = await office.token(s.LEAD)
    first = await office.get(token)
    etag = first.headers["etag"]
    assert first.headers["content-type"].startswith("text/calendar")
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["ratelimit-policy"].startswith('"person"'), "as whatever they ask for"
    age = datetime.now(UTC) - parsedate_to_datetime(first.headers["last-modified"])
    assert timedelta(0) <= age < timedelta(minutes=2)
    for held in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        same = await office.get(token, **{"if-none-match": held})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    await office.tell(c.Suspend, s.ISSUER, instruction=_N1, reason="Floods.")
    other = await office.get(token, **{"if-none-match": etag})
    assert other.status_code == 200
    assert other.headers["etag"] != etag


async def _unexpected(request: Request) -> None:
    raise AssertionError(request.url)


async def test_what_a_program_has_already_is_not_made_again_and_no_request_waits_while_one_is(
    office: Office,
) -> None:
    made_in: list[int] = []

    def render(entries: Iterable[DeadlineEntry], **how: Any) -> bytes:
        made_in.append(threading.get_ident())
        return calendar(entries, **how)

    counted: list[str] = []

    async def count(request: Request, person: str) -> None:
        del request
        counted.append(person)

    app, token = FastAPI(), await office.token(s.LEAD)
    async with (
        open_projection_pool(office.at.database_url, role="remit_auditor") as pool,
        serving(app, listen("127.0.0.1", 0)) as url,
    ):
        made = feeds(
            pool, FeedTokens(pool), office.at.handler.directory, _unexpected, count, render
        )
        app.include_router(made)
        made_in.clear()
        first = await office.reader.get(f"{url}/feeds/{token}.ics")
        held = {"if-none-match": first.headers["etag"]}
        same = await office.reader.get(f"{url}/feeds/{token}.ics", headers=held)
    assert (first.status_code, same.status_code) == (200, 304)
    assert counted == [s.LEAD] * 2
    [thread] = made_in
    assert thread != threading.get_ident(), "which serves the requests"


async def test_a_date_alone_proves_nothing_unchanged(office: Office) -> None:
    """A term of office that ends changes the calendar, and no event tells when."""
    later = "Thu, 31 Dec 2099 23:59:59 GMT"
    answer = await office.get(await office.token(s.LEAD), **{"if-modified-since": later})
    assert answer.status_code == 200


async def test_a_token_that_is_not_in_use_opens_nothing_and_is_not_told_apart(
    office: Office,
) -> None:
    revoked, erased = await office.token(s.LEAD), await office.token(s.OPERATOR)
    [known] = await office.tokens.all(s.LEAD)
    assert await office.tokens.revoke(known.id) == s.LEAD
    assert await office.tokens.revoke(known.id) is None
    assert (await office.tokens.all(s.LEAD))[0].revoked_at is not None
    await office.tell(ErasePerson, "set-up", person=s.OPERATOR, reason="At their request.")
    answers = [await office.get(token) for token in (revoked, erased, "unknown", revoked[:-1])]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    # Each counts as credentials that failed; after twenty the address is closed to those that would open something.
    for _ in range(16):
        assert (await office.get("unknown")).status_code == 404
    assert (await office.get(await office.token(s.LEAD))).status_code == 429


async def test_what_is_kept_of_a_token_does_not_open_the_calendar(office: Office) -> None:
    token = await office.token(s.LEAD)
    connection = await asyncpg.connect(office.at.database_url)
    try:
        row = dict(await connection.fetchrow("select * from remit.feed_tokens") or {})
    finally:
        await connection.close()
    assert row["token_hash"] == hashlib.sha256(token.encode()).digest()
    assert token not in repr(row)
    [listed] = await office.tokens.all()
    for kept in (listed.id, row["token_hash"].hex()):
        assert (await office.get(kept)).status_code == 404


async def test_erasing_a_person_erases_their_calendars(office: Office) -> None:
    await office.token(s.LEAD)
    kept = await office.token(s.CONTROLLER)
    async with PostgresPersonStore.open(office.at.database_url) as persons:
        await persons.put(Person(person_id=s.LEAD, name="Lead", email=None, salt=bytes(32)))
        assert await persons.erase(s.LEAD)
    assert [one.person_id for one in await office.tokens.all()] == [s.CONTROLLER]
    assert (await office.get(kept)).status_code == 200


async def test_the_address_is_not_written_to_the_log(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    token = await office.token(s.LEAD)
    with caplog.at_level(logging.INFO):
        await office.get(token)
    told = [one.getMessage() for one in caplog.records if one.name != "httpx"]  # the reader's own
    assert not [line for line in told if token in line]


async def test_nothing_else_is_there(office: Office) -> None:
    for path in ("/docs", "/openapi.json", "/feeds/", "/feeds/x"):
        assert (await office.reader.get(office.url + path)).status_code == 404
    assert (await office.reader.post(f"{office.url}/feeds/x.ics")).status_code == 405
    asked = await office.reader.head(f"{office.url}/feeds/{await office.token(s.LEAD)}.ics")
    assert (asked.status_code, asked.content) == (200, b"")
