"""An instruction played again event by event, held against itself at another moment, and proved."""

from uuid import uuid4

import pytest
import pytest_asyncio

from domain.identifiers import instruction_id
from tests.web.bureau import Bureau
from tests.web.console.pages import Page, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")

_TEXT, _MENDED = "As it was issued", "As it was mended later"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lived(desk: Bureau) -> tuple[Bureau, str]:
    """One that was issued, assigned, commented on, and whose text was corrected; and its notices' outcomes."""
    number = f"REPLAY-{uuid4()}"
    await desk.issued(number, text=_TEXT)
    await desk.done("p-issuer", number, "Assign", lead="ministry", co_assignees=["agency"])
    await desk.done("p-issuer", number, "SetObservers", observers=["region"])
    stored = await desk.store.read_stream(instruction_id(number))
    assigned = next(one.version for one in stored if one.type == "InstructionAssigned")
    notice = {"version": assigned, "recipient": "p-lead", "channel": "log"}
    await desk.done("p-lead", number, "AcknowledgeNotice", notice=notice)
    correction = {"version": 1, "field": "text", "value": _MENDED, "reason": "a slip"}
    await desk.done("p-issuer", number, "Correct", **correction)
    await desk.sign()
    return desk, number


async def _version(desk: Bureau, number: str, type_: str) -> int:
    stored = await desk.store.read_stream(instruction_id(number))
    return next(one.version for one in stored if one.type == type_)


async def _replay(
    desk: Bureau, number: str, person: str = "p-auditor", language: str = "en", **asked: object
) -> Page:
    return await visit(
        desk, person, f"/instructions/{number}/replay", language=language, params=asked
    )


async def test_it_opens_at_the_last_event_and_steps_to_the_one_before(
    lived: tuple[Bureau, str],
) -> None:
    desk, number = lived
    stored = await desk.store.read_stream(instruction_id(number))
    page = await _replay(desk, number)
    last = stored[-1].version
    slider = page.main.one("input", id="version")
    assert (slider["min"], slider["max"], slider["value"]) == ("1", str(last), str(last))
    steps = {
        one["data-step"]: one["href"] for one in page.main.all("a") if "data-step" in one.attributes
    }
    assert set(steps) == {"Home", "ArrowLeft"}
    assert steps["ArrowLeft"] == f"/instructions/{number}/replay?version={last - 1}"
    assert (await visit(desk, "p-auditor", steps["ArrowLeft"])).main.one("input", id="version")[
        "value"
    ] == str(last - 1)


async def test_an_event_is_told_with_what_it_changed_and_what_is_stored_of_it(
    lived: tuple[Bureau, str],
) -> None:
    desk, number = lived
    version = await _version(desk, number, "InstructionAssigned")
    page = await _replay(desk, number, version=version)
    changes = [one.text for one in page.main.one(id="changes").all("li")]
    assert "State: Issued → Assigned" in changes
    assert "Lead assignees: Ministry" in changes
    stored = (await desk.store.read_stream(instruction_id(number)))[version - 1]
    text = page.main.text
    assert "P-Issuer" in text
    assert f"Leaf {stored.position - 1} of the tree" in text
    assert stored.command_id in text
    assert '"co_assignees": [ "agency" ]' in page.main.one("pre").text
    proof = (await desk.get("p-auditor", f"/instructions/{number}/proof")).json()["proofs"]
    assert proof[version - 1]["entry"] in text
    russian = await _replay(desk, number, language="ru", version=version)
    assert "Состояние: Выдано → Назначен исполнитель" in [
        one.text for one in russian.main.one(id="changes").all("li")
    ]


async def test_a_correction_counts_from_where_it_was_recorded(lived: tuple[Bureau, str]) -> None:
    desk, number = lived
    corrected = await _version(desk, number, "Corrected")
    before = await _replay(desk, number, version=corrected - 1)
    assert _TEXT in before.main.one("table").text
    after = await _replay(desk, number, version=corrected)
    assert f"Text: {_TEXT} → {_MENDED}" in [
        one.text for one in after.main.one(id="changes").all("li")
    ]


