"""Tallies: how many rows of a table are alike, kept counted in the statement that changes the table.

The database keeps them, by triggers of the table (0035_tallies.sql): whoever writes it, rows and tally never disagree. A table
that is made beside the live one is filled without: its tallies are counted once, and kept from then on.
"""

from dataclasses import dataclass


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
