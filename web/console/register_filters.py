"""The register's filters: what is meant by what was entered, what there is to choose from, and what is chosen in words."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import cast, get_args

from domain.instruction.terms import SourceKind
from web.api.models import Phase
from web.api.registered import Registered
from web.console.choices import Choices, choices_of, ids_entered
from web.console.forms import Option
from web.console.labels import label
from web.console.paths import with_query
from web.console.visit import Visit


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterChoices(Choices):
    """What the register's filters may be set to."""

    phases: Sequence[Option]
    sources: Sequence[Option]

    def of(self, name: str) -> Sequence[Option]:
        by_name = {
            "programme": self.programmes,
            "phase": self.phases,
            "source": self.sources,
            "sector": self.sectors,
        }
        return by_name.get(name, self.bodies)


@dataclass(frozen=True, kw_only=True, slots=True)
class Chip:
    """A filter that is set."""

    name: str
    value: str
    without: str
    """Where it is not."""


def as_meant(visit: Visit, chosen: Registered) -> Registered:
    """The same with the ids of bodies that were entered by name, and the words without what is blank around them."""
    ids = ids_entered(visit, lead=chosen.lead, issuer=chosen.issuer, controller=chosen.controller)
    return replace(chosen, q=(chosen.q or "").strip() or None, **ids)


async def register_choices(visit: Visit, chosen: Registered) -> RegisterChoices:
    shared = await choices_of(visit, chosen.programme)
    return RegisterChoices(
        programmes=shared.programmes,
        bodies=shared.bodies,
        phases=[(code, label(visit.words, "phase", code)) for code in get_args(Phase)],
        sources=[(code, label(visit.words, "source", code)) for code in get_args(SourceKind)],
        sectors=shared.sectors,
    )


def asked_of(chosen: Registered) -> Mapping[str, str]:
    """The filters that are set, as an address has them."""
    said = {**asdict(chosen), "late": "true" if chosen.late else None}
    return {name: cast(str, value) for name, value in said.items() if value is not None}


def query_of(chosen: Registered) -> str:
    """The same as one text."""
    return with_query("", **asked_of(chosen)).removeprefix("?")


def chips_of(
    visit: Visit, path: str, chosen: Registered, choices: RegisterChoices
) -> Sequence[Chip]:
    """What is set, each with the address of the same page without it."""
    asked, names = asked_of(chosen), names_of(visit)
    return [
        Chip(
            name=names[name],
            value=""
            if name == "late"
            else value
            if name == "q"
            else dict(choices.of(name)).get(value, value),
            without=visit.url(path, **{other: asked[other] for other in asked if other != name}),
        )
        for name, value in asked.items()
    ]


def names_of(visit: Visit) -> Mapping[str, str]:
    """What each filter is called."""
    say = visit.words.say
    return {
        "programme": say("Programme"),
        "phase": say("State"),
        "lead": say("Lead assignee"),
        "issuer": say("Issuer"),
        "controller": say("Controller"),
        "sector": say("Sector"),
        "source": say("Source document"),
        "late": say("only behind schedule"),
        "q": say("Number or words"),
    }