async def test_events_about_notices_are_for_who_may_see_its_deliveries(
    lived: tuple[Bureau, str],
) -> None:
    desk, number = lived
    acknowledged = await _version(desk, number, "NotificationAcknowledged")
    seen = await _replay(desk, number, version=acknowledged)
    assert "Notification acknowledged" in seen.main.one(id="event").text
    lead = await _replay(desk, number, "p-lead", version=acknowledged)
    assert "Notification" not in lead.main.one(id="event").text
    assert int(lead.main.one("input", id="version")["value"]) < acknowledged
    assert not [one for one in lead.main.all("a") if "/proof" in one["href"]]


async def test_as_of_an_earlier_moment_there_are_only_the_events_by_then(
    lived: tuple[Bureau, str],
) -> None:
    desk, number = lived
    assigned = await _version(desk, number, "InstructionAssigned")
    stored = await desk.store.read_stream(instruction_id(number))
    then = stored[assigned - 1].recorded_at
    last = max(one.version for one in stored if one.recorded_at <= then)
    at = {"as_of": then.isoformat(), "by": "recorded"}
    page = await _replay(desk, number, **at)
    assert page.main.one("input", id="version")["max"] == str(last)
    assert last < stored[-1].version
    assert page.main.one("input", name="as_of")["value"] == at["as_of"]
    assert (await _replay(desk, number, as_of="2020-01-01")).status == 404


@pytest.mark.parametrize("behind", ["replay", "difference", "proof"])
async def test_who_only_observes_reads_no_history_and_a_stranger_learns_nothing(
    lived: tuple[Bureau, str], behind: str
) -> None:
    desk, number = lived
    assert (await visit(desk, "p-region", f"/instructions/{number}/{behind}")).status == 403
    assert (await visit(desk, "p-stranger", f"/instructions/{number}/{behind}")).status == 404


async def test_two_moments_are_held_against_each_other_with_the_events_between(
    lived: tuple[Bureau, str],
) -> None:
    desk, number = lived
    stored = await desk.store.read_stream(instruction_id(number))
    corrected = await _version(desk, number, "Corrected")
    asked = {
        "from": stored[0].recorded_at.isoformat(),
        "to": stored[corrected - 1].recorded_at.isoformat(),
        "by": "recorded",
    }
    page = await visit(desk, "p-auditor", f"/instructions/{number}/difference", params=asked)
    changed, events = list(page.main.all("tbody"))
    rows = {row.one("th").text: [cell.text for cell in row.all("td")] for row in changed.all("tr")}
    assert rows["State"] == ["Issued", "Assigned"]
    assert rows["Text"] == [_TEXT, _MENDED]
    assert "Original deadline" not in rows
    versions = [int(row.one("th").text) for row in events.all("tr")]
    first = sum(one.recorded_at <= stored[0].recorded_at for one in stored)
    assert versions == list(range(first + 1, corrected + 1))


async def test_by_default_the_last_30_days_are_told_and_moments_the_wrong_way_round_refused(
    lived: tuple[Bureau, str],
) -> None:
    desk, number = lived
    path = f"/instructions/{number}/difference"
    page = await visit(desk, "p-lead", path)
    assert "By the earlier of the two moments it was not there yet." in page.main.text
    assert "Notification delivered" not in page.main.text
    asked = {"from": "2026-03-02T10:00", "to": "2026-03-01T10:00"}
    refused = await visit(desk, "p-lead", path, params=asked)
    assert (refused.status, "exchange them" in refused.text) == (422, True)


async def test_each_event_is_proved_and_what_no_checkpoint_covers_is_said(
    lived: tuple[Bureau, str],
) -> None:
    desk, number = lived
    path = f"/instructions/{number}/proof"
    one = await visit(desk, "p-auditor", path, params={"version": 1})
    assert "1 event is proved to be in the signed log." in one.main.text
    assert len(list(one.main.one("tbody").all("tr"))) == 1
    await desk.done("p-issuer", number, "Comment", text="after the last checkpoint")
    whole = await visit(desk, "p-auditor", path)
    assert "covered by no checkpoint yet" in whole.main.text
    assert "ещё не охвач" in (await visit(desk, "p-auditor", path, language="ru")).main.text
