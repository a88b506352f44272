"""Every page: nothing serious found by axe in light and dark, nothing that the policy forbids, nothing that a script trips over,
and a picture of it at three widths (`build/screenshots`).
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.chromium import HERE
from tests.browser.conftest import Office

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

PICTURES = HERE.parent.parent / "build" / "screenshots"
WIDTHS = (360, 1280, 1920)
_AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
_OPERATOR, _HEAD, _LEAD, _AUDITOR, _ADMINISTRATOR = "p-0003", "p-0004", "p-0018", "p-0099", "p-0001"
PAGES: Sequence[tuple[str, Sequence[str]]] = (
    (_HEAD, ("/", "/instructions", "/instructions/U-001")),
    (_OPERATOR, ("/instructions?late=true",)),
)
"""Who looks at which."""


@pytest.mark.parametrize(
    ("person", "paths"), PAGES, ids=lambda one: one if isinstance(one, str) else ""
)
async def test_every_page_is_for_everybody(
    office: Office, person: str, paths: Sequence[str]
) -> None:
    folder = PICTURES / "en"
    folder.mkdir(parents=True, exist_ok=True)
    async with office.sitting(person) as desk:
        for path in paths:
            answer = await desk.page.goto(path)
            assert answer is not None
            assert answer.status == 200, path
            await _photographed(desk.page, folder, path)
            for scheme in ("light", "dark"):
                await desk.page.emulate_media(color_scheme=scheme)
                assert await serious(desk.page) == [], (path, scheme)
            assert desk.faults == [], path


async def _photographed(page: Page, folder: Path, path: str) -> None:
    name = re.sub(r"\W+", "-", path).strip("-") or "overview"
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        overflow = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{path} at {width} pixels scrolls sideways by {overflow}"
        await page.screenshot(path=folder / f"{name}-{width}.png", full_page=width != WIDTHS[0])


async def serious(page: Page) -> list[dict[str, Any]]:
    """What axe finds of weight."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("axe.run()")
    return [
        {"id": one["id"], "where": [node["target"] for node in one["nodes"]]}
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
