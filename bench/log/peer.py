"""The `eventsourcing` library doing the same work. Runs in an environment of its own (`.venv-peer`):

    python bench/log/peer.py append DATABASE_URL CLIENTS SECONDS
    python bench/log/peer.py fill DATABASE_URL AGGREGATES EVENTS_EACH
    python bench/log/peer.py replay DATABASE_URL
    python bench/log/peer.py load DATABASE_URL AGGREGATES

Speaks as client.py does. Imports nothing of Remit. Its pool of connections is as the library has it.
"""
# pyright: basic, reportMissingImports=false

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Transcoding


@dataclass(frozen=True)
class Identity:
    kind: str
    method: str


@dataclass(frozen=True)
class Attribution:
    actor: str
    on_behalf_of: str
    office: str
    substituting: str
    identity: Identity


class AttributionAsDict(Transcoding):
    """As the library's documentation has custom values written."""

    type = Attribution
    name = "attribution"

    def encode(self, obj: Attribution) -> dict[str, Any]:
        return {**obj.__dict__, "identity": obj.identity.__dict__}

    def decode(self, data: dict[str, Any]) -> Attribution:
        return Attribution(**{**data, "identity": Identity(**data["identity"])})


_BY = Attribution(
    actor="p-7f3a",
    on_behalf_of="ministry-of-economy",
    office="economy-head",
    substituting="p-1b2c",
    identity=Identity(kind="authenticated", method="oidc"),
)
_PAGE = 1000


class Instruction(Aggregate):
    """With events that hold what a progress report of Remit's holds, in the same types."""

    @event("Issued")
    def __init__(self, number: str, occurred_at: datetime, by: Attribution) -> None:
        self.number = number
        self.percent = 0
        self.text = ""
        self.reported_at = occurred_at
        self.by = by

    @event("ProgressReported")
    def report(self, percent: int, text: str, occurred_at: datetime, by: Attribution) -> None:
        self.percent = percent
        self.text = text
        self.reported_at = occurred_at
        self.by = by

    @staticmethod
    def create_id(number: str) -> UUID:
        return uuid5(NAMESPACE_URL, number)


class Log(Application):
    def register_transcodings(self, transcoder: Any) -> None:
        super().register_transcodings(transcoder)
        transcoder.register(AttributionAsDict())


def _application(url: str) -> Log:
    parts = urlsplit(url)
    return Log(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": parts.path.lstrip("/"),
            "POSTGRES_HOST": parse_qs(parts.query)["host"][0],
            "POSTGRES_USER": parts.username or "",
            "POSTGRES_PASSWORD": "",
            "POSTGRES_CONNECT_TIMEOUT": "60",
        }
    )


def _report(instruction: Instruction, version: int) -> None:
    instruction.report(version % 100, "Two drafts of five.", datetime.now(UTC), _BY)


def _append(url: str, clients: int, seconds: float) -> Callable[[], dict[str, Any]]:
    application = _application(url)
    issued = [
        Instruction(f"{time.time_ns()}-{client}", datetime.now(UTC), _BY)
        for client in range(clients)
    ]
    for instruction in issued:
        application.save(instruction)

    def run() -> dict[str, Any]:
        took_ms: list[float] = []
        began = time.perf_counter()
        until = began + seconds

        def client(instruction: Instruction) -> None:
            version = 0
            while (before := time.perf_counter()) < until:
                version += 1
                _report(instruction, version)
                application.save(instruction)
                took_ms.append((time.perf_counter() - before) * 1000)

        threads = [threading.Thread(target=client, args=(one,)) for one in issued]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"seconds": time.perf_counter() - began, "took_ms": took_ms}

    return run


def _fill(url: str, aggregates: int, events: int) -> Callable[[], dict[str, Any]]:
    application = _application(url)

    def run() -> dict[str, Any]:
        for number in range(aggregates):
            instruction = Instruction(f"number-{number}", datetime.now(UTC), _BY)
            for version in range(1, events):
                _report(instruction, version)
            application.save(instruction)
        return {}

    return run


def _replay(url: str) -> Callable[[], dict[str, Any]]:
    """All events in the order of the log, each decoded and applied to its aggregate."""
    application = _application(url)

    def run() -> dict[str, Any]:
        began = time.perf_counter()
        instructions: dict[UUID, Any] = {}
        start = 1
        while page := application.recorder.select_notifications(start, _PAGE):
            for notification in page:
                recorded: Any = application.mapper.to_domain_event(notification)
                of = recorded.originator_id
                instructions[of] = recorded.mutate(instructions.get(of))
            start = page[-1].id + 1
        return {"seconds": time.perf_counter() - began, "events": start - 1}

    return run


def _load(url: str, aggregates: int) -> Callable[[], dict[str, Any]]:
    application = _application(url)

    def run() -> dict[str, Any]:
        took_ms: list[float] = []
        for number in range(aggregates):
            before = time.perf_counter()
            application.repository.get(Instruction.create_id(f"number-{number}"))
            took_ms.append((time.perf_counter() - before) * 1000)
        return {"took_ms": took_ms}

    return run


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    verb, *given = sys.argv[1:]
    prepared = {"append": _append, "fill": _fill, "replay": _replay, "load": _load}[verb](
        given[0], *(json.loads(value) for value in given[1:])
    )
    _say("ready")
    sys.stdin.readline()
    _say(json.dumps(prepared()))
