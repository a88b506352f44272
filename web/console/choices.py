"""What there is to choose from, in forms and in filters: bodies, programmes and their sectors, policies, labelled codes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import Response

from domain.directory.state import Body
from domain.policies import DEFAULT_POLICY
from web.api.programmes import ProgrammeLine, get_programme, list_programmes
from web.console.forms import Option
from web.console.labels import LABELS, label
from web.console.visit import Visit

_OFFERED = 200
"""Programmes in a list."""
_ALL = 100_000
_LOOKED_THROUGH = 100
"""Bodies in a list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """What every filter may be set to: what is sent, and what is read."""

    programmes: Sequence[Option]
    bodies: Sequence[Option]
    sectors: Sequence[Option]
    """Of the programme that is chosen; none where none is, or its sectors are free."""

    @property
    def many_bodies(self) -> bool:
        """More than are looked through in a list: they are found by name."""
        return len(self.bodies) > _LOOKED_THROUGH


async def choices_of(visit: Visit, programme: str | None) -> Choices:
    """For a filter in which this programme is chosen."""
    programmes = [(one.id, one.title) for one in await programmes_of(visit, programme)]
    known = programme if programme in dict(programmes) else None
    return Choices(
        programmes=programmes,
        bodies=bodies_to_look_for(visit),
        sectors=await sectors_of(visit, known) if known else (),
    )


def ids_entered(visit: Visit, **entered: str | None) -> Mapping[str, str]:
    """Of those fields of a filter that have a body's name in them: its id."""
    bodies = visit.asking.reader.directory.bodies
    named = {field: one for field, one in entered.items() if one is not None and one not in bodies}
    ids: Mapping[str, str] = _ids_by_name(visit) if named else {}
    return {field: ids[one] for field, one in named.items() if one in ids}


def bodies_to_charge(visit: Visit) -> Sequence[Option]:
    """Those that something can be asked of today: established, and not closed."""
    return _by_name(
        (body.id, body.name)
        for body in _bodies(visit)
        if body.established(today := body.day(visit.asking.at)) and not body.closed(today)
    )


def bodies_to_set_up(visit: Visit) -> Sequence[Option]:
    """Those that the directory can be changed by: also such as are established only later."""
    return _by_name((body.id, body.name) for body in _bodies(visit) if not _closed(visit, body))


def bodies_to_look_for(visit: Visit) -> Sequence[Option]:
    """All there ever were; of those that are closed it is said."""
    say = visit.words.say
    return _by_name(
        (body.id, say("%(body)s (closed)", body=body.name) if _closed(visit, body) else body.name)
        for body in _bodies(visit)
    )


def escalation_targets(visit: Visit, *, but: Collection[str] = ()) -> Sequence[Option]:
    """Whom something is brought before: parties of an instruction, without those that it has not, and bodies."""
    parties = [one for one in labelled(visit, "target") if one[0] not in but]
    return [*parties, *((f"body:{id_}", name) for id_, name in bodies_to_charge(visit))]


def policies_of(visit: Visit) -> Sequence[Option]:
    """Those that are published, and the one there always is."""
    published = visit.asking.reader.directory.policies
    return [(one, one) for one in sorted({*published, DEFAULT_POLICY.id})]


def labelled(visit: Visit, kind: str) -> Sequence[Option]:
    """All codes of this kind, in the order of their labels."""
    return [(code, label(visit.words, kind, code)) for code in LABELS[kind]]


def _bodies(visit: Visit) -> Iterable[Body]:
    """None to whoever holds no office: the directory is not for them."""
    reader = visit.asking.reader
    return reader.directory.bodies.values() if reader.holds_office else ()


def _closed(visit: Visit, body: Body) -> bool:
    """By the day that it is there. Of the many that were never closed that is not asked: it takes longer than all else."""
    return body.closed_on is not None and body.closed(body.day(visit.asking.at))


def _ids_by_name(visit: Visit) -> Mapping[str, str]:
    """As they are called, and as they are offered; of several of one name, one that is not closed."""
    offered = [(id_, visit.body(id_), text) for id_, text in reversed(bodies_to_look_for(visit))]
    offered.sort(key=lambda one: one[1] == one[2])
    return {said: id_ for id_, *both in offered for said in both}


def _by_name(options: Iterable[Option]) -> Sequence[Option]:
    return sorted(options, key=lambda option: option[1].casefold())


async def programmes_of(visit: Visit, chosen: str | None = None) -> Sequence[ProgrammeLine]:
    """Those that the visitor may know of, so far as a list holds them; and the one that is chosen."""
    return offered((await list_programmes(visit.asking, "", _ALL, visit.at_least)).items, chosen)


def offered(found: Sequence[ProgrammeLine], chosen: str | None) -> Sequence[ProgrammeLine]:
    """The first ones, and the chosen one wherever it stands."""
    return [one for nth, one in enumerate(found) if nth < _OFFERED or one.id == chosen]


async def sectors_of(visit: Visit, programme: str) -> Sequence[Option]:
    """A programme's, in its order."""
    found = await get_programme(visit.asking, programme, Response(), visit.at_least)
    return [(one.id, one.name) for one in found.sectors]
