"""Work that takes long: one at a time for each person, and few in all."""

import pytest

from web.problems import Problem
from web.turns import Turns


def _refused(turns: Turns, person: str) -> tuple[int, str]:
    with pytest.raises(Problem) as refused, turns.turn(person):
        pass
    return refused.value.status, refused.value.headers["retry-after"]


def test_a_person_has_one_turn_and_all_together_so_many() -> None:
    turns = Turns("it is being made", at_a_time=2)
    with turns.turn("a"), turns.turn("b"):
        assert _refused(turns, "a") == (429, "15")
        assert _refused(turns, "c") == (503, "15")
    with turns.turn("c"):
        pass


def test_a_turn_ends_with_what_went_wrong() -> None:
    turns = Turns("it is being made", at_a_time=1)
    with pytest.raises(ValueError, match="oops"), turns.turn("a"):
        raise ValueError("oops")
    with turns.turn("a"):
        pass
