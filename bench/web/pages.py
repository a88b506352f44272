"""What a page of the console takes, next to a bare FastAPI with a `select` on the same rows, in turns."""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from bench.results import Line, Result
from bench.web.asked import COMMON_WORD, RARE_WORD, numbers
from bench.web.ground import ORDINARY, PROGRAMME, WebGround
from bench.web.reading import Question, measured

_DIFFERENT = 500
_MOST_MS = 50
_BARE = "bare: 50 rows"
_PROGRAMME, _ORDINARY = f"/programmes/{PROGRAMME}", f"/programmes/{ORDINARY}"


def questions(ground: WebGround) -> Sequence[Question]:
    drawn = [quote(number) for number in numbers(_DIFFERENT, ground.instructions)]
    one = [f"/instructions/{number}" for number in drawn]
    tokens = ground.tokens
    pages: Mapping[str, tuple[str, Sequence[str]]] = {
        "overview, operator": (tokens.operator, ["/"]),
        "overview, ministry of 1 %": (tokens.minister, ["/"]),
        "overview, auditor": (tokens.auditor, ["/"]),
        "programme of all": (tokens.operator, [_PROGRAMME]),
        "programme of all as of a day": (tokens.operator, [f"{_PROGRAMME}?as_of=2026-06-30"]),
        "programme of 310": (tokens.operator, [_ORDINARY]),
        "programme of 310 as of a day": (tokens.operator, [f"{_ORDINARY}?as_of=2026-06-30"]),
        "register, operator": (tokens.operator, ["/instructions"]),
        "register, ministry": (tokens.minister, ["/instructions"]),
        "register, late": (tokens.operator, ["/instructions?late=true"]),
        "register, word of 1 %": (tokens.operator, [f"/instructions?q={COMMON_WORD}"]),
        "register, word of 0.01 %": (tokens.operator, [f"/instructions?q={RARE_WORD}"]),
        "register as of a day": (tokens.operator, ["/instructions?as_of=2026-06-30"]),
        "instruction, operator": (tokens.operator, one),
        "instruction, auditor": (tokens.auditor, one),
        "replay": (tokens.auditor, [f"{path}/replay" for path in one]),
        "my work": (tokens.minister, ["/work"]),
        "calendar": (tokens.minister, ["/calendar"]),
        "late": (tokens.operator, ["/late"]),
        "escalations": (tokens.operator, ["/escalations"]),
        "audit": (tokens.auditor, ["/audit"]),
        "checkpoints": (tokens.auditor, ["/audit/checkpoints"]),
        "log of access": (tokens.auditor, ["/audit/access"]),
        "set-up": (tokens.operator, ["/setup"]),
        "directory": (tokens.operator, ["/setup/directory"]),
        "policies": (tokens.operator, ["/setup/policies"]),
    }
    return (
        Question(what=_BARE, url=ground.peer_url, paths=["/rows"]),
        *(
            Question(what=what, url=ground.url, paths=paths, token=token, next_to=_BARE)
            for what, (token, paths) in pages.items()
        ),
    )


async def measure(ground: WebGround, progress: Callable[[int, int], None]) -> Result:
    """Each page with 1, 8 and 32 connections; with one, held to what a page may take."""
    asked = questions(ground)
    found = await measured(asked, progress)
    held = [
        Line(
            what=f"{question.what}, p50 of 1 client",
            value=found.details[question.what]["1 clients"]["p50_ms"],
            unit="ms",
            target=_MOST_MS,
        )
        for question in asked
        if question.next_to is not None
    ]
    return Result(lines=[*held, *found.lines], details=found.details)
