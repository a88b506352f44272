"""Every code has a status, and words in every language."""

import pytest

from domain.directory.preferences import Language
from domain.rejections import Code
from web.languages import preferred
from web.problems import STATUS, ApiCode, Problem, details
from web.wording import WORDING

_CODES = sorted({*map(str, Code), *map(str, ApiCode)})


def test_every_code_has_a_status_and_words_in_both_languages() -> None:
    assert sorted(map(str, STATUS)) == _CODES
    for words in WORDING.values():
        assert sorted(words) == _CODES
        assert all(one.title and one.way_out for one in words.values())


def test_a_code_of_a_newer_worker_is_a_conflict_that_keeps_its_code() -> None:
    told = details(Problem("brand-new", "a rule of tomorrow"), "en")
    assert (told.status, told.code, told.detail) == (409, "brand-new", "a rule of tomorrow")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("ru", "ru"),
        ("ru-BY,ru;q=0.9,en;q=0.8", "ru"),
        ("en;q=0.4, ru;q=0.7", "ru"),
        ("de, fr", "en"),
        ("de, ru;q=0.1", "ru"),
        ("ru;q=0", "en"),
        ("ru;q=x", "en"),
        ("ru;q=nan", "en"),
    ],
)
def test_the_language_is_the_one_wanted_most(header: str | None, language: Language) -> None:
    assert preferred(header) == language
