"""Every page: nothing serious found by axe in light and dark, nothing that the policy forbids, nothing that a script trips over,
nothing that scrolls sideways, on a telephone in both languages. With PICTURES set to a folder, each is
photographed into it (`make pictures`).
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.async_api import Page

from tests.browser.chromium import HERE
from tests.browser.conftest import Office
from web.console import console

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

_TELEPHONE, _WIDER = 360, (1280, 1920)
_AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
_ADMINISTRATOR, _REGISTRAR, _OPERATOR, _HEAD = "p-0001", "p-0002", "p-0003", "p-0004"
_LEAD, _AUDITOR = "p-0018", "p-0099"
_PROGRAMME, _ONE = "/programmes/union-2024-2026", "/instructions/U-001"
PAGES: Sequence[tuple[str, Sequence[str]]] = (
    (
        _HEAD,
        (
            "/",
            _PROGRAMME,
            f"{_PROGRAMME}?as_of=2025-12-15T12:00",
            f"{_PROGRAMME}/measures?figure=behind_schedule",
            f"{_PROGRAMME}/meetings/council-2025-12",
            f"{_PROGRAMME}/difference",
            f"{_PROGRAMME}/report",
            "/instructions",
            "/issue",
            _ONE,
            f"{_ONE}/history",
            "/calendar",
        ),
    ),
    (_LEAD, ("/work",)),
    (
        _OPERATOR,
        (
            "/",
            "/late",
            "/escalations",
            "/instructions?late=true&as_of=2026-06-30",
            "/bulk?number=U-001",
            f"{_ONE}/deliveries",
        ),
    ),
    (
        _AUDITOR,
        (
            "/",
            "/audit",
            "/audit/verification",
            "/audit/completeness",
            "/audit/checkpoints",
            "/audit/bundles",
            "/audit/access",
            f"{_ONE}/replay",
            f"{_ONE}/proof?version=1",
            f"{_ONE}/difference",
        ),
    ),
    (
        _ADMINISTRATOR,
        (
            "/setup",
            "/setup/directory",
            "/setup/directory/bodies/min-taxes-by",
            "/setup/directory/persons",
            "/setup/directory/persons/p-0018",
            "/setup/absences",
            "/setup/preferences",
            "/setup/calendars",
            "/setup/calendars/BY",
            "/setup/policies",
            "/setup/policies/default",
            "/setup/channels",
            "/setup/tokens",
        ),
    ),
    (_REGISTRAR, ("/setup/import", "/setup/backtest")),
)
"""Who looks at which."""
_NO_PAGES = {
    "/audit/bundle",
    "/audit/subject",
    "/instructions/{number}/evidence",
    "/signed-out",
}
"""Files, what leads on to a page, and what is for nobody in particular."""


async def test_every_page_is_looked_at() -> None:
    app = FastAPI()
    for module in console.PAGES:
        app.include_router(module.router)
    paths = [path for path, methods in app.openapi()["paths"].items() if "get" in methods]
    assert len(paths) > 30
    asked = [path.partition("?")[0] for _, paths in PAGES for path in paths]
    unseen = {
        path
        for path in paths
        if not any(re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), one) for one in asked)
    }
    assert unseen == _NO_PAGES


@pytest.mark.parametrize(
    ("person", "paths"), PAGES, ids=[f"{person}-{len(paths)}-pages" for person, paths in PAGES]
)
async def test_every_page_is_for_everybody(
    office: Office, person: str, paths: Sequence[str]
) -> None:
    async with (
        office.sitting(person) as desk,
        office.sitting(person, language="ru") as pocket,
    ):
        for path in paths:
            for one in (desk, pocket):
                answer = await one.page.goto(path)
                assert answer is not None
                assert answer.status == 200, path
            # Everybody's overview is another.
            name = re.sub(r"\W+", "-", path).strip("-") or f"overview-{person}"
            await _seen_at(pocket.page, f"{name}-ru", _TELEPHONE)
            for width in (_TELEPHONE, *_WIDER):
                await _seen_at(desk.page, name, width)
            for scheme in ("light", "dark"):
                await desk.page.emulate_media(color_scheme=scheme)
                assert await serious(desk.page) == [], (path, scheme)
            assert [*desk.faults, *pocket.faults] == [], path


async def _seen_at(page: Page, name: str, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    overflow = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0, f"{name} at {width} pixels scrolls sideways by {overflow}"
    if "PICTURES" in os.environ:
        folder = Path(os.environ["PICTURES"])
        await page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)


async def serious(page: Page) -> list[dict[str, Any]]:
    """What axe finds of weight. What passes is not asked for: listing it takes long."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        {"id": one["id"], "where": [node["target"] for node in one["nodes"]]}
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
