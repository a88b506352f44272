"""Reading the directory: bodies as a tree, with their offices and who holds them today."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.tree import Tree

from cli.directory import group
from cli.errors import Refused
from cli.options import Place
from cli.output import console, plain, print_json
from cli.session import open_session, settings_of
from domain.directory.state import Body, Directory, Office
from domain.identifiers import BodyId, PersonId
from domain.rejections import Code
from eventstore.persons import Person

_HERE = Place()


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """The directory at a moment, with the names on file."""

    directory: Directory
    people: Mapping[PersonId, Person]
    at: datetime

    def below(self, body: BodyId | None) -> list[Body]:
        return [b for b in self.directory.bodies.values() if b.parent == body]

    def offices(self, body: Body) -> list[Office]:
        today = body.day(self.at)
        of_it = (o for o in self.directory.offices.values() if o.body == body.id)
        return [o for o in of_it if not (body.closed(today) or o.closed(today))]

    def name(self, person: PersonId) -> str | None:
        known = self.people.get(person)
        return known.name if known else None


async def directory(
    body: Annotated[str | None, Parameter(help="Only this body and those below it.")] = None,
    /,
    *,
    place: Place = _HERE,
) -> None:
    """Bodies with those below them, their offices, and who holds or substitutes in them today."""
    async with open_session(settings_of(place.folder)) as session:
        found = await session.handler.directory()
        people = await session.persons.get(found.commitments)
    seen = _Seen(directory=found, people=people, at=datetime.now(UTC))
    if body is not None and body not in found.bodies:
        raise Refused(Code.UNKNOWN, f"no body {body} is known; check its id", "body")
    tops = seen.below(None) if body is None else [found.bodies[body]]
    if place.json:
        print_json([_json(b, seen) for b in _with_those_below(tops, seen)])
        return
    for top in tops:
        console.print(_tree(top, seen))


def add_to(app: App) -> None:
    app.command(directory, group=group)


def _with_those_below(bodies: Iterable[Body], seen: _Seen) -> list[Body]:
    found: list[Body] = []
    for body in bodies:
        found += [body, *_with_those_below(seen.below(body.id), seen)]
    return found


def _json(body: Body, seen: _Seen) -> dict[str, Any]:
    return {
        "id": body.id,
        "name": body.name,
        "kind": body.kind,
        "parent": body.parent,
        "country": body.country,
        "zone": body.zone,
        "calendar": seen.directory.calendar_of(body.id).id,
        "established_on": body.established_on,
        "closed_on": body.closed_on,
        "heir": seen.directory.heir(body.id, seen.at),
        "offices": [
            {
                "id": office.id,
                "kind": office.kind,
                "title": office.title,
                "holders": [_holder_json(*who, seen) for who in _holders(office, seen)],
            }
            for office in seen.offices(body)
        ],
    }


def _holder_json(person: PersonId, substitute: PersonId | None, seen: _Seen) -> dict[str, Any]:
    return {"person": person, "name": seen.name(person), "substitute": substitute}


def _holders(office: Office, seen: _Seen) -> Sequence[tuple[PersonId, PersonId | None]]:
    return seen.directory.holders_with_substitutes(office.id, seen.at)


def _tree(body: Body, seen: _Seen) -> Tree:
    tree = Tree(_label(body, seen))
    for office in seen.offices(body):
        title = plain(f", {office.title}") if office.title else ""
        leaf = tree.add(f"[dim]{plain(office.id)} ({office.kind}{title})[/]")
        for person, substitute in _holders(office, seen):
            place = f", substituted by {_person(substitute, seen)}" if substitute else ""
            leaf.add(f"{_person(person, seen)}{place}")
    for part in seen.below(body.id):
        tree.children.append(_tree(part, seen))
    return tree


def _label(body: Body, seen: _Seen) -> str:
    today = body.day(seen.at)
    notes = [body.kind]
    if not body.established(today):
        notes.append(f"to be established on {body.established_on}")
    if body.closed_on is not None:
        heir = seen.directory.heir(body.id, seen.at)
        gone = "no more since" if body.closed(today) else "to close on"
        notes.append(f"{gone} {body.closed_on}" + (f", now {heir}" if heir else ""))
    return f"[bold]{plain(body.name)}[/] {plain(body.id)} [dim]({plain('; '.join(notes))})[/]"


def _person(person: PersonId, seen: _Seen) -> str:
    name = seen.name(person)
    return plain(f"{name} {person}" if name else f"{person} (not on file)")
