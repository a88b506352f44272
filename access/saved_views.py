"""Views of the register: filters that a person keeps under a name, for themselves alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from domain.identifiers import PersonId

MOST = 50
"""Of one person: as many places as the table has."""
LONGEST_NAME = 100
LONGEST_QUERY = 16_000
"""Characters. More than the filters of the register come to."""

_NAME_TAKEN = "saved_views_by_name"
_SAVE = """
    insert into remit.saved_views (person_id, place, name, query)
    select $1, free.place, $2, $3 from generate_series(1, $4) as free (place)
    where not exists (
        select from remit.saved_views as taken
        where taken.person_id = $1 and taken.place = free.place
    )
    order by free.place limit 1
    returning place
"""
_DELETE = "delete from remit.saved_views where person_id = $1 and name = $2 returning name"
_LIST = "select name, query from remit.saved_views where person_id = $1 order by name"


class NameTaken(Exception):
    """The person has a view of this name."""


class NoPlace(Exception):
    """The person has as many views as there is room for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedView:
    name: str
    query: str
    """The filters, as the page's address has them after its `?`; empty for none."""


class SavedViews:
    """The table `remit.saved_views`."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        """`pool` is one of `open_access_pool`."""
        self._pool = pool

    async def save(self, person: PersonId, view: SavedView) -> None:
        """Keep one. Raises `NameTaken`, `NoPlace`."""
        while True:
            try:
                place = await self._pool.fetchval(_SAVE, person, view.name, view.query, MOST)
            except asyncpg.UniqueViolationError as error:
                if error.constraint_name == _NAME_TAKEN:  # pyright: ignore[reportUnknownMemberType]
                    raise NameTaken(view.name) from error
                continue  # another of theirs took the place at the same time
            if place is None:
                raise NoPlace(person)
            return

    async def delete(self, person: PersonId, name: str) -> bool:
        """Forget one; answers whether there was one of this name."""
        return await self._pool.fetchval(_DELETE, person, name) is not None

    async def all(self, person: PersonId) -> Sequence[SavedView]:
        """Those of the person, by name."""
        return [SavedView(**row) for row in await self._pool.fetch(_LIST, person)]
