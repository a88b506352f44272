"""The API's document (OpenAPI 3.1): what FastAPI writes, and the problems that any request may end in."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from web.links import link
from web.problems import MEDIA_TYPE, ProblemDetails

VERSION = version("remit")
_LOCAL_TIME = r"^\d\d:\d\d(:\d\d(\.\d{1,6})?)?$"
_REF = "#/components/schemas/ProblemDetails"
_ALWAYS = {
    "400": "the request cannot be read",
    "401": "nobody is signed in",
    "403": "whoever asks has no right to it",
    "404": "there is no such thing, or not for whoever asks",
    "405": "this address does not know the method; `Allow` names those that it does",
    "422": "something in the request makes no sense",
    "429": "too many requests; `Retry-After` says how long to wait",
    "500": "a defect of Remit's; its log says more, under the request's id",
    "503": "a server behind Remit does not answer; send the same again after `Retry-After`",
}
_OF_BODIES = {
    "408": "the body took too long",
    "409": "not as it stands now",
    "412": "something happened since the version that `If-Match` names",
    "413": "the body is too large",
    "415": "the body is in a form that is not taken",
}

_TEXT, _NUMBER = {"type": "string"}, {"type": "integer", "minimum": 0}
_HEADERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "X-Request-Id": ("under which the log has it", _TEXT),
    "RateLimit-Policy": ("how many requests are allowed, `q`, in how many seconds, `w`", _TEXT),
    "RateLimit": ("how many are left, `r`, and in how many seconds there are more, `t`", _TEXT),
    "Retry-After": ("seconds after which it makes sense to ask again", _NUMBER),
    "Allow": ("the methods that this address knows", _TEXT),
    "ETag": ("the version that this is; `If-Match` of a command that rests on it", _TEXT),
    "Location": ("where it is from now on", _TEXT),
    "Content-Disposition": ("what the file is to be called", _TEXT),
}
_EVERYWHERE = ("X-Request-Id", "RateLimit-Policy", "RateLimit")
_BY_STATUS: Mapping[str, tuple[str, ...]] = {
    "405": ("Allow",),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
}
_FOUNDED, _VERSIONED, _FILE = ("ETag", "Location"), ("ETag",), ("Content-Disposition",)
OF_ANSWERS: Mapping[str, tuple[str, ...]] = {
    "found_instruction": _FOUNDED,
    "found_programme": _FOUNDED,
    "start_recurrence": _FOUNDED,
    "attach_evidence": _FOUNDED,
    **dict.fromkeys(
        (
            "list_bodies",
            "get_body",
            "list_offices",
            "get_person",
            "list_substitutions",
            "list_calendars",
            "get_calendar",
            "list_policies",
            "get_policy",
        ),
        _VERSIONED,
    ),
    "get_instruction": _VERSIONED,
    "get_programme": _VERSIONED,
    "get_recurrence": _VERSIONED,
    "command_instruction": _VERSIONED,
    "command_programme": _VERSIONED,
    "command_recurrence": _VERSIONED,
    "command_directory": _VERSIONED,
    "fetch_evidence": _FILE,
    "export_instructions": _FILE,
    "bundle_instruction": _FILE,
    "bundle_programme": _FILE,
}
"""By the operation: the headers that an answer has which is no problem, beside those that every answer has."""


def describe(app: FastAPI) -> None:
    """Have the application tell its document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _with_problems(
                get_openapi(title=app.title, version=app.version, routes=app.routes)
            )
        return app.openapi_schema

    app.openapi = document


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    template = "#/components/schemas/{model}"
    of_problems = ProblemDetails.model_json_schema(ref_template=template)
    schemas.update(of_problems.pop("$defs", {}))
    schemas["ProblemDetails"] = of_problems
    document["components"]["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "an API token (`remit token create`), or an access token of the OpenID issuer",
        }
    }
    document["components"]["headers"] = {
        name: {"description": meaning, "schema": schema}
        for name, (meaning, schema) in _HEADERS.items()
    }
    document["security"] = [{"bearer": []}]
    for operations in document["paths"].values():
        for operation in operations.values():
            responses = operation["responses"]
            told = _ALWAYS | (_OF_BODIES if "requestBody" in operation else {})
            own = {s: one["description"] for s, one in responses.items() if s >= "400"}
            for status, meaning in {**own, **told}.items():
                responses[status] = {
                    "description": meaning,
                    "content": {MEDIA_TYPE: {"schema": {"$ref": _REF}}},
                }
            done = max(status for status in responses if status < "300")  # not a dry run
            for status, response in responses.items():
                of_answer = OF_ANSWERS.get(operation["operationId"], ()) if status == done else ()
                names = (*_EVERYWHERE, *of_answer, *_BY_STATUS.get(status, ()))
                response["headers"] = {
                    name: {"$ref": f"#/components/headers/{name}"} for name in names
                }
    link(document)
    _tell_local_times(document)
    return document


def _tell_local_times(part: Any) -> None:
    """A time of day in somebody's own zone: `time` of JSON Schema is RFC 3339's, which has an offset."""
    match part:
        case {"type": "string", "format": "time"}:
            del part["format"]
            part["pattern"] = _LOCAL_TIME
        case dict():
            for inner in part.values():  # pyright: ignore[reportUnknownVariableType]
                _tell_local_times(inner)
        case list():
            for inner in part:  # pyright: ignore[reportUnknownVariableType]
                _tell_local_times(inner)
        case _:
            pass
