"""Pages keep up with what happens, and miss nothing while the server is away."""

import asyncio
import re
import signal
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import Office
from tests.cli.up import REMIT, call, environment

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

_HEAD = "p-0004"


def _issue(office: Office, number: str) -> None:
    done = call(
        *("issue", number, "--text", f"Do {number}", "--issuer", "union-council"),
        *("--deadline", "2099-12-31", "--as", _HEAD, "--data", office.folder),
    )
    assert done.code == 0, done.err


def _comment(office: Office, number: str, text: str) -> None:
    done = call("comment", number, "--text", text, "--as", _HEAD, "--data", office.folder)
    assert done.code == 0, done.err


async def test_a_list_is_drawn_anew_when_something_happens(office: Office) -> None:
    number = f"LIVE-{uuid4().hex[:8]}"
    async with office.sitting(_HEAD) as desk:
        await desk.page.goto("/instructions?q=LIVE-")
        await desk.page.wait_for_selector("body[data-following]")
        _issue(office, number)
        await expect(desk.page.get_by_role("link", name=number)).to_be_visible()
        assert desk.faults == []


async def test_a_second_tab_is_told_by_the_one_that_holds_the_stream_and_takes_over_from_it(
    office: Office,
) -> None:
    first, second = f"LIVE-{uuid4().hex[:8]}", f"LIVE-{uuid4().hex[:8]}"
    async with office.sitting(_HEAD) as desk:
        await desk.page.goto("/instructions?q=LIVE-")
        await desk.page.wait_for_selector("body[data-following]")
        other = await desk.context.new_page()
        await other.goto("/instructions?q=LIVE-")
        _issue(office, first)
        await expect(other.get_by_role("link", name=first)).to_be_visible()
        assert await other.locator("body[data-following]").count() == 0
        await desk.page.close()
        _issue(office, second)
        await expect(other.get_by_role("link", name=second)).to_be_visible()
        assert await other.locator("body[data-following]").count() == 1


async def test_what_is_being_typed_is_not_taken_away(office: Office) -> None:
    number = f"LIVE-{uuid4().hex[:8]}"
    async with office.sitting(_HEAD) as desk:
        await desk.page.goto("/instructions?q=LIVE-")
        await desk.page.wait_for_selector("body[data-following]")
        await desk.page.fill("#search", "half a wo")
        _issue(office, number)
        await expect(desk.page.get_by_role("link", name=number)).to_be_visible()
        assert await desk.page.input_value("#search") == "half a wo"


async def test_what_somebody_has_opened_or_closed_stays_so(office: Office) -> None:
    number = f"LIVE-{uuid4().hex[:8]}"
    _issue(office, number)
    async with office.sitting(_HEAD) as desk:
        await desk.page.goto(f"/instructions/{number}")
        await desk.page.wait_for_selector("body[data-following]")
        listed, moment = desk.page.locator("#line > details"), desk.page.locator("#line li details")
        await moment.first.locator("summary").click()
        _comment(office, number, "Opened")
        await expect(desk.page.locator("#history")).to_contain_text("Opened")
        assert await moment.first.get_attribute("open") is not None
        await listed.locator("> summary").click()
        _comment(office, number, "Closed")
        await expect(desk.page.locator("#history")).to_contain_text("Closed")
        assert await listed.get_attribute("open") is None
        assert desk.faults == []


async def test_what_cannot_be_drawn_anew_at_once_stays_and_is_drawn_later(office: Office) -> None:
    before, number = f"LIVE-{uuid4().hex[:8]}", f"LIVE-{uuid4().hex[:8]}"
    _issue(office, before)
    stayed: list[int] = []
    async with office.sitting(_HEAD) as desk:
        listed = desk.page.locator("#lines").get_by_role("link", name=before)

        async def refuse_once(route: Route) -> None:
            if stayed:  # asked again: what was there before is there since the refusal
                stayed.append(await listed.count())
                await route.fallback()
            else:
                stayed.append(await listed.count())
                await route.fulfill(status=503, content_type="text/html", body="<p>Not now.</p>")

        await desk.page.goto("/instructions?q=LIVE-")
        await desk.page.wait_for_selector("body[data-following]")
        await expect(listed).to_be_visible()
        await desk.page.route("**/instructions?*at_least=*", refuse_once)
        _issue(office, number)
        await expect(desk.page.get_by_role("link", name=number)).to_be_visible()
        assert stayed[:2] == [1, 1]


