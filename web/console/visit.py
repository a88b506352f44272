"""A visit to a page: who looks, in which language, and as of when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request

from access.scopes import Scope as TokenScope
from domain.directory.preferences import Language
from eventstore.replay import NOW, AsOf
from readmodels.checkpoints import seen_by_all
from readmodels.projections import PROJECTIONS
from web.api.asked import AtLeast, Moment
from web.api.asking import Asking, asking_for
from web.api.directory import names_of
from web.console.drawing import Drawing
from web.console.entered_times import moment_entered
from web.console.language import Words
from web.console.paths import address_of, path_of, with_query
from web.languages import LANGUAGES, preferred
from web.services import Services

LANGUAGE_COOKIE, THEME_COOKIE = "remit-language", "remit-theme"
By = Literal["occurred", "recorded"]
"""Which of an event's two times a moment is told by."""
Theme = Literal["light", "dark"]
_FOLLOWED = [projection.name for projection in PROJECTIONS]
_REDRAW = "remit-redraw"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One look at one page."""

    asking: Asking
    drawing: Drawing
    words: Words
    zone: str
    """In which moments are told: that of their preferences, else of the first body they hold an office in."""
    as_of: str
    """As it was asked, to be asked again by links; empty for now."""
    by: By
    moment: Moment
    at_least: int | None
    """The position that what is shown must have seen."""
    place: str
    """As far as what is shown surely goes, as the feed names it: taken before anything of it is read."""
    done: bool
    """They come from a form whose command was recorded."""
    theme: Theme | None
    """None for what their machine is set to."""

    @property
    def is_now(self) -> bool:
        return self.moment.as_of == NOW

    @cached_property
    def at(self) -> datetime:
        """The moment that is told of."""
        return self.moment.at(self.asking.at)

    def body(self, id_: str | None) -> str:
        """What a body is called, to whoever holds an office; its id, where that is not known."""
        reader = self.asking.reader
        found = reader.directory.bodies.get(id_ or "") if reader.holds_office else None
        return found.name if found else id_ or ""

    async def people(self, ids: Iterable[str | None]) -> Mapping[str, str]:
        """What these persons are called, to whoever holds an office; their ids, where that is not known."""
        named = {one for one in ids if one}
        if not self.asking.reader.holds_office:
            return {one: one for one in named}
        known = await names_of(self.asking, named)
        return {one: known.get(one, one) for one in named}

    @property
    def asked_beside(self) -> Sequence[tuple[str, str]]:
        """What this page was asked, but for the moment and what belongs to one moment only."""
        left_out = {"as_of", "by", "after", "at_least", "done"}
        return [
            (name, value)
            for name, value in self.asking.request.query_params.multi_items()
            if name not in left_out
        ]

    @property
    def as_of_entered(self) -> str:
        """The moment as a field for a local time takes it; empty for now."""
        return "" if self.is_now else f"{self.at.astimezone(ZoneInfo(self.zone)):%Y-%m-%dT%H:%M:%S}"

    @property
    def here(self) -> str:
        """This page, to come back to."""
        return address_of(self.asking.request)

    @property
    def now_url(self) -> str:
        """This page as of now."""
        asked = urlencode(self.asked_beside)
        path = path_of(self.asking.request)
        return f"{path}?{asked}" if asked else path

    def page_url(self, after: str | None) -> str:
        """This list from another place on: None for its beginning."""
        asked: dict[str, list[str]] = {}
        for name, value in self.asked_beside:
            asked.setdefault(name, []).append(value)
        return self.url(path_of(self.asking.request), **asked, after=after)

    def url(self, path: str, **asked: object) -> str:
        """To another page as of the same moment."""
        then = {} if self.is_now else {"as_of": self.as_of, "by": self.by}
        return with_query(path, **asked, **then)


def language_of(request: Request, preference: Language | None = None) -> Language:
    """As they chose here; else as the directory says of them; else as the browser asks."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen  # pyright: ignore[reportReturnType] - it is one of them
    return preference or preferred(request.headers.get("accept-language"))


def theme_of(request: Request) -> Theme | None:
    chosen = request.cookies.get(THEME_COOKIE)
    return chosen if chosen in ("light", "dark") else None  # pyright: ignore[reportReturnType]


def moment_asked(as_of: str, by: By, zone: str, field: str = "as_of") -> Moment:
    """Of a day, which means its end; of a local time; or of an instant with its offset. Empty for now.

    Raises `Problem` validation.
    """
    if not as_of:
        return Moment(as_of=NOW)
    at = moment_entered(field, as_of, zone, day="its end")
    return Moment(as_of=AsOf(recorded=at) if by == "recorded" else AsOf(occurred=at))


def _zone_of(asking: Asking) -> str:
    reader = asking.reader
    preferences = reader.directory.preferences.get(reader.person)
    if preferences is not None and preferences.zone is not None:
        return preferences.zone
    bodies = (reader.directory.bodies[one.office.body] for one in reader.mandates)
    return next((body.zone for body in bodies), "UTC")


async def _place(services: Services) -> str:
    """What happens from there on the feed tells, perhaps once more; read later, it would be ahead of what the page shows."""
    epoch, told = services.live.epoch, services.live.position
    return f"{epoch}-{min(told, await seen_by_all(services.pool, _FOLLOWED))}"


def is_redraw(request: Request) -> bool:
    """Whether a page that is open asks again by itself, since something has happened. What somebody asks for without a new
    page, an event that is played again say, is no such request: it comes without this header.
    """
    return request.method == "GET" and request.headers.get(_REDRAW) == "true"


def _seen(request: Request) -> bool:
    """A tab that is left open keeps no session open."""
    return not is_redraw(request)


def _visiting(*scopes: TokenScope) -> object:
    async def visit(
        request: Request,
        asking: Annotated[Asking, Depends(asking_for(*scopes, seen=_seen))],
        as_of: Annotated[str, Query(max_length=40, pattern=r"^[^\x00]*$")] = "",
        by: By = "occurred",
        at_least: AtLeast = None,
        done: bool = False,
    ) -> Visit:
        drawing: Drawing = request.app.state.drawing
        preferences = asking.reader.directory.preferences.get(asking.reader.person)
        language = language_of(request, preferences.language if preferences else None)
        zone = _zone_of(asking)
        place = await _place(asking.services)
        return Visit(
            asking=asking,
            drawing=drawing,
            words=drawing.words[language],
            zone=zone,
            as_of=as_of,
            by=by,
            moment=moment_asked(as_of, by, zone),
            at_least=at_least,
            place=place,
            done=done,
            theme=theme_of(request),
        )

    return Depends(visit)


Visiting = Annotated[Visit, _visiting("read")]
"""Of whoever looks."""
# What is answered is a page, on which stands what is there to be read.
Acting = Annotated[Visit, _visiting("read", "command")]
"""Of whoever sends a form."""
Auditing = Annotated[Visit, _visiting("read", "audit")]
"""Of an auditor at what the log of access notes."""
