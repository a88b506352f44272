"""OCEL 2.0 as a SQLite database (https://ocel-standard.org/specification/formats/sqlite).

One table for all events and one for all objects, one for each kind of relation, and one for each type
with its attributes. Keys are declared, so that a reader may check them.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from audit.exports.collecting import Collected
from audit.exports.ocel_object import OBJECT_TYPES, UNKNOWN_SINCE, Attribute, OcelObject
from audit.exports.reading import Exported
from audit.exports.terms import ObjectType, OcelEvent, OcelType, Scalar, attribute_types
from audit.leaf import instant

_EVENTS_IN_ONE_TRANSACTION = 20_000

_TABLES = """
    create table event_map_type (ocel_type text primary key, ocel_type_map text);
    create table object_map_type (ocel_type text primary key, ocel_type_map text);
    create table event (
        ocel_id text primary key, ocel_type text,
        foreign key (ocel_type) references event_map_type (ocel_type)
    );
    create table object (
        ocel_id text primary key, ocel_type text,
        foreign key (ocel_type) references object_map_type (ocel_type)
    );
    create table event_object (
        ocel_event_id text, ocel_object_id text, ocel_qualifier text,
        primary key (ocel_event_id, ocel_object_id, ocel_qualifier),
        foreign key (ocel_event_id) references event (ocel_id),
        foreign key (ocel_object_id) references object (ocel_id)
    );
    create table object_object (
        ocel_source_id text, ocel_target_id text, ocel_qualifier text,
        primary key (ocel_source_id, ocel_target_id, ocel_qualifier),
        foreign key (ocel_source_id) references object (ocel_id),
        foreign key (ocel_target_id) references object (ocel_id)
    );
"""
_COLUMN_TYPES: Mapping[OcelType, str] = {
    "string": "text",
    "time": "TIMESTAMP",
    "integer": "integer",
    "float": "real",
    "boolean": "boolean",
}


class NotConsistent(RuntimeError):
    """The database names an object that it does not have."""


class OcelSqlite:
    """A `Writer`. `close` it in any case."""

    def __init__(self, path: Path) -> None:
        self._collected = Collected()
        self._open = 0
        self._database = sqlite3.connect(path, isolation_level=None)
        # Nobody else sees the file before it is whole: what a crash leaves is thrown away.
        self._database.execute("pragma journal_mode = off")
        self._database.execute("pragma synchronous = off")
        self._database.executescript(_TABLES)
        self._events: dict[str, str] = {}
        self._objects = {type_: self._object_table(type_) for type_ in OBJECT_TYPES}
        self._database.execute("begin")

    def add(self, exported: Exported) -> None:
        told = self._collected.add(exported)
        for event in told.events:
            self._write_event(event)
        for one in told.objects:
            self._write_object(one)
        self._open += len(told.events)
        if self._open >= _EVENTS_IN_ONE_TRANSACTION:
            self._database.execute("commit")
            self._database.execute("begin")
            self._open = 0

    def finish(self) -> dict[str, int]:
        """Raises `NotConsistent` if a relation leads nowhere."""
        for one in self._collected.rest():
            self._write_object(one)
        self._database.execute("commit")
        broken = self._database.execute("pragma foreign_key_check").fetchone()
        if broken is not None:
            raise NotConsistent(
                f"a row of {broken[0]} names a row of {broken[2]} that is not there"
            )
        return self._collected.counts

    def close(self) -> None:
        self._database.close()

    def _write_event(self, event: OcelEvent) -> None:
        insert = self._events.get(event.type)
        if insert is None:
            insert = self._events[event.type] = self._event_table(event)
        execute = self._database.execute
        execute("insert into event values (?, ?)", (event.id, event.type))
        columns = attribute_types(event.kind)
        values = (event.attributes.get(name) for name in columns)
        execute(insert, (event.id, instant(event.time), *values))
        self._database.executemany(
            "insert into event_object values (?, ?, ?)",
            [(event.id, one.to.id, one.qualifier) for one in event.relations],
        )

    def _write_object(self, one: OcelObject) -> None:
        columns = OBJECT_TYPES[one.ref.type]
        insert = self._objects[one.ref.type]
        self._database.execute("insert into object values (?, ?)", (one.ref.id, one.ref.type))
        first, changes = _initial(one.attributes)
        since = one.attributes[0].time if one.attributes else UNKNOWN_SINCE
        rows: list[tuple[Scalar | None, ...]] = [
            (one.ref.id, since, None, *(first.get(name) for name in columns))
        ]
        for change in changes:
            values = (change.value if name == change.name else None for name in columns)
            rows.append((one.ref.id, change.time, change.name, *values))
        self._database.executemany(insert, rows)
        self._database.executemany(
            "insert into object_object values (?, ?, ?)",
            [(one.ref.id, relation.to.id, relation.qualifier) for relation in one.relations],
        )

    def _event_table(self, event: OcelEvent) -> str:
        """Make it; the statement that writes to it."""
        execute, table = self._database.execute, f"event_{event.type}"
        execute("insert into event_map_type values (?, ?)", (event.type, event.type))
        columns = attribute_types(event.kind)
        execute(
            f'create table "{table}" (ocel_id text primary key, ocel_time TIMESTAMP'
            f"{_columns(columns)}, foreign key (ocel_id) references event (ocel_id))"
        )
        return _insert(table, 2 + len(columns))

    def _object_table(self, type_: ObjectType) -> str:
        """Make it; the statement that writes to it."""
        mapped = "".join(word.title() for word in type_.split())
        execute, table = self._database.execute, f"object_{mapped}"
        execute("insert into object_map_type values (?, ?)", (type_, mapped))
        columns = OBJECT_TYPES[type_]
        execute(
            f'create table "{table}" (ocel_id text, ocel_time TIMESTAMP, ocel_changed_field text'
            f"{_columns(columns)}, foreign key (ocel_id) references object (ocel_id))"
        )
        return _insert(table, 3 + len(columns))


def _columns(types: Mapping[str, OcelType]) -> str:
    return "".join(f', "{name}" {_COLUMN_TYPES[type_]}' for name, type_ in types.items())


def _insert(table: str, columns: int) -> str:
    return f'insert into "{table}" values ({", ".join("?" * columns)})'  # noqa: S608 - a name of ours


def _initial(
    attributes: Iterable[Attribute],
) -> tuple[Mapping[str, Scalar], list[Attribute]]:
    """What the object was from its first moment on, and what came later."""
    first: dict[str, Scalar] = {}
    changes: list[Attribute] = []
    began: str | None = None
    for attribute in attributes:
        began = began or attribute.time
        if attribute.time == began and attribute.name not in first:
            first[attribute.name] = attribute.value
        else:
            changes.append(attribute)
    return first, changes
