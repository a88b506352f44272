"""OCEL 2.0 as JSON (https://ocel-standard.org/specification/formats/json), written as it comes.

Events go straight into the file; objects wait in a second, temporary one until the events are all there.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import TextIO

from audit.exports.collecting import Collected
from audit.exports.ocel_object import OBJECT_TYPES, OcelObject
from audit.exports.reading import Exported
from audit.exports.terms import OcelEvent, Relation, attribute_types
from audit.leaf import instant


class OcelJson:
    """A `Writer`. `close` it in any case."""

    def __init__(self, path: Path) -> None:
        self._collected = Collected()
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._waiting = TemporaryFile(  # noqa: SIM115 - `close` does
            "w+", encoding="utf-8", newline="\n", dir=path.parent
        )
        self._file.write('{"events":[')
        self._events = _Array(self._file)
        self._objects = _Array(self._waiting)

    def add(self, exported: Exported) -> None:
        told = self._collected.add(exported)
        for event in told.events:
            self._events.add(_event(event))
        for one in told.objects:
            self._objects.add(_object(one))

    def finish(self) -> dict[str, int]:
        for one in self._collected.rest():
            self._objects.add(_object(one))
        self._file.write('],\n"objects":[')
        self._waiting.seek(0)
        copyfileobj(self._waiting, self._file)
        kinds = sorted(self._collected.kinds.items())
        event_types = [_type(name, attribute_types(kind)) for name, kind in kinds]
        object_types = [_type(name, attributes) for name, attributes in OBJECT_TYPES.items()]
        self._file.write(f'],\n"eventTypes":{_compact(event_types)}')
        self._file.write(f',\n"objectTypes":{_compact(object_types)}}}\n')
        self._file.close()
        return self._collected.counts

    def close(self) -> None:
        for file in (self._waiting, self._file):
            with suppress(OSError):
                file.close()


class _Array:
    """The items of a JSON array, one a line."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._separator = "\n"

    def add(self, item: Mapping[str, object]) -> None:
        self._file.write(self._separator + _compact(item))
        self._separator = ",\n"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _event(event: OcelEvent) -> Mapping[str, object]:
    return {
        "id": event.id,
        "type": event.type,
        "time": instant(event.time),
        "attributes": [{"name": name, "value": v} for name, v in event.attributes.items()],
        "relationships": _relationships(event.relations),
    }


def _object(one: OcelObject) -> Mapping[str, object]:
    return {
        "id": one.ref.id,
        "type": one.ref.type,
        "attributes": [
            {"name": attribute.name, "time": attribute.time, "value": attribute.value}
            for attribute in one.attributes
        ],
        "relationships": _relationships(one.relations),
    }


def _relationships(relations: Iterable[Relation]) -> list[dict[str, str]]:
    return [{"objectId": one.to.id, "qualifier": one.qualifier} for one in relations]


def _type(name: str, attributes: Mapping[str, str]) -> Mapping[str, object]:
    return {
        "name": name,
        "attributes": [{"name": of, "type": type_} for of, type_ in attributes.items()],
    }
