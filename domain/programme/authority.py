"""Who may: whoever acts for the programme's body, or for its heir."""

from datetime import datetime

from domain.attribution import Attribution
from domain.directory.authority import authorise
from domain.directory.state import Directory
from domain.facts import Facts
from domain.identifiers import BodyId
from domain.outcomes import Rejected
from domain.programme import commands as c
from domain.programme.state import Programme


def body_of(programme: Programme, directory: Directory, at: datetime) -> BodyId:
    """The body whose programme it is at `at`: the heir, where the one named was reorganised away."""
    return directory.heir(programme.body, at) or programme.body


def authorised(
    command: c.AnyProgrammeCommand,
    state: Programme,
    facts: Facts,
    at: datetime,
    deed: str,
    *,
    history: bool = False,
) -> Attribution | Rejected:
    """The office by which the actor may do this to the programme at `at`, or the refusal; with `history`, also a
    registrar's.
    """
    body = body_of(state, facts.directory, at)
    return authorise(command, body, facts.directory, at, deed, history=history)