async def test_what_is_refused_is_not_asked_for_again(office: Office) -> None:
    number = f"LIVE-{uuid4().hex[:8]}"
    _issue(office, number)
    asked: list[str] = []

    async def refuse(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(status=404, content_type="text/html", body="<p>Not for you.</p>")

    async with office.sitting(_HEAD) as desk:
        await desk.page.goto(f"/instructions/{number}")
        await desk.page.wait_for_selector("body[data-following]")
        await desk.page.route("**/instructions/*at_least=*", refuse)
        other = await desk.context.new_page()
        await other.goto("/instructions?q=LIVE-")
        _comment(office, number, "Once.")
        async with asyncio.timeout(30):
            while not asked:
                await desk.page.wait_for_timeout(50)
        _comment(office, number, "Twice.")
        last = f"LIVE-{uuid4().hex[:8]}"
        _issue(office, last)
        # What came later has reached this browser, and was waited for longer than a page waits at most.
        await expect(other.get_by_role("link", name=last)).to_be_visible()
        await desk.page.wait_for_timeout(2_000)
        assert len(asked) == 1
        assert await desk.page.locator("#history").is_visible()


async def test_rows_that_are_chosen_by_keyboard_stay_so_when_the_list_is_drawn_anew(
    office: Office,
) -> None:
    chosen, number = f"LIVE-{uuid4().hex[:8]}", f"LIVE-{uuid4().hex[:8]}"
    _issue(office, chosen)
    async with office.sitting(_HEAD) as desk:
        await desk.page.goto("/instructions?q=LIVE-")
        await desk.page.wait_for_selector("body[data-following]")
        row = desk.page.locator("tr", has=desk.page.get_by_role("link", name=chosen))
        await row.get_by_role("link", name=chosen).focus()
        await desk.page.keyboard.press("x")
        await expect(row.get_by_role("checkbox")).to_be_checked()
        told = desk.page.locator("form[data-choosing] output")
        await expect(told).to_contain_text("1")
        _issue(office, number)
        await expect(desk.page.get_by_role("link", name=number)).to_be_visible()
        await expect(row.get_by_role("checkbox")).to_be_checked()
        await expect(told).to_contain_text("1")
        assert desk.faults == []


async def test_a_replay_steps_on_the_page_and_where_it_cannot_becomes_a_page(
    office: Office,
) -> None:
    number = f"LIVE-{uuid4().hex[:8]}"
    _issue(office, number)
    _comment(office, number, "Second")
    async with office.sitting(_HEAD) as desk:
        await desk.page.goto(f"/instructions/{number}/replay?version=1")
        step = desk.page.locator("#step")
        await desk.page.evaluate("window.stayed = true")
        await desk.page.keyboard.press("ArrowRight")
        await expect(step).to_have_attribute("data-version", "2")
        assert await desk.page.evaluate("window.stayed")
        await expect(desk.page).to_have_url(re.compile("version=2$"))
        assert desk.faults == []

        async def over(route: Route) -> None:
            """As when nobody is signed in any more: by a new page alone can they sign in."""
            if route.request.resource_type == "fetch":
                await route.fulfill(status=401, content_type="application/json", body="{}")
            else:
                await route.fallback()

        await desk.page.route("**/replay?*", over)
        async with desk.page.expect_navigation():
            await desk.page.keyboard.press("ArrowLeft")
        assert await desk.page.evaluate("window.stayed") is None
        await expect(step).to_have_attribute("data-version", "1")


async def test_a_restart_of_the_server_loses_no_update(office: Office) -> None:
    before, meanwhile, after = (f"LIVE-{uuid4().hex[:8]}" for _ in range(3))
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    async with office.sitting(_HEAD) as desk:
        with _web(office, port):
            await desk.page.goto(
                f"{url}/instructions?q=LIVE-"
            )  # the session is every web's of this host
            await desk.page.wait_for_selector("body[data-following]")
            _issue(office, before)
            await expect(desk.page.get_by_role("link", name=before)).to_be_visible()
        _issue(office, meanwhile)
        with _web(office, port):
            await expect(desk.page.get_by_role("link", name=meanwhile)).to_be_visible(
                timeout=30_000
            )
            _issue(office, after)
            await expect(desk.page.get_by_role("link", name=after)).to_be_visible(timeout=30_000)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def _web(office: Office, port: int) -> Generator[None]:
    """Another web before the same log, killed at the end."""
    url = f"http://127.0.0.1:{port}"
    settings = {
        "REMIT_WEB_URL": url,
        "REMIT_WEB_PORT": str(port),
        "REMIT_IDENTITY_KEY_FILE": str(office.folder / "identity.keys"),
        "REMIT_OIDC_ISSUER": _issuer(office),
    }
    process = subprocess.Popen(
        [REMIT, "web", "--data", str(office.folder), "--json"],
        env=environment() | settings,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"{\n", "it did not come up"
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()


def _issuer(office: Office) -> str:
    """Where people sign in at the office."""
    sent = httpx.get(f"{office.url}/login", trust_env=False)
    parts = urlsplit(sent.headers["location"])
    return f"{parts.scheme}://{parts.netloc}"
