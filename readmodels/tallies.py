"""Tallies: how many rows of a table are alike, kept counted in the statement that changes the table.

The database keeps them, by triggers of the table (0035_tallies.sql): whoever writes it, rows and tally never disagree. A table
that is made beside the live one is filled without: its tallies are counted once, and kept from then on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Template


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many rows of a table have the same in some of its columns. In the table's schema, with the column `measures`."""

    name: str
    by: tuple[str, ...]
    """Those columns, in the tally's own order."""

    def within(self, schema: str) -> str:
        return f"{schema}.{self.name}"

    def counted(self, table: str) -> str:
        """SQL that counts the rows of a table."""
        columns = ", ".join(self.by)
        return f"select {columns}, count(*) as measures from {table} group by {columns}"  # noqa: S608 - of constants


# As 0035_tallies.sql has them.
_TRIGGERS: Mapping[str, str] = {
    "tallies_inserted": "after insert on $table referencing new table as made for each statement"
    " execute function readmodel.keep_tallies",
    "tallies_updated": "after update on $table referencing old table as gone new table as made for each statement"
    " execute function readmodel.keep_tallies",
    "tallies_deleted": "after delete on $table referencing old table as gone for each statement"
    " execute function readmodel.keep_tallies",
    "tallies_emptied": "after truncate on $table for each statement"
    " execute function readmodel.empty_tallies",
}


def triggers(tallies: Sequence[Tally]) -> Mapping[str, Template]:
    """SQL that makes the triggers which keep them, by name: `$table` is the table. None for no tallies."""
    given = ", ".join(f"'{tally.name}', '{', '.join(tally.by)}'" for tally in tallies)
    return {
        name: Template(f"create trigger {name} {made}({given})")
        for name, made in _TRIGGERS.items()
        if tallies
    }
