"""What reading over HTTP takes, next to a bare FastAPI with a `select` on the same rows, in turns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from bench.results import Line, Result
from bench.web.asked import COMMON_WORD, RARE_WORD, numbers
from bench.web.ground import WebGround
from bench.web.load import Autocannon, Taken, autocannon
from domain.identifiers import instruction_id

CONNECTIONS = (1, 8, 32)
_SECONDS = 8.0
_WARM_UP = 20
_DIFFERENT = 500
"""Instructions that are asked for by number, in turn."""
_API = "/api/v1"
ONE, LIST = "one instruction", "list, operator"
_BARE_ONE, _BARE_LIST = "bare: one row", "bare: 50 rows"


@dataclass(frozen=True, kw_only=True)
class Question:
    what: str
    url: str
    paths: Sequence[str]
    token: str | None = None
    next_to: str | None = None
    """What of the peer's it is compared with."""


def questions(ground: WebGround) -> Sequence[Question]:
    drawn = numbers(_DIFFERENT, ground.instructions)
    sees_all, sees_some = ground.tokens.operator, ground.tokens.minister
    middle = quote(drawn[0])

    def ours(what: str, token: str, *paths: str, next_to: str = _BARE_LIST) -> Question:
        asked = [_API + path for path in paths]
        return Question(what=what, url=ground.url, paths=asked, token=token, next_to=next_to)

    return (
        Question(what=_BARE_LIST, url=ground.peer_url, paths=["/rows"]),
        ours(LIST, sees_all, "/instructions"),
        ours("list from the middle, operator", sees_all, f"/instructions?after={middle}"),
        ours("list, ministry of 1 %", sees_some, "/instructions"),
        ours("list, stranger", ground.tokens.stranger, "/instructions"),
        ours("list, late, operator", sees_all, "/instructions?late=true"),
        ours("word of 1 %, operator", sees_all, f"/instructions?q={COMMON_WORD}"),
        ours("word of 0.01 %, operator", sees_all, f"/instructions?q={RARE_WORD}"),
        ours("word of 0.01 %, ministry", sees_some, f"/instructions?q={RARE_WORD}"),
        ours("late, operator", sees_all, "/late"),
        ours("late, ministry", sees_some, "/late"),
        ours("escalations, operator", sees_all, "/escalations"),
        ours("escalations, ministry", sees_some, "/escalations"),
        Question(
            what=_BARE_ONE,
            url=ground.peer_url,
            paths=[f"/rows/{instruction_id(number)}" for number in drawn],
        ),
        ours(ONE, sees_all, *(f"/instructions/{quote(n)}" for n in drawn), next_to=_BARE_ONE),
    )


async def measure(ground: WebGround, progress: Callable[[int, int], None]) -> Result:
    """Each question with 1, 8 and 32 connections."""
    return await measured(questions(ground), progress)


async def measured(asked: Sequence[Question], progress: Callable[[int, int], None]) -> Result:
    """The same of other questions."""
    found: dict[str, dict[int, Taken]] = {question.what: {} for question in asked}
    async with autocannon() as tool:
        for done, question in enumerate(asked):
            await _warmed_up(tool, question)
            for connections in CONNECTIONS:
                progress(
                    len(CONNECTIONS) * done + CONNECTIONS.index(connections),
                    len(CONNECTIONS) * len(asked),
                )
                found[question.what][connections] = await tool.send(
                    question.url,
                    question.paths,
                    token=question.token,
                    connections=connections,
                    seconds=_SECONDS,
                )
    progress(len(CONNECTIONS) * len(asked), len(CONNECTIONS) * len(asked))
    return Result(lines=_lines(asked, found), details=_details(asked, found))


async def _warmed_up(tool: Autocannon, question: Question) -> None:
    """Statements are planned, and pages read, before anything is measured."""
    await tool.send(
        question.url, question.paths, token=question.token, connections=2, amount=_WARM_UP
    )


def _lines(asked: Sequence[Question], found: dict[str, dict[int, Taken]]) -> list[Line]:
    return [
        Line(
            what=f"{question.what} / {question.next_to}, p50 of {connections} clients",
            value=float(f"{_ratio(found, question, connections):.3g}"),
            unit="×",
        )
        for question in asked
        if question.next_to is not None
        for connections in CONNECTIONS
    ]


def _ratio(found: dict[str, dict[int, Taken]], question: Question, connections: int) -> float:
    assert question.next_to is not None
    ours, bare = found[question.what][connections], found[question.next_to][connections]
    return ours.percentile(50) / bare.percentile(50)


def _details(
    asked: Sequence[Question], found: dict[str, dict[int, Taken]]
) -> dict[str, dict[str, dict[str, float]]]:
    return {
        question.what: {f"{n} clients": taken.told() for n, taken in found[question.what].items()}
        for question in asked
    }
