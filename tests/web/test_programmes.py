"""Programmes and recurrences over HTTP: kept, counted, published, compared; by whom, and hidden from whom."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.web.bureau import COUNCIL, MINISTRY, Bureau

pytestmark = pytest.mark.asyncio(loop_scope="session")

_PERIOD = {"period_start": "2026-01-01", "period_end": "2028-12-31"}


def _id() -> str:
    return f"P-{uuid4()}"


async def _adopted(desk: Bureau, body: str = COUNCIL, by: str = "p-issuer") -> str:
    programme = _id()
    said = {"type": "AdoptProgramme", "programme": programme, "title": "Programme", "body": body}
    answer = await desk.ask(by, "POST", "/programmes", json={**said, **_PERIOD})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"].endswith(programme)
    return programme


async def _command(
    desk: Bureau, person: str, programme: str, type_: str, *, key: str | None = None, **said: Any
) -> httpx.Response:
    path = f"/programmes/{programme}/commands"
    return await desk.ask(person, "POST", path, key=key, json={"type": type_, **said})


async def _done(desk: Bureau, programme: str, type_: str, **said: Any) -> int:
    answer = await _command(desk, "p-issuer", programme, type_, **said)
    assert answer.status_code == 200, answer.text
    return answer.json()["position"]


async def _measures(desk: Bureau, programme: str) -> int:
    """Two: the ministry has carried out the one, and the region is charged with the other."""
    position = 0
    for number, lead in ((f"{programme}-1", MINISTRY), (f"{programme}-2", "region")):
        await desk.issued(number, programme=programme, sector="tax")
        position = await desk.done("p-issuer", number, "Assign", lead=lead)
    for person, type_, said in (
        ("p-lead", "Acknowledge", {}),
        ("p-lead", "SubmitReport", {"text": "done"}),
        ("p-controller", "Accept", {}),
    ):
        position = await desk.done(person, f"{programme}-1", type_, **said)
    return position


async def test_a_programme_is_drafted_adopted_and_closed_by_its_body(desk: Bureau) -> None:
    programme = _id()
    draft = {"type": "DraftProgramme", "programme": programme, "title": "A draft", **_PERIOD}
    drafted = await desk.ask("p-issuer", "POST", "/programmes", json={**draft, "body": COUNCIL})
    assert drafted.status_code == 201, drafted.text
    foreseen = await desk.ask(
        "p-issuer",
        "POST",
        f"/programmes/{programme}/commands",
        params={"dry_run": True},
        json={"type": "AdoptProgramme"},
    )
    assert [one["type"] for one in foreseen.json()["events"]] == ["ProgrammeAdopted"]
    seen = await desk.get("p-issuer", f"/programmes/{programme}")
    assert seen.json()["phase"] == "Drafted"
    sectors = [{"id": "tax", "name": "Taxes"}]
    await _done(desk, programme, "AdoptProgramme", title="Adopted")
    await _done(desk, programme, "SetSectors", sectors=sectors)
    late = await desk.ask(
        "p-issuer",
        "POST",
        f"/programmes/{programme}/commands",
        json={"type": "CloseProgramme"},
        headers={"if-match": seen.headers["etag"]},
    )
    assert (late.status_code, late.json()["code"]) == (412, "changed-meanwhile")
    await _done(desk, programme, "ScheduleDigest", weekday="Mon", hour="09:00")
    told = (await desk.get("p-auditor", f"/programmes/{programme}")).json()
    assert (told["phase"], told["title"], told["sectors"]) == ("Adopted", "Adopted", sectors)
    assert (told["digest"]["weekday"], told["digest"]["hour"]) == ("Mon", "09:00:00")
    await _done(desk, programme, "CloseProgramme")
    refused = await _command(desk, "p-issuer", programme, "SetSectors", sectors=[])
    assert (refused.status_code, refused.json()["code"]) == (409, "not-in-this-phase")


async def test_figures_and_report_are_for_the_body_and_those_above_it_and_a_line_for_whom_it_charges(
    desk: Bureau,
) -> None:
    programme = await _adopted(desk)
    position = await _measures(desk, programme)
    seen = {"at_least": position}
    figures = (await desk.get("p-auditor", f"/programmes/{programme}/figures", params=seen)).json()
    assert (figures["total"], figures["implemented_line"]) == (2, "1 of 2 (50 %)")
    assert [(one["name"], one["total"]) for one in figures["by_sector"]] == [("tax", 2)]
    assert [one["name"] for one in figures["by_body"]] == [MINISTRY, "region"]
    first = (
        await desk.get("p-issuer", f"/programmes/{programme}/report", params={"limit": 1})
    ).json()
    assert first["figures"]["total"] == 2
    after = {"limit": 1, "after": first["measures"]["next"]}
    second = (await desk.get("p-issuer", f"/programmes/{programme}/report", params=after)).json()
    both = [first["measures"], second["measures"]]
    assert [one["items"][0]["number"][-2:] for one in both] == ["-1", "-2"]
    assert second["measures"]["next"] is None
    long_ago = {"as_of": "2001-01-01T00:00:00Z"}
    then = (await desk.get("p-issuer", f"/programmes/{programme}/report", params=long_ago)).json()
    assert (then["figures"]["total"], then["measures"]["items"]) == (0, [])
    line = await desk.get("p-region", f"/programmes/{programme}", params=seen)
    assert (line.status_code, line.json()["reads_figures"]) == (200, False)
    for path in ("figures", "report", "difference?from=2026-01-01&to=2026-01-02"):
        answer = await desk.get("p-region", f"/programmes/{programme}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), path
    for person in ("p-stranger", "p-nobody", "p-agency", "p-other-auditor", "p-administrator"):
        for path in ("", "/figures", "/report", "/meetings", "/meetings/m/report"):
            answer = await desk.get(person, f"/programmes/{programme}{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), person
        listed = await desk.get(person, "/programmes", params={"limit": 500, **seen})
        assert programme not in [one["id"] for one in listed.json()["items"]], person
    for person, reads in (("p-issuer", True), ("p-operator", True), ("p-lead", False)):
        listed = await desk.get(person, "/programmes", params={"limit": 500, **seen})
        found = {one["id"]: one["reads_figures"] for one in listed.json()["items"]}
        assert found[programme] is reads, person


async def test_a_report_is_published_once_and_its_repetition_answers_the_same(
    desk: Bureau,
) -> None:
    programme = await _adopted(desk)
    position = await _measures(desk, programme)
    await desk.get("p-issuer", f"/programmes/{programme}/figures", params={"at_least": position})
    held = datetime.now(UTC)
    await _done(desk, programme, "HoldMeeting", meeting="m1", title="First", at=held.isoformat())
    there = f"/programmes/{programme}/meetings"
    meetings = (await desk.get("p-lead", there, params={"at_least": position})).json()["items"]
    assert [(one["id"], one["held"], one["published_at"]) for one in meetings] == [
        ("m1", True, None)
    ]
    path = f"/programmes/{programme}/meetings/m1/report"
    assert (await desk.get("p-issuer", path)).status_code == 404
    unknown = await _command(desk, "p-issuer", programme, "PublishReport", meeting="m2")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown")
    refused = await _command(desk, "p-lead", programme, "PublishReport", meeting="m1")
    assert (refused.status_code, refused.json()["code"]) == (403, "not-authorised")
    key = str(uuid4())
    first, again = [
        await _command(desk, "p-issuer", programme, "PublishReport", key=key, meeting="m1")
        for _ in range(2)
    ]
    assert first.status_code == 200, first.text
    assert first.json()["position"] == again.json()["position"]
    second = await _command(desk, "p-issuer", programme, "PublishReport", meeting="m1")
    assert (second.status_code, second.json()["code"]) == (409, "already-published")
    told = (await desk.get("p-auditor", path)).json()
    assert (told["figures"]["total"], told["figures"]["implemented"]) == (2, 1)
    assert told["position"] < first.json()["position"]
    assert (await desk.get("p-lead", path)).status_code == 403


async def test_a_difference_names_the_events_that_moved_the_figures(desk: Bureau) -> None:
    programme = await _adopted(desk)
    before = datetime.now(UTC)
    await _measures(desk, programme)
    after = datetime.now(UTC) + timedelta(seconds=1)
    asked = {"from": before.isoformat(), "to": after.isoformat()}  # of the head, whatever lags
    told = (await desk.get("p-issuer", f"/programmes/{programme}/difference", params=asked)).json()
    assert (told["from"]["total"], told["to"]["total"], told["to"]["implemented"]) == (0, 2, 1)
    done = [one for one in told["moved"] if one["figure"] == "implemented"]
    assert [cause["type"] for cause in done[0]["causes"]] == ["InstructionCompleted"]
    assert told["moved_in_all"] == len(told["moved"])
    cut = await desk.get(
        "p-issuer", f"/programmes/{programme}/difference", params={**asked, "limit": 1}
    )
    assert (len(cut.json()["moved"]), cut.json()["moved_in_all"]) == (1, told["moved_in_all"])
    for begin, end in (("nonesuch", "2026-01-01"), ("1", str(2**70)), ("2026-01-02", "2026-01-01")):
        answer = await desk.get(
            "p-issuer", f"/programmes/{programme}/difference", params={"from": begin, "to": end}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "validation"), begin


async def test_nobody_learns_of_a_programme_by_founding_one_under_its_id(desk: Bureau) -> None:
    programme = await _adopted(desk)
    said = {"type": "DraftProgramme", "title": "Mine", "body": COUNCIL, **_PERIOD}
    answers = [
        await desk.ask("p-stranger", "POST", "/programmes", json={**said, "programme": id_})
        for id_ in (programme, _id())
    ]
    assert [one.status_code for one in answers] == [403, 403]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
    hidden = await _command(desk, "p-stranger", programme, "CloseProgramme")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "not-found")


async def test_who_only_sees_a_measure_is_not_told_when_the_digest_goes_out_and_to_whom(
    desk: Bureau,
) -> None:
    programme = await _adopted(desk)
    await _done(desk, programme, "ScheduleDigest", weekday="Mon", hour="09:00")
    await desk.issued(f"{programme}-1", programme=programme)
    position = await desk.done("p-issuer", f"{programme}-1", "Assign", lead=MINISTRY)
    await desk.get("p-lead", "/programmes", params={"at_least": position})
    told = (await desk.get("p-lead", f"/programmes/{programme}")).json()
    assert (told["reads_figures"], told["digest"]) == (False, None)


def _terms(**said: Any) -> dict[str, Any]:
    return {
        "title": "Quarterly",
        "rule": "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=15",
        "first_day": "2098-01-15",
        "number": "Q-{year}-{quarter}-" + str(uuid4()),
        "text": "Report the quarter",
        "issuer": COUNCIL,
        "lead": MINISTRY,
        **said,
    }


async def test_a_recurrence_is_started_paused_resumed_and_read_by_whom_it_charges(
    desk: Bureau,
) -> None:
    name = f"R-{uuid4()}"
    started = await desk.ask(
        "p-issuer",
        "POST",
        "/recurrences",
        json={"type": "StartRecurrence", "recurrence": name, **_terms()},
    )
    assert started.status_code == 201, started.text
    told = (await desk.get("p-lead", f"/recurrences/{name}")).json()
    assert (told["phase"], told["next_deadline"]["on"]) == ("Active", "2098-01-15")
    assert [one["day"] for one in told["ahead"]][:2] == ["2098-01-15", "2098-04-15"]
    path = f"/recurrences/{name}/commands"
    skip = {"type": "SkipOccurrence", "day": "2098-04-15", "reason": "holidays"}
    assert (await desk.ask("p-issuer", "POST", path, json=skip)).status_code == 200
    pause = {"type": "PauseRecurrence", "reason": "a break"}
    foreseen = await desk.ask("p-issuer", "POST", path, params={"dry_run": True}, json=pause)
    assert foreseen.json()["events"][0]["type"] == "RecurrencePaused"
    assert (await desk.ask("p-issuer", "POST", path, json=pause)).status_code == 200
    told = (await desk.get("p-issuer", f"/recurrences/{name}")).json()
    assert (told["phase"], told["paused_because"]) == ("Paused", "a break")
    assert [one["left_out"] for one in told["ahead"]][:2] == [False, True]
    events = (await desk.get("p-lead", f"/recurrences/{name}/events")).json()["items"]
    assert [one["type"] for one in events] == [
        "RecurrenceStarted",
        "OccurrenceSkipped",
        "RecurrencePaused",
    ]
    refused = await desk.ask("p-lead", "POST", path, json={**pause, "type": "EndRecurrence"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not-authorised")
    for person, there in (("p-lead", True), ("p-issuer", True), ("p-region", False)):
        listed = await desk.get(person, "/recurrences", params={"limit": 500})
        assert (name in [one["id"] for one in listed.json()["items"]]) is there, person


async def test_a_recurrence_is_hidden_from_whom_it_does_not_concern(desk: Bureau) -> None:
    name = f"R-{uuid4()}"
    said = {"type": "StartRecurrence", "recurrence": name, **_terms()}
    assert (await desk.ask("p-issuer", "POST", "/recurrences", json=said)).status_code == 201
    end = {"type": "EndRecurrence", "reason": "no more"}
    for person in ("p-stranger", "p-region", "p-nobody"):
        for answer in (
            await desk.get(person, f"/recurrences/{name}"),
            await desk.get(person, f"/recurrences/{name}/events"),
            await desk.ask(person, "POST", f"/recurrences/{name}/commands", json=end),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), person
    answers = [
        await desk.ask("p-stranger", "POST", "/recurrences", json={**said, "recurrence": id_})
        for id_ in (name, f"R-{uuid4()}")
    ]
    assert [one.json()["code"] for one in answers] == ["not-authorised"] * 2
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
