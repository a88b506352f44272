"""What both OCEL files are made of, stream by stream; and the objects that are left for the end."""

from collections.abc import Iterator

from audit.exports.objects import Told, bare_object, document_object, told
from audit.exports.ocel_object import OcelObject
from audit.exports.reading import Exported
from audit.exports.terms import ObjectRef, OcelEvent
from domain.attribution import Event


class Collected:
    """Holds nothing of a stream once it is told, but the ids of objects, and counts."""

    def __init__(self) -> None:
        self.kinds: dict[str, type[Event]] = {}
        """The types of events met, by name."""
        self.events = 0
        self.objects = 0
        self.event_relations = 0
        self.object_relations = 0
        self._defined: set[str] = set()
        self._spoken_of: dict[str, ObjectRef] = {}

    def add(self, exported: Exported) -> Told:
        """What the stream tells, each object once."""
        found = told(exported)
        objects = [
            one
            for one in (*found.objects, *map(document_object, found.documents))
            if one.ref.id not in self._defined
        ]
        for one in objects:
            self._count_object(one)
        for event in found.events:
            self._count_event(event)
        return Told(events=found.events, objects=objects)

    def rest(self) -> Iterator[OcelObject]:
        """The objects that were spoken of, and of which nothing more is known."""
        for ref in list(self._spoken_of.values()):
            one = bare_object(ref)
            self._count_object(one)
            yield one

    @property
    def counts(self) -> dict[str, int]:
        return {
            "events": self.events,
            "objects": self.objects,
            "event_to_object": self.event_relations,
            "object_to_object": self.object_relations,
        }

    def _count_event(self, event: OcelEvent) -> None:
        self.kinds.setdefault(event.type, event.kind)
        self.events += 1
        self.event_relations += len(event.relations)
        self._speak_of(relation.to for relation in event.relations)

    def _count_object(self, one: OcelObject) -> None:
        self.objects += 1
        self.object_relations += len(one.relations)
        self._defined.add(one.ref.id)
        self._spoken_of.pop(one.ref.id, None)
        self._speak_of(relation.to for relation in one.relations)

    def _speak_of(self, refs: Iterator[ObjectRef]) -> None:
        for ref in refs:
            if ref.id not in self._defined:
                self._spoken_of[ref.id] = ref
