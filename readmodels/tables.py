"""Tables of the read models as data, and the ways in which rows come into them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from string import Template
from typing import Any

import asyncpg

from readmodels.tallies import Tally

Connection = asyncpg.pool.PoolConnectionProxy

LIVE, BESIDE = "readmodel", "readmodel_rebuild"
"""The schema that is read, and the one that a rebuild writes in."""

Row = tuple[object, ...]

_FORGET = Template("""
    delete from $table held
    where held.$owner = any($$1::text[])
      and not exists (select from unnest($given) as kept ($key) where $same_key)
""")
_MERGE = Template("""
    insert into $table as held ($columns) select * from unnest($given)
    on conflict ($key) do update set $assignments
    where ($held) is distinct from ($excluded)
""")


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table whose rows follow from single streams."""

    name: str
    owner: str
    """The column that says which stream a row follows from."""
    key: tuple[str, ...]
    columns: Mapping[str, str] = field(hash=False)
    """PostgreSQL's type of each, in the order of a row."""
    together: tuple[str, ...] = ()
    """Columns by which rows that are read together are laid together, as far as they are copied at once:
    of a programme of 10⁵ a report then reads thousands of pages, not tens of thousands."""
    tallies: tuple[Tally, ...] = ()
    """That the database keeps of its rows."""

    def within(self, schema: str) -> str:
        return f"{schema}.{self.name}"

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {name: place for place, name in enumerate(self.columns)}

    async def replace(
        self,
        connection: "Connection[asyncpg.Record]",
        owners: Sequence[str],
        rows: Sequence[Row],
        *,
        schema: str = LIVE,
    ) -> None:
        """Make these rows all that there is of these owners. Rows that stay the same are not written."""
        keys = [[row[self._places[name]] for row in rows] for name in self.key]
        await connection.execute(self._forget(schema), owners, *keys)
        if rows:
            columns = map(list, zip(*rows, strict=True))
            await connection.execute(self._merge(schema), *columns)

    async def copy(
        self, connection: "Connection[asyncpg.Record]", rows: Sequence[Row], *, schema: str
    ) -> None:
        """Add rows of owners that have none yet."""
        places = [self._places[name] for name in self.together]

        def order(row: Row) -> tuple[Any, ...]:
            return tuple((row[place] is None, row[place]) for place in places)

        await connection.copy_records_to_table(
            self.name,
            schema_name=schema,
            columns=list(self.columns),
            records=sorted(rows, key=order) if places else rows,
        )

    def _forget(self, schema: str) -> str:
        return _FORGET.substitute(
            table=self.within(schema),
            owner=self.owner,
            given=_arrays([self.columns[name] for name in self.key], first=2),
            key=", ".join(self.key),
            same_key=" and ".join(f"held.{name} = kept.{name}" for name in self.key),
        )

    def _merge(self, schema: str) -> str:
        others = [name for name in self.columns if name not in self.key]
        return _MERGE.substitute(
            table=self.within(schema),
            columns=", ".join(self.columns),
            given=_arrays(list(self.columns.values()), first=1),
            key=", ".join(self.key),
            assignments=", ".join(f"{name} = excluded.{name}" for name in others),
            held=", ".join(f"held.{name}" for name in others),
            excluded=", ".join(f"excluded.{name}" for name in others),
        )


def _arrays(types: Sequence[str], *, first: int) -> str:
    return ", ".join(f"${number}::{type_}[]" for number, type_ in enumerate(types, start=first))
