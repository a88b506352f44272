"""Kills the web and the worker while clients send commands, and looks in the log for what became of each.

`python -m bench web-kills` does it ten times to each. A client is `web.client.RemitClient`: it
sends a command again under the same key until there is an answer.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from random import Random

from bench.conducting import lives
from bench.deployed import DeployedProcess
from bench.results import Line, Result
from bench.web.ground import WebGround
from domain.identifiers import CommandId
from eventstore.protocol import EventStore
from web.client import NotAnswered, RemitClient

_KILLS = 10
_CLIENTS = 16
_SEED = 1
_ANSWERS = (5, 60)
"""So many answers come from one kill to the next, drawn from these."""
_SECONDS = 0.3
"""After the last of them up to so much time passes, drawn too."""
_PATIENCE = 120.0
"""Seconds for which a client goes on with one command."""


@dataclass(frozen=True, kw_only=True)
class Found:
    kills: Mapping[str, int]
    acknowledged: int
    not_answered: int
    """Given up by their client: recorded or not."""
    lost: int
    """Acknowledged, and not in the log."""
    recorded_twice: int
    """Of all that were sent."""
    elsewhere: int
    """Acknowledged at another position than the log has them at."""
    of_nobody: int
    """Recorded, and sent by no client."""

    @property
    def each_once(self) -> bool:
        return not (self.lost or self.recorded_twice or self.elsewhere or self.of_nobody)


@dataclass
class _Answers:
    """What clients were told, and who waits for so many."""

    positions: dict[CommandId, int] = field(default_factory=dict[CommandId, int])
    not_answered: set[CommandId] = field(default_factory=set[CommandId])
    came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def note(self, command: CommandId, position: int | None) -> None:
        async with self.came:
            if position is None:
                self.not_answered.add(command)
            else:
                self.positions[command] = position
            self.came.notify_all()

    async def until(self, count: int) -> None:
        async with self.came:
            await self.came.wait_for(lambda: len(self.positions) >= count)


async def measure(ground: WebGround, progress: Callable[[int, int], None]) -> Result:
    """Raises `RuntimeError` if a command was lost, or recorded twice."""
    found = await kill_while_commanding(
        url=ground.url,
        token=ground.tokens.issuer,
        store=ground.store,
        processes={"web": ground.web, "worker": ground.worker},
        kills=_KILLS,
        clients=_CLIENTS,
        seed=_SEED,
        progress=progress,
    )
    if not found.each_once:
        raise RuntimeError(f"not each command is recorded once: {found}")
    counts = {
        "acknowledged": found.acknowledged,
        "acknowledged and lost": found.lost,
        "recorded twice": found.recorded_twice,
        "recorded elsewhere than acknowledged": found.elsewhere,
        "recorded and sent by nobody": found.of_nobody,
        "given up by their client": found.not_answered,
    }
    return Result(
        lines=[
            Line(what=f"commands under kills: {what}", value=value)
            for what, value in counts.items()
        ],
        details={"kills": dict(found.kills), "seed": _SEED, "clients": _CLIENTS},
    )


async def kill_while_commanding(
    *,
    url: str,
    token: str,
    store: EventStore,
    processes: Mapping[str, DeployedProcess],
    kills: int,
    clients: int,
    seed: int,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Found:
    """Have clients comment on an instruction each until every process was killed so often; then read the log.

    Args:
        token: of whoever issues.
        processes: by what they are called; each is started again at once.
    """
    random = Random(seed)  # noqa: S311 - for choosing, not for secrets
    answers, sent, done = _Answers(), set[CommandId](), asyncio.Event()
    since = await store.head()

    async def client() -> None:
        async with RemitClient(url, token, patience=_PATIENCE) as remit:
            number = lives.new_number()
            await remit.send(lives.issue(number))
            while not done.is_set():
                comment = lives.comment(number)
                sent.add(comment.command_id)
                try:
                    told = await remit.send(comment)
                except NotAnswered:
                    await answers.note(comment.command_id, None)
                else:
                    await answers.note(comment.command_id, told.position)

    due = [name for name in processes for _ in range(kills)]
    random.shuffle(due)
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(client())
        for killed, name in enumerate(due, start=1):
            await answers.until(len(answers.positions) + random.randint(*_ANSWERS))
            await asyncio.sleep(random.uniform(0, _SECONDS))
            victim = processes[name]
            await victim.until_ready()
            await victim.kill()
            await victim.start()
            progress(killed, len(due))
        await answers.until(len(answers.positions) + clients)
        done.set()
    return await _found(store, since, answers, sent, Counter(due))


async def _found(
    store: EventStore,
    since: int,
    answers: _Answers,
    sent: Set[CommandId],
    kills: Mapping[str, int],
) -> Found:
    """What the whole log has under the ids of the commands, after that position."""
    recorded = Counter[CommandId]()
    positions = dict[CommandId, int]()
    async for batch in store.read_all(after_position=since):
        for stored in batch:
            if stored.type == "Commented":
                recorded[stored.command_id] += 1
                positions[stored.command_id] = stored.position
    told = answers.positions
    return Found(
        kills=kills,
        acknowledged=len(told),
        not_answered=len(answers.not_answered),
        lost=sum(recorded[command] == 0 for command in told),
        recorded_twice=sum(count > 1 for count in recorded.values()),
        elsewhere=sum(positions.get(c) not in (None, position) for c, position in told.items()),
        of_nobody=len(recorded.keys() - sent),
    )
