"""Whatever the bytes: either they are refused, or every reader takes them for the same."""

import json
import math
from typing import Any, cast

from hypothesis import example, given
from hypothesis import strategies as st

from web.hardening.content import require_json
from web.problems import ApiCode, Problem

_SCALARS: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


def _taken(body: bytes) -> bool:
    try:
        require_json(body)
    except Problem as problem:
        return problem.code != ApiCode.BAD_REQUEST
    return True


@given(st.binary() | st.text().map(str.encode))
@example(b'"\\ud83d\\ude00"')
@example(b'"\\ud83d"')
def test_nothing_else_is_raised(body: bytes) -> None:
    if _taken(body):
        written = json.dumps(json.loads(body), ensure_ascii=False, allow_nan=False)
        assert b"\0" not in written.encode()


@given(_VALUES, st.booleans())
def test_what_is_json_and_text_is_taken(value: Any, ascii_only: bool) -> None:
    assert _taken(json.dumps(value, ensure_ascii=ascii_only).encode()) == _storable(value)


def _storable(value: Any) -> bool:
    match value:
        case str():
            return "\0" not in value
        case float():
            return math.isfinite(value)
        case list():
            return all(map(_storable, cast("list[Any]", value)))
        case dict():
            pairs = cast("dict[str, Any]", value).items()
            return all(_storable(key) and _storable(inner) for key, inner in pairs)
        case _:
            return True
