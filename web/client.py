"""A client of the API for Python programs: typed, and patient where it is told to come again.

```
async with RemitClient("https://remit.example", token) as remit:
    async for line in remit.instructions(late=True, programme="union-2024-2026"):
        ...
    assign = Assign(command_id=new_key(), actor="p-0004", instruction=instruction_id("TAX-7"), lead="min-taxes-by")
    await remit.send(assign)
```

A command is the domain's own. Who sends it is whoever the token is of; its `command_id` is the `Idempotency-Key`, so that the
same command may be sent again whatever became of it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4

import httpx
from pydantic import BaseModel

from domain.instruction.commands import ClientCommand, Issue, Propose
from web.api.asked import Page
from web.api.asking import instruction_named
from web.api.evidence import Attached
from web.api.instructions import InstructionTold
from web.api.models import EventTold, Line
from web.api.paths import PREFIX
from web.api.requests import OF_THE_SERVER
from web.api.sending import Done
from web.problems import ProblemDetails

_AGAIN = frozenset({429, 502, 503, 504})
_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
M = TypeVar("M", bound=BaseModel)


class Refused(Exception):
    """The API answered with a problem; `problem` is it, with a code that programs go by."""

    def __init__(self, problem: ProblemDetails) -> None:
        super().__init__(f"{problem.code}: {problem.detail}")
        self.problem = problem


class NotAnswered(Exception):
    """Nothing came back in time: whether a command is recorded is not known. Send the same one again."""


def new_key() -> str:
    """For one command, and all its repetitions."""
    return str(uuid4())


class RemitClient:
    """Speaks to one Remit as whoever the token is of."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        language: str = "en",
        patience: float = 60,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        """Args:
        url: scheme, host and port.
        language: of the problems' titles: `en` or `ru`.
        patience: seconds for which a request is sent again where the answer is to come again, or none comes.
        client: to use for it; closed by whoever made it.
        """
        self._client = client or httpx.AsyncClient(timeout=35)
        self._own = client is None
        self._url = url.rstrip("/") + PREFIX
        self._headers = {"authorization": f"Bearer {token}", "accept-language": language}
        self._patience = patience

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._own:
            await self._client.aclose()

    async def get(self, told: type[M], path: str, **asked: Any) -> M:
        """Anything there is to read: the answer, as the model that the document names.

        Args:
            path: below the API's prefix.
            asked: parameters of the query; those that are None are left out.
        """
        given = {name: _written(value) for name, value in asked.items() if value is not None}
        answer = await self._sent("GET", path, params=given)
        return told.model_validate_json(answer.content)

    async def all(self, told: type[M], path: str, **asked: Any) -> AsyncIterator[M]:
        """Every item of a list, page after page."""
        page_of = Page[told]
        after = asked.pop("after", None)
        while True:
            page = await self.get(page_of, path, after=after, **asked)
            for item in page.items:
                yield item
            if page.next is None:
                return
            after = page.next

    def instructions(self, **asked: Any) -> AsyncIterator[Line]:
        """The register, by the filters of `GET /instructions`."""
        return self.all(Line, "/instructions", **asked)

    async def instruction(self, number: str, **asked: Any) -> InstructionTold:
        """How one stands, by its number or its id; `as_of` and `as_recorded` are moments with an offset."""
        return await self.get(
            InstructionTold, f"/instructions/{instruction_named(number)}", **asked
        )

    def events(self, number: str, **asked: Any) -> AsyncIterator[EventTold]:
        """Its history."""
        return self.all(EventTold, f"/instructions/{instruction_named(number)}/events", **asked)

    async def attach(self, number: str, name: str, content: bytes, *, key: str) -> Attached:
        """Keep a file, and have it on record that it belongs to the instruction.

        Args:
            name: of the file, without folders.
            key: of `new_key()`; the same for each repetition.

        Raises as `send` does.
        """
        headers = {"idempotency-key": key, "content-type": "application/octet-stream"}
        path = f"/instructions/{instruction_named(number)}/evidence"
        answer = await self._sent(
            "POST", path, params={"name": name}, content=content, headers=headers
        )
        return Attached.model_validate_json(answer.content)

    async def send(self, command: ClientCommand) -> Done:
        """Have it recorded. Sent again under the same key until there is an answer. Files go by `attach`: the API takes no
        `AttachEvidence`.

        Raises `Refused` with the rule that refuses it, and `NotAnswered`.
        """
        body = command.model_dump(mode="json", exclude={*OF_THE_SERVER, "instruction"})
        founding = isinstance(command, Issue | Propose)
        path = "/instructions" if founding else f"/instructions/{command.instruction}/commands"
        return await self.post(
            Done, path, body, key=command.command_id, version=command.expected_version
        )

    async def post(
        self,
        told: type[M],
        path: str,
        body: Mapping[str, Any],
        *,
        key: str,
        version: int | None = None,
    ) -> M:
        """Any other command: to a programme, a recurrence, the directory, or to many at once.

        Args:
            told: the model of its answer, as the document names it.
            path: below the API's prefix.
            body: as the document has it, with its `type`.
            key: of `new_key()`; the same for each repetition.
            version: the one that it is for, as it was told; None for whatever there is.

        Raises as `send` does.
        """
        headers = {"idempotency-key": key}
        if version is not None:
            headers["if-match"] = f'"{version}"'
        answer = await self._sent("POST", path, json=dict(body), headers=headers)
        return told.model_validate_json(answer.content)

    async def _sent(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **asked: Any
    ) -> httpx.Response:
        """Only what is safe to repeat comes here: what reads, and commands, which have a key."""
        deadline, pause = time.monotonic() + self._patience, _PAUSE
        while True:
            wait, why = pause, "nobody answers"
            try:
                answer = await self._client.request(
                    method, self._url + path, headers={**self._headers, **(headers or {})}, **asked
                )
            except httpx.TransportError as error:
                why = f"{type(error).__name__}: {error}"
            else:
                if answer.is_success:
                    return answer
                problem = _problem(answer)
                # A defect tells nothing of what a command came to; nor does what stands between.
                unknown = problem is None or (method == "POST" and answer.status_code == 500)
                if problem is not None and not unknown and answer.status_code not in _AGAIN:
                    raise Refused(problem)
                why = (
                    f"{problem.code}: {problem.detail}"
                    if problem
                    else f"{answer.status_code} {answer.reason_phrase}, and no problem of Remit's"
                )
                wait = _seconds(answer.headers.get("retry-after"), pause)
            if time.monotonic() + wait > deadline:
                raise NotAnswered(f"{method} {path}: {why}")
            await asyncio.sleep(wait)
            pause = min(2 * pause, _LONGEST_PAUSE)


def _problem(answer: httpx.Response) -> ProblemDetails | None:
    """What stands between may answer in forms of its own."""
    try:
        return ProblemDetails.model_validate_json(answer.content)
    except ValueError:
        return None


def _seconds(retry_after: str | None, otherwise: float) -> float:
    """Of `Retry-After`; its other form, a date, is none of Remit's."""
    return float(retry_after) if retry_after is not None and retry_after.isdecimal() else otherwise


def _written(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
