"""The whole of Remit before which somebody sits: a staged directory, a worker, and the web, all real."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from pydantic import TypeAdapter

from access.pool import open_access_pool
from access.scopes import SCOPES, Scope
from access.tokens import ApiTokens
from activities.keyring import make_keys, read_keys
from activities.record import Admission
from activities.seal import Sealer
from audit.keys import make_key
from cli.web_services import serve_web
from domain.attribution import Command
from domain.directory.events import BodyKind, OfficeKind
from domain.identifiers import instruction_id
from domain.instruction.commands import ClientCommand
from domain.outcomes import Outcome, Recorded
from eventstore.handle import CommandHandler
from eventstore.migrate import migrate
from eventstore.persons import Person, PersonStore, PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from eventstore.subscription import listening
from notifications.log import LogChannel
from readmodels.projections import PROJECTIONS
from readmodels.projector import Projector, open_projection_pool
from settings import Settings
from tests.staging import TZDATA, body_command, person_commands
from web.serving import listen
from worker import audit_keeper, conducting
from workflows.client import CommandSender, connect

API = "/api/v1"
_COMMANDS: TypeAdapter[ClientCommand] = TypeAdapter(ClientCommand)
COUNCIL, MINISTRY, AGENCY, CONTROL, REGION = "council", "ministry", "agency", "control", "region"
OTHER = "other-council"
_BODIES: tuple[tuple[str, BodyKind, str | None], ...] = (
    (COUNCIL, "council", None),
    (MINISTRY, "ministry", COUNCIL),
    (AGENCY, "agency", MINISTRY),
    (CONTROL, "department", COUNCIL),
    (REGION, "region", COUNCIL),
    (OTHER, "council", None),
)
PEOPLE: Mapping[str, tuple[str, OfficeKind] | None] = {
    "p-administrator": (COUNCIL, "administrator"),
    "p-issuer": (COUNCIL, "head"),
    "p-operator": (COUNCIL, "operator"),
    "p-registrar": (COUNCIL, "registrar"),
    "p-auditor": (COUNCIL, "auditor"),
    "p-lead": (MINISTRY, "head"),
    "p-ministry-auditor": (MINISTRY, "auditor"),
    "p-agency": (AGENCY, "head"),
    "p-controller": (CONTROL, "officer"),
    "p-region": (REGION, "head"),
    "p-stranger": (OTHER, "head"),
    "p-other-operator": (OTHER, "operator"),
    "p-other-auditor": (OTHER, "auditor"),
    "p-nobody": None,
}
"""Everybody in the directory, with the office they hold."""
_ADMINISTRATOR = "p-administrator"


@dataclass(frozen=True, kw_only=True)
class Bureau:
    """What a test has at hand."""

    url: str
    settings: Settings
    store: PostgresEventStore
    handler: CommandHandler
    persons: PersonStore
    tokens: ApiTokens
    sender: CommandSender
    """Straight to Temporal, past the web."""
    client: httpx.AsyncClient
    kept: dict[tuple[str, frozenset[Scope]], str]

    async def token(self, person: str, scopes: frozenset[Scope] = SCOPES) -> str:
        """An API token of the person, made once."""
        key = (person, scopes)
        if key not in self.kept:
            made = await self.tokens.create(
                person,
                label="test",
                scopes=scopes,
                expires_at=datetime.now(UTC) + timedelta(days=1),
            )
            self.kept[key] = made
        return self.kept[key]

    async def ask(
        self, person: str, method: str, path: str, *, key: str | None = None, **asked: Any
    ) -> httpx.Response:
        """One request of the person's, to a path below the API's prefix.

        Args:
            key: the `Idempotency-Key`; a new one where something is posted.
        """
        headers = {
            "authorization": f"Bearer {await self.token(person)}",
            **asked.pop("headers", {}),
        }
        if method == "POST":
            headers["idempotency-key"] = key or str(uuid4())
        return await self.client.request(method, API + path, headers=headers, **asked)

    async def get(self, person: str, path: str, **asked: Any) -> httpx.Response:
        return await self.ask(person, "GET", path, **asked)

    async def command(
        self, person: str, number: str, type_: str, *, key: str | None = None, **said: Any
    ) -> httpx.Response:
        return await self.ask(
            person,
            "POST",
            f"/instructions/{number}/commands",
            key=key,
            json={"type": type_, **said},
        )

    async def issued(self, number: str, *, by: str = "p-issuer", **said: Any) -> int:
        """An instruction of the council's, controlled by the department; answers its position."""
        body = {
            "type": "Issue",
            "number": number,
            "text": f"Do what {number} says",
            "issuer": COUNCIL,
            "controller": CONTROL,
            "deadline": {"on": "2099-03-31"},
            **said,
        }
        answer = await self.ask(by, "POST", "/instructions", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["position"]

    async def issued_at_once(
        self, numbers: Iterable[str], type_: str = "Issue", **said: Any
    ) -> int:
        """The same of many, past the web and Temporal; answers a position once the lists know them."""
        terms = {
            "type": type_,
            "actor": "p-issuer",
            "text": "Do it",
            "issuer": COUNCIL,
            "deadline": {"on": "2099-03-31"},
            **said,
        }
        commands = [
            _COMMANDS.validate_python(
                {
                    "command_id": str(uuid4()),
                    "instruction": instruction_id(number),
                    "number": number,
                    **terms,
                }
            )
            for number in numbers
        ]
        outcomes = await self.handler.handle_in_bulk(
            [(one,) for one in commands], datetime.now(UTC)
        )
        assert all(isinstance(outcome, Recorded) for (outcome,) in outcomes)
        position = await self.store.head()
        asked = {"at_least": position}
        async with asyncio.timeout(120):
            for path in ("/instructions", "/late"):
                while (await self.get("p-operator", path, params=asked)).status_code == 503:
                    pass
        return position

    async def done(self, person: str, number: str, type_: str, **said: Any) -> int:
        """A command that is recorded; answers its position."""
        answer = await self.command(person, number, type_, **said)
        assert answer.status_code == 200, answer.text
        return answer.json()["position"]

    async def sign(self) -> None:
        """A checkpoint over all that is on record."""
        async with audit_keeper(self.settings) as keeper:
            assert keeper is not None
            await keeper.keep()

    async def newcomer(self) -> tuple[str, str]:
        """The head of a region that is new, and the region: nothing on the desk has to do with them yet."""
        body = f"region-{uuid4().hex}"
        person = f"p-{body}"
        file = _file(person)
        await self.persons.put(file)
        await _recorded(
            self.handler,
            [
                body_command(body, "region", COUNCIL, by=_ADMINISTRATOR),
                *person_commands(file, (body, "head"), by=_ADMINISTRATOR),
            ],
        )
        return person, body

    async def straight(self, person: str, number: str, type_: str, **said: Any) -> Outcome:
        """The same command, sent to Temporal past the web: merely asserted."""
        command = _COMMANDS.validate_python(
            {
                "type": type_,
                "command_id": str(uuid4()),
                "actor": person,
                "instruction": instruction_id(number),
                **said,
            }
        )
        return await self.sender.send(command)


@asynccontextmanager
async def bureau(
    database_url: str,
    temporal_address: str,
    folder: Path,
    *,
    patience: timedelta | None = None,
    replica_url: str | None = None,
) -> AsyncGenerator[Bureau]:
    """All of it, for as long as the block runs. `replica_url`: of the database, to read from."""
    await migrate(database_url)
    keys, evidence, outside = folder / "identity.keys", folder / "evidence", folder / "outside"
    make_keys(keys)
    make_key(folder / "audit.key", "remit.example/log")
    evidence.mkdir()
    outside.mkdir()
    settings = Settings(
        database_url=database_url,
        read_database_url=replica_url,
        temporal_address=temporal_address,
        temporal_ui_url="https://temporal.example.org/",
        temporal_task_queue=f"remit-{uuid4()}",
        identity_key_file=keys,
        evidence_url=evidence.as_uri(),
        audit_key_file=folder / "audit.key",
        audit_url=outside.as_uri(),
        # Tests ask more than a person does.
        web_requests_per_address=1_000_000,
        web_requests_per_person=1_000_000,
        web_failures_per_address=1_000_000,
    )
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(PostgresEventStore.open(database_url))
        persons = await stack.enter_async_context(PostgresPersonStore.open(database_url))
        handler = CommandHandler(store, tzdata=TZDATA)
        await _stage(handler, persons)
        client = await connect(temporal_address)
        pool = await stack.enter_async_context(
            open_projection_pool(database_url, pool_size=len(PROJECTIONS) + 2)
        )
        growth = await stack.enter_async_context(listening(database_url))
        for projection in PROJECTIONS:
            following = asyncio.create_task(
                Projector(store, pool, projection).run(growth.another())
            )
            stack.push_async_callback(_ended, following)
        await stack.enter_async_context(
            conducting(
                client,
                store,
                persons,
                pool,
                (LogChannel(),),
                task_queue=settings.temporal_task_queue,
                tzdata=TZDATA,
                admission=Admission(sealer=Sealer(read_keys(keys)), skew=timedelta(minutes=2)),
            )
        )
        url = await stack.enter_async_context(
            serve_web(settings, listen("127.0.0.1", 0), tzdata=TZDATA, patience=patience)
        )
        access = await stack.enter_async_context(open_access_pool(database_url))
        browser = await stack.enter_async_context(
            httpx.AsyncClient(base_url=url, trust_env=False, timeout=30)
        )
        yield Bureau(
            url=url,
            settings=settings,
            store=store,
            handler=handler,
            persons=persons,
            tokens=ApiTokens(access),
            sender=CommandSender(client, settings.temporal_task_queue),
            client=browser,
            kept={},
        )


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _stage(handler: CommandHandler, persons: PersonStore) -> None:
    by = _ADMINISTRATOR
    commands = [body_command(body, kind, parent, by=by) for body, kind, parent in _BODIES]
    for person, held in PEOPLE.items():
        await persons.put(_file(person))
        commands += person_commands(_file(person), held, by=by)
    await _recorded(handler, commands)


def _file(person: str) -> Person:
    return Person(
        person_id=person, name=person.title(), email=f"{person}@example.org", salt=b"salt"
    )


async def _recorded(handler: CommandHandler, commands: Iterable[Command]) -> None:
    at = datetime.now(UTC)
    for command in commands:
        assert isinstance(await handler.handle(command, at), Recorded)
