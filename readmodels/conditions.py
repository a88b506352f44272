"""What rows must be like: of a list's many limits only those that are given stand in its statement.

A statement that held them all (`$1 is null or …`) would be planned without knowing which are given, and so by no index.
"""

from typing import Any


class Conditions:
    """Conditions in SQL, of constants of ours, and the values that go with them."""

    def __init__(self, *given: Any) -> None:
        """`given` are the values of `$1` and so on, which the statement names itself."""
        self.given: list[Any] = list(given)
        self._said: list[str] = []

    def add(self, condition: str, *values: Any) -> None:
        """One that must hold too: `{0}`, `{1}` … in it stand for the values."""
        self._said.append(condition.format(*self.numbered(*values)))

    def equal(self, **columns: Any) -> None:
        """Each column that is given something holds that."""
        for column, value in columns.items():
            if value is not None:
                self.add(f"{column} = {{0}}", value)

    def numbered(self, *values: Any) -> list[str]:
        """The values, as the statement names them."""
        self.given += values
        return [
            f"${number}" for number in range(len(self.given) - len(values) + 1, len(self.given) + 1)
        ]

    @property
    def sql(self) -> str:
        return " and ".join(self._said) or "true"
