"""What an import of the reference case appends, for as many instructions as are wanted."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from domain.identifiers import instruction_id
from eventstore.memory import MemoryEventStore
from eventstore.protocol import ANY_SESSION, Append, AppendResult, NewEvent
from tests.programmes import (
    EXAMPLE_DIRECTORY,
    EXAMPLE_MEASURES,
    import_rows,
    numbers,
    read_rows,
    set_up,
)


class _Remembering(MemoryEventStore):
    """Keeps what it is given to append."""

    def __init__(self) -> None:
        super().__init__()
        self.appended: list[Append] = []

    async def append(self, append: Append) -> AppendResult:
        self.appended.append(append)
        return await super().append(append)


class ImportRows:
    """The appends of 310 measures with their histories, copied under other numbers. Made by `read`."""

    def __init__(self, histories: Sequence[tuple[str, Sequence[Append]]]) -> None:
        self._histories = histories
        self._made = 0

    @classmethod
    async def read(cls) -> "ImportRows":
        """Import the example, for real, into a log in memory."""
        store = _Remembering()
        handler = await set_up(store, EXAMPLE_DIRECTORY.read_bytes())
        rows = read_rows(EXAMPLE_MEASURES)
        await import_rows(store, handler, rows, file_name=EXAMPLE_MEASURES.name)
        by_stream = {i: list[Append]() for i in numbers(rows)}
        for append in store.appended:
            if append.writes[0].stream_id in by_stream:
                by_stream[append.writes[0].stream_id].append(append)
        return cls([(row["number"], by_stream[instruction_id(row["number"])]) for row in rows])

    def next(self, events: int) -> list[Append]:
        """Whole histories of instructions that were never asked for, of so many events or a few more."""
        made: list[Append] = []
        count = 0
        while count < events:
            for append in self._copy():
                made.append(append)
                count += len(append.writes[0].events)
        return made

    def _copy(self) -> Iterator[Append]:
        old, appends = self._histories[self._made % len(self._histories)]
        new = f"{old}-{self._made:08}"
        self._made += 1
        texts = (
            (old.encode(), new.encode()),
            (instruction_id(old).encode(), instruction_id(new).encode()),
        )
        for append in appends:
            (write,) = append.writes
            command_id = f"{append.command_id}-{self._made:08}"
            yield replace(
                append,
                command_id=command_id,
                request_hash=hashlib.sha256(command_id.encode()).digest(),
                claims=tuple(f"number {new}" for _ in append.claims),
                read=(),
                session=ANY_SESSION,
                writes=(
                    replace(
                        write,
                        stream_id=instruction_id(new),
                        events=tuple(_renamed(event, texts) for event in write.events),
                    ),
                ),
            )


def _renamed(event: NewEvent, texts: Sequence[tuple[bytes, bytes]]) -> NewEvent:
    body = event.body
    for old, new in texts:
        body = body.replace(b'"%b"' % old, b'"%b"' % new)
    return replace(event, body=body)
