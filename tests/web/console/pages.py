"""Pages as their tests read them: asked over HTTP, and taken apart by the standard library's parser."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx

from access.scopes import Scope
from tests.web.bureau import Bureau

_VOID = frozenset({"meta", "link", "input", "br", "hr", "img", "col", "source", "wbr"})


@dataclass
class Element:
    """One of a page."""

    tag: str
    attributes: Mapping[str, str]
    children: list["Element | str"] = field(default_factory=list["Element | str"])

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def all(self, tag: str | None = None, **attributes: str) -> "Iterator[Element]":
        """Those within it. `class_` and `for_` stand for `class` and `for`, `data_live` for `data-live`; a class is one of several."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        for child in self.children:
            if isinstance(child, Element):
                if (tag is None or child.tag == tag) and all(
                    value in child.attributes.get(name, "").split()
                    if name == "class"
                    else child.attributes.get(name) == value
                    for name, value in wanted.items()
                ):
                    yield child
                yield from child.all(tag, **attributes)

    def one(self, tag: str | None = None, **attributes: str) -> "Element":
        """The only one."""
        found = list(self.all(tag, **attributes))
        assert len(found) == 1, f"{len(found)} of {tag} {attributes}"
        return found[0]

    @property
    def text(self) -> str:
        """What is read, in one line."""
        said = (child if isinstance(child, str) else child.text for child in self.children)
        return " ".join(" ".join(said).split())


@dataclass
class Page(Element):
    """What was answered."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def main(self) -> Element:
        """Without what stands around every page."""
        return self.one("main")

    @property
    def keys_listed(self) -> set[str]:
        """Those under `?`. Several in one line do the same each, or, after a g, follow each other."""
        found: set[str] = set()
        for line in self.one("dialog", id="shortcuts").all("dt"):
            keys = [key.text for key in line.all("kbd")]
            found |= {" ".join(keys)} if keys[0] == "g" else set(keys)
        return found

    def form(self, type_: str) -> Element:
        """That of a command."""
        return self.one("form", id=f"form-{type_}")

    def fields(self, type_: str) -> dict[str, str]:
        """What a browser would send of a form that nobody filled in: text, hidden fields, and what is chosen."""
        found = {
            one["name"]: one.attributes.get("value", "")
            for one in self.form(type_).all("input")
            if one.attributes.get("type") not in ("checkbox", "radio", "file")
            or "checked" in one.attributes
        }
        found |= {one["name"]: one.text for one in self.form(type_).all("textarea")}
        for select in self.form(type_).all("select"):
            chosen = [one["value"] for one in select.all("option") if "selected" in one.attributes]
            found[select["name"]] = chosen[0] if chosen else next(select.all("option"))["value"]
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[Element] = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(made)
        if tag not in _VOID:
            self.open.append(made)

    def handle_endtag(self, tag: str) -> None:
        while len(self.open) > 1 and self.open[-1].tag != tag and tag not in _VOID:
            self.open.pop()
        if len(self.open) > 1 and self.open[-1].tag == tag:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(answer: httpx.Response) -> Page:
    reader = _Reader()
    reader.feed(answer.text)
    return Page("", {}, reader.open[0].children, answer.status_code, answer.headers)


async def visit(
    desk: Bureau, person: str, path: str, *, language: str = "en", **asked: Any
) -> Page:
    """The page as somebody sees it; redirects are not followed."""
    return read(await _asked(desk, person, "GET", path, language, **asked))


async def visit_with(desk: Bureau, person: str, path: str, *scopes: Scope) -> Page:
    """The page as somebody's token shows it that is for this alone."""
    answer = await desk.client.get(path, headers=await _headers(desk, person, *scopes))
    return read(answer)


async def submit_with(
    desk: Bureau, person: str, path: str, said: Mapping[str, Any], *scopes: Scope
) -> Page:
    """What is answered to a form that is sent with such a token."""
    answer = await desk.client.post(path, data=said, headers=await _headers(desk, person, *scopes))
    return read(answer)


async def _headers(desk: Bureau, person: str, *scopes: Scope) -> Mapping[str, str]:
    token = await desk.token(person, frozenset(scopes))
    return {"authorization": f"Bearer {token}", "accept": "text/html", "accept-language": "en"}


async def submit(
    desk: Bureau,
    person: str,
    path: str,
    said: Mapping[str, Any],
    *,
    language: str = "en",
    **asked: Any,
) -> Page:
    """What is answered to a form; 303 with `location` in the headers where it was taken."""
    return read(await _asked(desk, person, "POST", path, language, data=said, **asked))


async def fill(
    desk: Bureau,
    person: str,
    path: str,
    type_: str,
    entered: Mapping[str, Any],
    *,
    language: str = "en",
) -> Page:
    """What is answered to the form of this command on that page, once it is filled in. What is not entered is sent as it was drawn,
    to where the form says.
    """
    page = await visit(desk, person, path, language=language)
    said = page.fields(type_) | dict(entered)
    return await submit(desk, person, page.form(type_)["action"], said, language=language)


async def _asked(
    desk: Bureau, person: str, method: str, path: str, language: str, **asked: Any
) -> httpx.Response:
    headers = {
        "authorization": f"Bearer {await desk.token(person)}",
        "accept": "text/html",
        "accept-language": language,
    }
    answer = await desk.client.request(
        method, path, headers=headers, follow_redirects=False, **asked
    )
    desk.client.cookies.clear()  # one client is many people's
    return answer
