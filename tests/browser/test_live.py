"""Pages keep up with what happens, and miss nothing while the server is away."""

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
    number = f"LIVE-{uuid4().hex[:8]}"
    refused: list[str] = []

    async def refuse_once(route: Route) -> None:
        if refused:
            await route.fallback()
        else:
            refused.append(route.request.url)
            await route.fulfill(status=503, content_type="text/html", body="<p>Not now.</p>")

    async with office.sitting(_HEAD) as desk:
        await desk.page.goto("/instructions?q=LIVE-")
        await desk.page.wait_for_selector("body[data-following]")
        await desk.page.route("**/instructions?*at_least=*", refuse_once)
        _issue(office, number)
        await expect(desk.page.get_by_role("link", name=number)).to_be_visible()
        assert len(refused) == 1


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
