"""What the forms of the set-up offer: bodies, offices, people, zones, channels."""

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from domain.directory.events import BodyKind, OfficeKind, ReorganisationKind
from domain.directory.preferences import MANDATORY, NOTICE_KINDS
from domain.directory.state import Directory
from web.api.directory import names_of
from web.console.choices import bodies_to_set_up
from web.console.forms import Field, Option
from web.console.labels import LABELS, label
from web.console.language import Words
from web.console.visit import Visit

MOST_OFFERED = 1000
"""Entries of a list to choose from. Of more the id is typed."""


def directory_of(visit: Visit) -> Directory:
    return visit.asking.reader.directory


def bodies(visit: Visit, *, but: str | None = None) -> Sequence[Option]:
    """By name; none if there are too many to choose from."""
    there = [(id_, f"{name} ({id_})") for id_, name in bodies_to_set_up(visit) if id_ != but]
    return _few(there)


def offices(visit: Visit, *, body: str | None = None) -> Sequence[Option]:
    """Those that are not closed, by the name of their body."""
    directory, at = directory_of(visit), visit.asking.at
    there: list[Option] = []
    for one in directory.offices.values():
        where = directory.bodies[one.body]
        if body in (None, where.id) and not one.closed(where.day(at)):
            there.append((one.id, f"{where.name}: {office_name(visit, one.id)}"))
    return _few(there)


def office_name(visit: Visit, office: str) -> str:
    """Its title, else its kind; its id where the directory does not know it."""
    found = directory_of(visit).offices.get(office)
    if found is None:
        return office
    return found.title or label(visit.words, "office", found.kind)


async def people(visit: Visit, *, but: str | None = None) -> Sequence[Option]:
    """Those that are known and not erased, by name."""
    directory = directory_of(visit)
    known = [one for one in directory.channels if one not in directory.erased and one != but]
    if len(known) > MOST_OFFERED:
        return ()
    names = await names_of(visit.asking, known)
    return _few([(one, f"{names.get(one, one)} ({one})") for one in known])


def chosen(field: Field, options: Sequence[Option]) -> Field:
    """To be chosen from these; typed, where there are none."""
    return replace(field, kind="choice", options=options) if options else field


def body_kinds(words: Words) -> Sequence[Option]:
    return [(kind, label(words, "body", kind)) for kind in get_args(BodyKind)]


def office_kinds(words: Words) -> Sequence[Option]:
    return [(kind, label(words, "office", kind)) for kind in get_args(OfficeKind)]


def reorganisations(words: Words) -> Sequence[Option]:
    said = {
        "merged": words.say("merged into another body"),
        "split": words.say("split into several"),
    }
    return [(kind, said[kind]) for kind in get_args(ReorganisationKind)]


def channels(words: Words) -> Sequence[Option]:
    return [(one, label(words, "channel", one)) for one in LABELS["channel"]]


def languages() -> Sequence[Option]:
    return [("en", "English"), ("ru", "Русский")]


def mutable_notices(words: Words) -> Sequence[Option]:
    """Kinds that need not be told of."""
    return sorted(
        ((kind, label(words, "event", kind)) for kind in NOTICE_KINDS - MANDATORY),
        key=lambda option: option[1],
    )


def _few(options: Sequence[Option]) -> Sequence[Option]:
    if len(options) > MOST_OFFERED:
        return ()
    return sorted(options, key=lambda option: option[1].casefold())
