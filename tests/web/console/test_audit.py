"""The pages of an audit: what auditors see of the trail, what they have examined and take along, and who does not."""

import asyncio
import re
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import urlparse
from uuid import uuid4
from zipfile import ZipFile

import pytest
import pytest_asyncio
from pydantic import TypeAdapter

from audit.offline import verify
from domain.identifiers import instruction_id
from domain.instruction.commands import ClientCommand
from domain.outcomes import Recorded
from tests.web.bureau import CONTROL, COUNCIL, Bureau
from tests.web.console.pages import Page, submit, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")
_COMMANDS: TypeAdapter[ClientCommand] = TypeAdapter(ClientCommand)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def signed(desk: Bureau) -> tuple[Bureau, str]:
    """The desk, and the number of an instruction all of whose events are covered."""
    number = f"AUDIT-{uuid4()}"
    await desk.issued(number)
    await desk.sign()
    await desk.done("p-issuer", number, "Assign", lead="ministry")
    await desk.sign()
    return desk, number


async def _status(desk: Bureau) -> dict[str, int]:
    return (await desk.get("p-auditor", "/audit/status")).json()


def _links(page: Page) -> set[str]:
    return {one["href"] for one in page.main.all("a")}


async def test_an_auditor_begins_with_how_far_the_log_is_covered(
    signed: tuple[Bureau, str],
) -> None:
    desk, _ = signed
    before = await _status(desk)
    page = await visit(desk, "p-auditor", "/audit")
    assert (page.status, page.main.one("h1").text) == (200, "Audit")
    assert f"Covered by a checkpoint {before['covered']:,}" in page.main.text
    key = (await desk.get("p-auditor", "/audit/key")).json()
    assert key["verifier_key"] in page.main.text
    assert {"/audit/verification", "/audit/completeness", "/audit/access"} < _links(page)
    russian = await visit(desk, "p-auditor", "/audit", language="ru")
    assert "Событий в журнале" in russian.main.text


async def test_whoever_audits_a_body_below_sees_the_trail_and_nothing_of_the_whole_log(
    signed: tuple[Bureau, str],
) -> None:
    desk, _ = signed
    page = await visit(desk, "p-ministry-auditor", "/audit")
    assert page.status == 200
    assert not {"/audit/verification", "/audit/completeness", "/audit/access"} & _links(page)
    assert not list(page.main.all("form", method="post"))
    for path in ("verification", "completeness", "access"):
        refused = await visit(desk, "p-ministry-auditor", f"/audit/{path}")
        assert (refused.status, "forbidden" in refused.text) == (403, True)
    for path in ("verification", "completeness"):
        assert (await submit(desk, "p-ministry-auditor", f"/audit/{path}", {})).status == 403


@pytest.mark.parametrize(
    "path", ["", "/verification", "/completeness", "/checkpoints", "/bundles", "/access"]
)
async def test_the_pages_are_for_auditors(signed: tuple[Bureau, str], path: str) -> None:
    desk, _ = signed
    assert (await visit(desk, "p-issuer", f"/audit{path}")).status == 403


async def test_it_is_found_what_is_to_be_looked_into(signed: tuple[Bureau, str]) -> None:
    desk, number = signed
    found = await visit(desk, "p-auditor", "/audit/subject", params={"name": f" {number} "})
    assert (found.status, found.headers["location"]) == (303, f"/instructions/{number}/replay")
    for person, name in (("p-auditor", "none such"), ("p-other-auditor", number)):
        lost = await visit(desk, person, "/audit/subject", params={"name": name})
        assert (lost.status, name in lost.text) == (404, True)


async def test_the_whole_log_is_verified_on_request_and_that_is_noted(
    signed: tuple[Bureau, str],
) -> None:
    desk, _ = signed
    await desk.sign()
    before = (await _status(desk))["events"]
    page = await _examined(desk, "verification")
    after = (await _status(desk))["events"]
    assert "Intact:" in page.main.text
    assert "Asked for by P-Auditor" in page.main.text
    [found] = re.findall(r"Events in the log ([\d,]+)", page.main.text)
    assert before <= int(found.replace(",", "")) <= after, "others record meanwhile"
    asked = {"person": "p-auditor", "outcome": "read"}
    log = (await desk.get("p-auditor", "/audit/access-log", params=asked)).json()["items"]
    assert ("POST", "/audit/verification") in [(one["method"], one["route"]) for one in log]
    russian = await visit(desk, "p-auditor", "/audit/verification", language="ru")
    assert "Не изменён" in russian.main.text
    assert "intact" in (await visit(desk, "p-auditor", "/audit")).main.text


