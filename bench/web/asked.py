"""Who asks, and what the instructions of the log are about: four hundred bodies, each with somebody in office."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from access.scopes import SCOPES
from access.tokens import ApiTokens
from bench.log.filling import number_of
from bench.log.template_lives import Life, template_lives
from domain.attribution import Command
from domain.outcomes import Recorded
from eventstore.handle import CommandHandler
from eventstore.persons import Person, PersonStore
from tests import staging as s

MINISTRIES = 100
AGENCIES = 300
STRANGER, AUDITOR = "p-stranger", "p-auditor"
MINISTER = "p-min-000"
_OTHER = "other-council"
_FINISHED_FOR_EACH_LATE = 7
"""So many that came to their end go with two that are open: 7 % are behind schedule, as many as a bad year has."""
_SYLLABLES = ("bar", "den", "fol", "gim", "hul", "kas", "lem", "nor", "pud", "vit")
_RARE = "zaborskite"
_RARELY = 9_973
COMMON_WORD = _SYLLABLES[0] + _SYLLABLES[1]
"""In the text of one instruction of a hundred."""
RARE_WORD = _RARE
"""In that of one of ten thousand."""


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """Of those who ask."""

    operator: str
    """Of the council, below which all others stand: sees every instruction."""
    minister: str
    """Sees one of a hundred."""
    stranger: str
    """Head of a council that has to do with none."""
    issuer: str
    auditor: str
    """Of the council: sees every instruction, and the trail."""


def ministry(n: int) -> str:
    return f"min-{n:03}"


async def lives() -> Sequence[Life]:
    """What happens to the instructions, in turn: most came to their end."""
    of = await template_lives(short=False)
    open_, ended = [life for life in of if not life.closed], [life for life in of if life.closed]
    return [*ended * _FINISHED_FOR_EACH_LATE, *open_]


def rewritten(n: int, body: bytes) -> bytes:
    """The n-th instruction is another ministry's, and about something else."""
    drawn = Random(n).randrange(MINISTRIES * 100)  # noqa: S311 - for choosing, not for secrets
    lead, word = ministry(drawn % MINISTRIES).encode(), drawn // MINISTRIES
    about = _RARE if n % _RARELY == 0 else _SYLLABLES[word // 10] + _SYLLABLES[word % 10]
    body = body.replace(f'"{s.MINISTRY}"'.encode(), b'"' + lead + b'"')
    body = body.replace(f'"{s.MINISTRY}.'.encode(), b'"' + lead + b".")
    return body.replace(b"labelling of goods", b"labelling of " + about.encode())


def numbers(count: int, of: int, seed: int = 1) -> Sequence[str]:
    """So many of the instructions, drawn."""
    return [number_of(n) for n in Random(seed).sample(range(of), min(count, of))]  # noqa: S311 - as above


async def stage(handler: CommandHandler, persons: PersonStore, tokens: ApiTokens) -> Tokens:
    """The staged directory, ministries and agencies below its council, and a council beside it."""
    await s.stage(handler, persons)
    ministries = [(ministry(n), s.COUNCIL, f"p-{ministry(n)}") for n in range(MINISTRIES)]
    agencies = [
        (f"agency-{n:03}", ministry(n % MINISTRIES), f"p-agency-{n:03}") for n in range(AGENCIES)
    ]
    commands: list[Command] = []
    for body, parent, head in (*ministries, *agencies, (_OTHER, None, STRANGER)):
        file = Person(person_id=head, name=head, email=f"{head}@example.org", salt=b"salt")
        await persons.put(file)
        commands.append(s.body_command(body, "ministry", parent))
        commands += s.person_commands(file, (body, "head"))
    auditor = Person(person_id=AUDITOR, name=AUDITOR, email=f"{AUDITOR}@example.org", salt=b"salt")
    await persons.put(auditor)
    commands += s.person_commands(auditor, (s.COUNCIL, "auditor"))
    (outcomes,) = await handler.handle_in_bulk([commands], datetime.now(UTC))
    refused = [outcome for outcome in outcomes if not isinstance(outcome, Recorded)]
    assert not refused, refused

    async def token(person: str) -> str:
        ends = datetime.now(UTC) + timedelta(days=1)
        return await tokens.create(person, label="bench", scopes=SCOPES, expires_at=ends)

    return Tokens(
        operator=await token(s.OPERATOR),
        minister=await token(MINISTER),
        stranger=await token(STRANGER),
        issuer=await token(s.ISSUER),
        auditor=await token(AUDITOR),
    )
