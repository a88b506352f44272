"""One office with the example in it, and one browser, for all tests here."""

import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.browser.chromium import ARGUMENTS, chromium
from tests.cli.up import Running, running_on_a_copy


@dataclass(frozen=True, kw_only=True, slots=True)
class Office:
    """The whole of Remit, running."""

    url: str
    folder: Path
    browser: Browser

    @asynccontextmanager
    async def sitting(
        self, person: str, *, language: str = "en", **wanted: Any
    ) -> AsyncGenerator["Desk"]:
        """A browser of its own, in which somebody has signed in.

        Args:
            wanted: as of Playwright's `new_context`.
        """
        context = await self.browser.new_context(
            base_url=self.url,
            locale=language,
            reduced_motion="reduce",  # what is on its way from one colour to another has neither
            **wanted,
        )
        try:
            page = await context.new_page()
            desk = Desk(context=context, page=page, faults=[])
            page.on("pageerror", lambda error: desk.faults.append(str(error)))
            page.on(
                "console",
                lambda said: desk.faults.append(said.text) if said.type == "error" else None,
            )
            await page.goto("/")
            await page.click(f"[name=person][value='{person}']")
            await page.wait_for_url(self.url + "/**")
            yield desk
        finally:
            await context.close()


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """Somebody's browser."""

    context: BrowserContext
    page: Page
    faults: list[str]
    """What the browser found wrong with pages: errors of scripts, and what the policy forbids."""


@pytest.fixture(scope="session")
def running_office(imported: Running, server_dir: Path) -> Iterator[Running]:
    """Not the one that the command line's tests share: they leave what they have done."""
    with running_on_a_copy(imported, server_dir / "office") as up:
        yield up


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def office(
    running_office: Running, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Office]:
    found = chromium(tmp_path_factory.mktemp("chromium"))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=found.path,
            args=list(ARGUMENTS),
            env={**os.environ, **found.environment},
        )
        folder = running_office.folder
        url = json.loads((folder / "stack.json").read_text())["web_url"]
        yield Office(url=url, folder=folder, browser=browser)
        await browser.close()