async def test_what_verification_finds_is_named(signed: tuple[Bureau, str]) -> None:
    desk, _ = signed
    with _one_is_lost_outside(desk) as lost:
        page = await _examined(desk, "verification")
    assert "Intact" not in page.main.text
    [row] = [row for row in page.main.one("tbody").all("tr") if str(lost) in row.text]
    assert next(row.all("td")).text == "Checkpoints"
    assert "finding" in (await visit(desk, "p-auditor", "/audit")).main.text
    await _examined(desk, "verification")  # so that the next test is told nothing of this


@contextmanager
def _one_is_lost_outside(desk: Bureau) -> Generator[int]:
    """The first checkpoint; gives its number."""
    assert desk.settings.audit_url is not None
    file = min((Path(urlparse(desk.settings.audit_url).path) / "checkpoints").iterdir())
    held = file.read_bytes()
    file.unlink()
    try:
        yield int(file.name)
    finally:
        file.write_bytes(held)


async def _examined(desk: Bureau, what: str) -> Page:
    """The page once it has ended."""
    begun = await submit(desk, "p-auditor", f"/audit/{what}", {})
    assert (begun.status, begun.headers["location"]) == (303, f"/audit/{what}")
    async with asyncio.timeout(30):
        while True:
            page = await visit(desk, "p-auditor", f"/audit/{what}")
            if "Ended" in page.main.text:
                return page
            await asyncio.sleep(0.05)


