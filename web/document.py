"""The API's document (OpenAPI 3.1): what FastAPI writes, and the problems that any request may end in."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from web.problems import MEDIA_TYPE, ProblemDetails

VERSION = version("remit")
_REF = "#/components/schemas/ProblemDetails"
_ALWAYS = {
    "400": "the request cannot be read",
    "401": "nobody is signed in",
    "403": "whoever asks has no right to it",
    "404": "there is no such thing, or not for whoever asks",
    "422": "something in the request makes no sense",
    "429": "too many requests; `Retry-After` says how long to wait",
    "503": "a server behind Remit does not answer; send the same again after `Retry-After`",
}
_OF_BODIES = {
    "408": "the body took too long",
    "409": "not as it stands now",
    "412": "something happened since the version that `If-Match` names",
    "413": "the body is too large",
    "415": "the body is in a form that is not taken",
}
_NUMBER_ISSUED = "$request.body#/number"
_FIRST_LISTED = "$response.body#/items/0/number"
_OF_ONE = (
    "get_instruction",
    "get_history",
    "command_instruction",
    "prove_instruction",
    "bundle_instruction",
)
LINKS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("found_instruction", "201"): dict.fromkeys(_OF_ONE, _NUMBER_ISSUED),
    ("list_instructions", "200"): dict.fromkeys(_OF_ONE, _FIRST_LISTED),
}
"""By an operation and the status it ends with: where to go on, and where in it stands the instruction's number."""


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
    document["security"] = [{"bearer": []}]
    for operations in document["paths"].values():
        for operation in operations.values():
            responses = operation["responses"]
            for (name, status), following in LINKS.items():
                if name == operation["operationId"]:
                    responses[status]["links"] = {
                        to: {"operationId": to, "parameters": {"number": number}}
                        for to, number in following.items()
                    }
            told = _ALWAYS | (_OF_BODIES if "requestBody" in operation else {})
            own = {s: one["description"] for s, one in responses.items() if s >= "400"}
            for status, meaning in {**own, **told}.items():
                responses[status] = {
                    "description": meaning,
                    "content": {MEDIA_TYPE: {"schema": {"$ref": _REF}}},
                }
    return document
