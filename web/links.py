"""Where to go on from an answer: links of the API's document (OpenAPI 3.1, Link Object)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from web.api.paths import PREFIX

_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Source:
    """What an operation's answer, or its request, names."""

    operation: str
    status: str
    path: str
    """Below the API's prefix: what begins with it, and has no other parameters, can be asked next."""
    parameters: Mapping[str, str]
    """Of that path: where each stands, as a runtime expression."""


SOURCES: Sequence[Source] = (
    Source(
        "found_instruction", "201", "/instructions/{number}", {"number": "$request.body#/number"}
    ),
    Source(
        "list_instructions",
        "200",
        "/instructions/{number}",
        {"number": "$response.body#/items/0/number"},
    ),
    Source(
        "attach_evidence",
        "201",
        "/instructions/{number}/evidence/{sha256}",
        {"number": "$request.path.number", "sha256": "$response.body#/evidence/sha256"},
    ),
    Source(
        "found_programme",
        "201",
        "/programmes/{programme}",
        {"programme": "$request.body#/programme"},
    ),
    Source(
        "list_programmes",
        "200",
        "/programmes/{programme}",
        {"programme": "$response.body#/items/0/id"},
    ),
    Source(
        "list_meetings",
        "200",
        "/programmes/{programme}/meetings/{meeting}",
        {"programme": "$request.path.programme", "meeting": "$response.body#/items/0/id"},
    ),
    Source(
        "start_recurrence",
        "201",
        "/recurrences/{recurrence}",
        {"recurrence": "$request.body#/recurrence"},
    ),
    Source(
        "list_recurrences",
        "200",
        "/recurrences/{recurrence}",
        {"recurrence": "$response.body#/items/0/id"},
    ),
    Source(
        "list_bodies", "200", "/directory/bodies/{body}", {"body": "$response.body#/items/0/id"}
    ),
    Source(
        "list_calendars",
        "200",
        "/directory/calendars/{calendar}",
        {"calendar": "$response.body#/items/0/id"},
    ),
    Source(
        "list_policies",
        "200",
        "/directory/policies/{policy}",
        {"policy": "$response.body#/items/0/id"},
    ),
    Source(
        "get_myself", "200", "/directory/persons/{person}", {"person": "$response.body#/person"}
    ),
    Source("create_token", "201", "/tokens/{token}", {"token": "$response.body#/id"}),
    Source(
        "create_calendar_feed",
        "201",
        "/calendar-feeds/{token}",
        {"token": "$response.body#/id"},
    ),
    Source(
        "list_checkpoints",
        "200",
        "/audit/checkpoints/{size}",
        {"size": "$response.body#/items/0/size"},
    ),
)


def link(document: dict[str, Any]) -> None:
    """Write into the document's answers where to go on."""
    operations = {one["operationId"]: (path, one) for path, one in _operations(document)}
    for source in SOURCES:
        _, operation = operations[source.operation]
        operation["responses"][source.status].setdefault("links", {}).update(
            {
                name: {"operationId": name, "parameters": dict(source.parameters)}
                for name, (path, _) in operations.items()
                if path.startswith(PREFIX + source.path)
                and set(_PARAMETER.findall(path)) == set(source.parameters)
            }
        )


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, of_path in document["paths"].items():
        for operation in of_path.values():
            yield path, operation