async def test_what_is_left_undone_is_named_with_what_to_do(
    signed: tuple[Bureau, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, _ = signed
    number = f"AUDIT-{uuid4()}"
    said = {"issuer": COUNCIL, "controller": CONTROL, "deadline": {"on": "2099-03-31"}}
    command = {
        "type": "Issue",
        "command_id": str(uuid4()),
        "actor": "p-issuer",
        "instruction": instruction_id(number),
        "number": number,
        "text": "What no workflow conducts",
        **said,
    }
    # Past Temporal, which is told of it below; and what was recorded just now counts at once.
    outcome = await desk.handler.handle(_COMMANDS.validate_python(command), datetime.now(UTC))
    assert isinstance(outcome, Recorded)
    monkeypatch.setattr("cli.examining.GRACE", timedelta(0))
    page = await _examined(desk, "completeness")
    await desk.done("p-issuer", number, "Comment", text="conducted")
    rows = [row for table in page.main.all("tbody") for row in table.all("tr")]
    [row] = [row for row in rows if number in row.text]
    assert "Open, and no workflow runs" in row.text
    assert row.one("a")["href"] == f"/instructions/{number}"
    assert any("remit recover" in row.text for row in rows)


async def test_checkpoints_come_newest_first_and_one_is_proved_to_continue_the_other(
    signed: tuple[Bureau, str],
) -> None:
    desk, _ = signed
    page = await visit(desk, "p-auditor", "/audit/checkpoints")
    rows = list(page.main.one("tbody").all("tr"))
    numbers = [int(row.one("th").text) for row in rows]
    assert numbers == sorted(numbers, reverse=True)
    size = int(next(rows[-1].all("td")).text.replace(",", ""))
    note = next(rows[-1].all("a"))["href"]
    assert note == f"/api/v1/audit/checkpoints/{size}"
    proved = await visit(desk, "p-auditor", "/audit/checkpoints", params={"from": size, "to": ""})
    told = (await desk.get("p-auditor", "/audit/consistency", params={"from": size})).json()
    assert told["new_root"] in proved.main.one(id="proved").text
    for asked, status, said in (
        ({"from": 10**9}, 409, "covers"),
        ({"from": 2, "to": 1}, 422, "comes first"),
    ):
        refused = await visit(desk, "p-auditor", "/audit/checkpoints", params=asked)
        assert refused.status == status
        assert said in refused.main.one(id="consistency-errors").text
        assert refused.main.one("input", id="from")["value"] == str(asked["from"])


async def test_a_bundle_is_downloaded_and_holds(signed: tuple[Bureau, str]) -> None:
    desk, number = signed
    form = (await visit(desk, "p-auditor", "/audit/bundles", params={"name": number})).main
    assert form.one("input", id="name")["value"] == number
    key = (await desk.get("p-auditor", "/audit/key")).json()["verifier_key"]
    assert f'python verify.py --key "{key}"' in form.text
    headers = {"authorization": f"Bearer {await desk.token('p-auditor')}", "accept": "text/html"}
    asked = {"kind": "instruction", "name": number, "checkpoint": "", "openings": "true"}
    answer = await desk.client.get("/audit/bundle", params=asked, headers=headers)
    assert answer.headers["content-type"] == "application/zip", answer.text
    with ZipFile(BytesIO(answer.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert not verify.verify(files, key).failures
    assert "p-issuer@example.org" in files["openings.json"].decode()


async def test_what_no_checkpoint_covers_is_said_where_bundles_are_made(
    signed: tuple[Bureau, str],
) -> None:
    desk, _ = signed
    await desk.issued(f"AUDIT-{uuid4()}")
    form = (await visit(desk, "p-auditor", "/audit/bundles")).main.one("form", id="bundle").text
    assert "for a checkpoint, the first for" in form
    assert "in no bundle before the next one is signed" in form


async def test_why_there_is_no_bundle_stands_beside_the_field(signed: tuple[Bureau, str]) -> None:
    desk, number = signed
    for asked, status, field in (
        ({"kind": "instruction", "name": ""}, 422, "name"),
        ({"kind": "instruction", "name": number, "checkpoint": "1"}, 409, "checkpoint"),
        ({"kind": "programme", "name": "no id"}, 404, "name"),
    ):
        page = await visit(desk, "p-auditor", "/audit/bundle", params=asked)
        assert page.status == status, asked
        assert page.main.one(id=f"{field}-errors").text
        assert page.main.one("input", id=field)["aria-invalid"] == "true"
        assert page.main.one("input", id="name")["value"] == asked["name"]
    refused = await visit(desk, "p-other-auditor", "/audit/bundle", params={"name": number})
    assert refused.status == 404
    below = await visit(desk, "p-ministry-auditor", "/audit/bundles")
    assert not list(below.main.all("input", name="openings"))


async def test_the_log_of_access_is_chosen_by_person_outcome_and_span(
    signed: tuple[Bureau, str],
) -> None:
    desk, number = signed
    await desk.get("p-stranger", f"/instructions/{number}/proof")
    asked = {"person": "p-stranger", "outcome": "refused", "since": "", "until": ""}
    page = await visit(desk, "p-auditor", "/audit/access", params=asked)
    row = next(page.main.one("tbody").all("tr"))
    assert "P-Stranger" in row.text
    assert "not-found" in row.text
    assert f"/instructions/{number}" in [one["href"] for one in row.all("a")]
    future = {"since": "2999-01-01T00:00"}
    nothing = await visit(desk, "p-auditor", "/audit/access", params=future)
    assert "Nothing fits." in nothing.main.text
    bad = await visit(desk, "p-auditor", "/audit/access", params={"since": "yesterday"})
    assert (bad.status, "since" in bad.text) == (422, True)
    then = await visit(desk, "p-auditor", "/audit/access", params={"as_of": "2026-01-01"})
    assert then.one("form", id="filter").one("input", name="as_of")["value"] == "2026-01-01"
    first = await visit(desk, "p-auditor", "/audit/access")
    newest = next(first.main.one("tbody").all("tr"))
    assert "GET /audit/access" in newest.text


async def test_a_page_that_is_always_as_of_now_says_so(signed: tuple[Bureau, str]) -> None:
    desk, _ = signed
    page = await visit(desk, "p-auditor", "/audit", params={"as_of": "2026-01-01"})
    assert page.one("p", role="note").text == "This page is always as of now."


async def test_who_is_refused_is_noted_with_what_they_asked_about(desk: Bureau) -> None:
    """Where the page's address names it in its query, or the form does, as well."""
    number = f"AUDIT-{uuid4()}"
    await desk.issued(number)
    await desk.token("p-region")
    [theirs, *_] = await desk.tokens.all("p-region")
    refused = (
        ("p-stranger", await visit(desk, "p-stranger", f"/escalations?act={number}"), number),
        ("p-stranger", await submit(desk, "p-stranger", f"/escalations?act={number}", {}), number),
        ("p-other-auditor", await visit(desk, "p-other-auditor", f"/audit/subject?name={number}"), number),
        ("p-other-auditor", await visit(desk, "p-other-auditor", f"/audit/bundle?name={number}"), number),
        ("p-lead", await submit(desk, "p-lead", "/setup/tokens", {"revoke": theirs.id}), theirs.id),
    )  # fmt: skip
    assert {page.status for _, page, _ in refused} == {404}
    asked = {"outcome": "refused", "limit": len(refused)}
    lines = (await desk.get("p-auditor", "/audit/access-log", params=asked)).json()["items"]
    noted = [(one["person"], one["subject"]) for one in reversed(lines)]
    assert noted == [(person, subject) for person, _, subject in refused]
