"""Makes a page of a template, with all that stands around it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment
from starlette.responses import HTMLResponse

from domain.directory.preferences import Language
from notifications.templating import environment
from web.api.paths import PREFIX
from web.console import labels, paths
from web.console.assets import Assets
from web.console.language import Words, read_words
from web.identity.csrf import FIELD, masked
from web.wording import words_for

if TYPE_CHECKING:
    from web.console.visit import Visit

_TEMPLATES = Path(__file__).parent / "templates"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Content-Security-Policy of pages: what they load is ours, and nothing in them is a script or a style. The style sheet has a few
images within itself.
"""
HEADERS = {
    "content-security-policy": POLICY,
    "vary": "cookie, accept-language",
    # With none at all browsers send forms with the origin `null`, which proves nothing.
    "referrer-policy": "same-origin",
}
"""Of every page."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the navigation leads."""

    name: str
    """What a page that belongs there says as `active`."""
    path: str
    label: str
    key: str
    """Pressed after `g`."""


def _places(visit: "Visit") -> Sequence[Place]:
    """What is for this visitor, in the order of the day."""
    say, reader = visit.words.say, visit.asking.reader
    attends = bool(reader.scope("attention").pairs[0])
    places = [
        (True, Place("overview", "/", say("Overview"), "o")),
        (bool(reader.acts_for), Place("work", "/work", say("My work"), "w")),
        (True, Place("register", "/instructions", say("Register"), "r")),
        (attends, Place("late", "/late", say("Late"), "l")),
        (attends, Place("escalations", "/escalations", say("Escalations"), "e")),
        (bool(reader.acts_for), Place("calendar", "/calendar", say("Calendar"), "c")),
        (reader.audits_any, Place("audit", "/audit", say("Audit"), "a")),
        (True, Place("setup", "/setup", say("Set-up"), "s")),
    ]
    return [place for there, place in places if there]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What all pages are drawn with. Made once by `Drawing.open`."""

    environment: Environment
    assets: Assets
    words: Mapping[Language, Words]

    @classmethod
    def open(cls) -> "Drawing":
        """Raises `NotBuilt`."""
        made = environment(_TEMPLATES)
        made.globals["instruction_path"] = paths.instruction_path  # pyright: ignore[reportArgumentType]
        return cls(made, Assets.read(), read_words())

    def bare(self, template: str, words: Words, theme: str | None, **shown: Any) -> str:
        """A page of nobody in particular."""
        return self.environment.get_template(template).render(
            **self._said(words), theme=theme, **shown
        )

    async def page(
        self, visit: "Visit", template: str, *, active: str, status: int = 200, **shown: Any
    ) -> HTMLResponse:
        """A page of the console.

        Args:
            active: the place of the navigation that it belongs to.
            shown: what its template names.
        """
        asking = visit.asking
        session = asking.authenticated.session
        text = self.environment.get_template(template).render(
            **self._said(visit.words),
            visit=visit,
            url=visit.url,
            moment=partial(visit.words.moment, zone=visit.zone),
            exactly=partial(visit.words.exactly, zone=visit.zone),
            due=partial(visit.words.due, zone=visit.zone),
            body=visit.body,
            places=_places(visit),
            active=active,
            theme=visit.theme,
            csrf_field=FIELD,
            csrf=masked(session.csrf_token) if session else "",
            myself=(await visit.people([asking.reader.person])).get(asking.reader.person),
            feed=PREFIX + "/feed" if visit.is_now else None,
            place=visit.place,
            **shown,
        )
        return HTMLResponse(text, status, HEADERS)

    def _said(self, words: Words) -> Mapping[str, Any]:
        return {
            "_": words.say,
            "count": words.count,
            "words": words,
            "label": partial(labels.label, words),
            "wording": partial(words_for, language=words.language),
            "assets": self.assets.addresses,
        }
