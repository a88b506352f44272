"""A name that may be an instruction's number or a programme's id."""

import pytest

from cli.errors import Refused, UsageError
from cli.subject import Kind, kind_of
from domain.identifiers import instruction_id, programme_stream
from eventstore.memory import MemoryEventStore
from tests.eventstore.appends import append, write


@pytest.fixture
async def log() -> MemoryEventStore:
    """With an instruction `one`, a programme `two`, and one of each called `both`."""
    store = MemoryEventStore()
    streams = (
        *(instruction_id(name) for name in ("one", "both")),
        *(programme_stream(name) for name in ("two", "both")),
    )
    for stream in streams:
        await store.append(append(f"c-{stream}", write(stream), request=stream))
    return store


async def test_what_has_the_name_is_found(log: MemoryEventStore) -> None:
    assert await kind_of(log, "one", None, "what") == "instruction"
    assert await kind_of(log, "two", None, "what") == "programme"
    assert await kind_of(log, "both", "programme", "what") == "programme"


async def test_of_two_with_one_name_none_is_chosen(log: MemoryEventStore) -> None:
    with pytest.raises(UsageError, match="is an instruction and a programme: say which by --kind"):
        await kind_of(log, "both", None, "what")


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("none", None, "not-issued"),
        ("two", "instruction", "not-issued"),
        ("one", "programme", "unknown"),
    ],
)
async def test_what_is_not_there_has_the_code_of_every_other_verb(
    log: MemoryEventStore, name: str, kind: Kind | None, code: str
) -> None:
    with pytest.raises(Refused, match=f"{name} is known; check its name") as refused:
        await kind_of(log, name, kind, "what")
    assert (refused.value.rejection, refused.value.field) == (code, "what")
