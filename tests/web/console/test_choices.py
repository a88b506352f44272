"""What forms and filters offer: what can be charged today, and whatever may be looked for."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from tests.web.bureau import Bureau
from tests.web.console.pages import Element, fill, visit
from web.api.programmes import ProgrammeLine
from web.console.choices import offered

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _recorded(desk: Bureau, path: str, type_: str, /, **said: Any) -> None:
    answer = await fill(desk, "p-administrator", path, type_, said)
    assert answer.status == 303, answer.main.text


async def _registered(desk: Bureau, name: str, **said: Any) -> str:
    body = f"{name}-{uuid4().hex[:8]}"
    await _recorded(
        desk, "/setup/directory", "RegisterBody",
        body=body, name=f"The {body}", body_kind="agency", zone="UTC", **said,
    )  # fmt: skip
    return body


def _options(page: Element, name: str) -> dict[str, str]:
    return {one["value"]: one.text for one in page.one("select", name=name).all("option")}


async def test_forms_offer_who_can_be_charged_today_and_filters_all_there_ever_were(
    own_desk: Bureau,
) -> None:
    number = f"CH-{uuid4()}"
    await own_desk.issued(number)
    closed = await _registered(own_desk, "closed")
    await _recorded(own_desk, f"/setup/directory/bodies/{closed}", "CloseBody", on="")
    to_come = await _registered(own_desk, "to-come", established_on="2098-01-01")
    there = await _registered(own_desk, "there")
    three = {closed, to_come, there}

    issuing = await visit(own_desk, "p-issuer", "/issue")
    assert set(_options(issuing.main, "controller")) & three == {there}
    instruction = await visit(own_desk, "p-issuer", f"/instructions/{number}")
    assert set(_options(instruction.form("Assign"), "lead")) & three == {there}
    bulk = await visit(own_desk, "p-issuer", f"/bulk?number={number}")
    assert set(_options(bulk.form("Reassign"), "lead")) & three == {there}

    told = {closed: f"The {closed} (closed)", to_come: f"The {to_come}", there: f"The {there}"}
    for path, name in (("/instructions", "lead"), ("/late", "body"), ("/escalations", "issuer")):
        options = _options((await visit(own_desk, "p-operator", path)).main, name)
        assert {one: options[one] for one in three} == told


async def test_a_programme_that_is_chosen_is_offered_however_many_there_are() -> None:
    found = [_programme(f"p-{nth:03}") for nth in range(300)]
    assert [one.id for one in offered(found, None)] == [f"p-{nth:03}" for nth in range(200)]
    assert offered(found, "p-250") == [*found[:200], found[250]]
    assert offered(found, "p-100") == found[:200]


def _programme(id_: str) -> ProgrammeLine:
    return ProgrammeLine(
        id=id_,
        title=id_,
        body="council",
        phase="Adopted",
        period_start=date(2026, 1, 1),
        period_end=date(2030, 12, 31),
        reads_figures=True,
    )
