"""The shapes of events, and whether they keep the promise that all stored bytes stay readable.

A *shape* is what a program must know to read an event's bytes: every field with its type, default and
limits, down to the values it is made of. Titles and descriptions are prose and may change.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Set
from typing import Any

from domain.attribution import Event

Shape = dict[str, Any]
_REWRITE = "`python -m tests.golden_events`"


def shape(type_: type[Event]) -> Shape:
    """The JSON schema of an event type, without prose."""
    schema = type_.model_json_schema()
    return _plain(schema, schema.get("$defs", {}))


def fingerprint(body: bytes, of: Shape) -> str:
    """SHA-256 over a golden and its shape, whatever the order of the schema's keys."""
    spelt = json.dumps(of, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(body + b"\0" + spelt.encode()).hexdigest()


def differences(before: Shape, now: Shape, where: str = "") -> list[str]:
    """A sentence for each field that came, went or is another; `deadline.on` is a field of a value."""
    rest, rest_now = _but(before, "properties", "required"), _but(now, "properties", "required")
    if "properties" not in before or "properties" not in now or rest != rest_now:
        return _other(before, now, where)
    old, new = before["properties"], now["properties"]
    return [
        *(f"{where}{name} was removed" for name in old if name not in new),
        *(f"{where}{name} was added" for name in new if name not in old),
        *(
            f"{where}{name} {'need not' if name in before.get('required', ()) else 'must'} be given now"
            for name in old
            if name in new
            and (name in before.get("required", ())) != (name in now.get("required", ()))
        ),
        *(
            sentence
            for name in old
            if name in new
            for sentence in differences(old[name], new[name], f"{where}{name}.")
        ),
    ]


def broken_promises(
    types: Mapping[str, type[Event]],
    *,
    versions: Mapping[str, int],
    upcasters: Set[tuple[str, int]],
    shapes: Mapping[str, Shape],
    released: Mapping[str, str],
    golden: Callable[[str], bytes | None],
) -> list[str]:
    """What is wrong with the event types as they are, each with the way out; empty if all is well.

    Args:
        types: every event type there is, by name.
        versions: the current version of those that have left version 1.
        upcasters: what can be lifted: (type, version) to the version after it.
        shapes: by `Commented.v1`, the shape as it was when that version's golden was written.
        released: by `Commented.v1`, the fingerprint it was released with.
        golden: the bytes kept for `Commented.v1`, if there are any.
    """
    wanted = {f"{t}.v{v}" for t in types for v in range(1, versions.get(t, 1) + 1)}
    found = [
        f"{name} is kept under tests/golden/, and no event type has that version: logs hold such "
        "events, so the type and its number in VERSIONS must stay"
        for name in sorted(shapes.keys() - wanted)
    ]
    for name in sorted(wanted):
        body = golden(name)
        if body is None or name not in shapes:
            found.append(f"{name} has no golden: run {_REWRITE}")
        elif name in released and released[name] != fingerprint(body, shapes[name]):
            found.append(
                f"{name} is released, and its golden or its shape in schemas.json was changed since: "
                "bring both back as they were"
            )
    for type_, model in types.items():
        current = versions.get(type_, 1)
        found += [
            f"nothing lifts {type_} from version {v}: add an upcaster for it to UPCASTERS of "
            "eventstore/codec.py"
            for v in range(1, current)
            if (type_, v) not in upcasters
        ]
        name = f"{type_}.v{current}"
        if name in shapes and (changed := differences(shapes[name], shape(model))):
            found.append(_changed(type_, current, changed, is_released=name in released))
    return found


def written_too_early(
    types: Set[str],
    *,
    versions: Mapping[str, int],
    since: Mapping[tuple[str, int], int],
    downcasters: Set[tuple[str, int]],
    log_format: int,
    released: Set[str],
    released_format: int,
) -> list[str]:
    """What processes of the version before could meet and not read while both work on one log, with the way out.

    Args:
        types: every event type there is.
        versions: the current version of those that have left version 1.
        since: the format of the log that a (type, version) came with.
        downcasters: what can be written as the version before has it.
        log_format: the newest there is.
        released: by `Commented.v1`, what some released version reads.
        released_format: the newest that a released version knows.
    """
    found: list[str] = []
    if not released:
        return found
    for type_ in sorted(types):
        for version in range(1, versions.get(type_, 1) + 1):
            if f"{type_}.v{version}" in released:
                continue
            if not released_format < since.get((type_, version), 1) <= log_format:
                found.append(
                    f"{type_} of version {version} would be written at once, beside processes that cannot read it: say in SINCE "
                    "of eventstore/codec.py which format it came with, later than that of the last release, and raise FORMAT to that"
                )
            elif version > 1 and (type_, version) not in downcasters:
                found.append(
                    f"{type_} of version {version} cannot be written as version {version - 1} has it: add the function "
                    f"({type_!r}, {version}) to DOWNCASTERS of eventstore/codec.py"
                )
    return found


def _changed(type_: str, version: int, changed: list[str], *, is_released: bool) -> str:
    way_out = (
        f"Logs hold events of that shape: raise {type_} to {version + 1} in VERSIONS of "
        f"eventstore/codec.py, add the upcaster ({type_!r}, {version}) there, then run {_REWRITE} and "
        "keep the new golden beside the old one (docs/architecture.md, Changing an event)"
    )
    unreleased = "" if is_released else f". Only if no log holds it yet is {_REWRITE} enough"
    return f"{type_}.v{version} has another shape: {'; '.join(changed)}. {way_out}{unreleased}"


def _other(before: Shape, now: Shape, where: str) -> list[str]:
    """Looks into lists and choices, which are fields of no name of their own."""
    if before == now:
        return []
    for inner in ("items", "anyOf"):
        old, new = before.get(inner), now.get(inner)
        if old is not None and new is not None and _but(before, inner) == _but(now, inner):
            pairs = zip(old, new, strict=False) if inner == "anyOf" else [(old, new)]
            if inner == "items" or len(old) == len(new):
                return [sentence for pair in pairs for sentence in differences(*pair, where)]
    return [f"{where.removesuffix('.') or 'the event'} was {_spelt(before)} and is {_spelt(now)}"]


def _but(part: Shape, *keys: str) -> Shape:
    return {key: value for key, value in part.items() if key not in keys}


def _spelt(part: Shape) -> str:
    return json.dumps(part, sort_keys=True)


def _plain(node: Any, definitions: Mapping[str, Any]) -> Any:
    """Without prose, and with every value's shape in its place: what its class is called is prose too."""
    match node:
        case {"$ref": str(reference), **others}:
            return _plain({**definitions[reference.rpartition("/")[2]], **others}, definitions)
        case dict():
            return {
                name: _plain(part, definitions)
                for name, part in node.items()  # pyright: ignore[reportUnknownVariableType]
                if name != "$defs"
                and not (name in ("title", "description") and isinstance(part, str))
            }
        case list():
            return [_plain(part, definitions) for part in node]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return node
