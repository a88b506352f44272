"""Who may: by relation to the instruction and by office. Checked in `decide`; no client gets round it."""

from dataclasses import dataclass
from datetime import datetime

from domain.attribution import BY_SYSTEM, Attribution
from domain.directory.events import OfficeKind
from domain.directory.state import ACTING, Directory, Mandate, Office
from domain.identifiers import BodyId, PersonId
from domain.instruction.commands import InstructionCommand
from domain.instruction.state import Record
from domain.outcomes import Rejected
from domain.rejections import Code, not_authorised, rejected


@dataclass(frozen=True, slots=True)
class Party:
    """Office holders who stand in one relation to the instruction."""

    relation: str
    bodies: frozenset[BodyId]
    kinds: frozenset[OfficeKind] = ACTING


def issuer(record: Record, directory: Directory) -> Party:
    del directory
    return Party("the issuer", frozenset({record.issuer}))


def lead(record: Record, directory: Directory) -> Party:
    del directory
    return Party("the lead assignee", frozenset(record.leads))


def co_assignee(record: Record, directory: Directory) -> Party:
    del directory
    return Party("a co-assignee", frozenset(record.co_assignees))


def controller(record: Record, directory: Directory) -> Party:
    del directory
    return Party("the controller", frozenset({record.controller} if record.controller else ()))


def controller_else_issuer(record: Record, directory: Directory) -> Party:
    return controller(record, directory) if record.controller else issuer(record, directory)


def observer(record: Record, directory: Directory) -> Party:
    del directory
    return Party("an observer", frozenset(record.observers))


def registrar(record: Record, directory: Directory) -> Party:
    """Registrars of the issuing body or of a body above it."""
    kinds = frozenset[OfficeKind]({"registrar"})
    return Party("a registrar", frozenset(directory.chain(record.issuer)), kinds)


def operator(record: Record, directory: Directory) -> Party:
    """Operators of the issuing body, of a body above it, or of the controller."""
    bodies = {*directory.chain(record.issuer), *({record.controller} if record.controller else ())}
    return Party("an operator", frozenset(bodies), frozenset({"operator"}))


def recipient(record: Record, directory: Directory) -> Party:
    """Who a notice was given to: a person, whatever office they hold by now (decisions/notices.py)."""
    del record, directory
    return Party("the recipient", frozenset())


def authorise(
    command: InstructionCommand,
    parties: tuple[Party, ...],
    issuer_body: BodyId,
    directory: Directory,
    at: datetime,
    deed: str,
) -> Attribution | Rejected:
    """The office by which the actor may do this at `at`, or the refusal.

    The actor's own, or else that of an absent person whom the actor substitutes for. What happened
    earlier is entered by a registrar of the issuing body or of one above it, on behalf of whom it
    concerned: else a lead could erase lateness by setting an earlier date.
    """
    if command.by_system:
        return BY_SYSTEM
    if command.backdated is not None:
        mandates = registering(command.actor, issuer_body, directory, at)
        who_may = f"a registrar of {issuer_body} or a body above it (it is entered as backdated)"
    else:
        mandates = acting(command.actor, parties, directory, at, command.on_behalf_of)
        who_may = " or ".join(_described(party) for party in parties)
    mandate = next(iter(mandates), None)
    if mandate is None:
        return not_authorised(command.actor, deed, who_may)
    backdated = command.backdated
    body = _concerned(command, parties) if backdated else mandate.office.body
    if isinstance(body, Rejected):
        return body
    return Attribution(
        actor=command.actor,
        on_behalf_of=body,
        office=mandate.office.id,
        substituting=mandate.substituting,
        identity=command.identity,
        backdating_reason=backdated.reason if backdated else None,
    )


def acting(
    person: PersonId,
    parties: tuple[Party, ...],
    directory: Directory,
    at: datetime,
    on_behalf_of: BodyId | None = None,
) -> tuple[Mandate, ...]:
    """The offices by which the person may act as one of these parties, that which counts first."""
    mandates = directory.mandates(person, at)
    return tuple(m for m in mandates if _acts_for(m.office, parties, on_behalf_of))


def registering(
    person: PersonId, issuer: BodyId, directory: Directory, at: datetime
) -> tuple[Mandate, ...]:
    """The offices by which the person may enter what happened earlier to what this body issued."""
    above = directory.chain(issuer)
    return tuple(m for m in directory.mandates(person, at) if _registers(m.office, above))


def _concerned(command: InstructionCommand, parties: tuple[Party, ...]) -> BodyId | Rejected | None:
    """The body a registrar enters it for: one that might have done it itself.

    Not said, it is the only one there is; among several it stays open.
    """
    bodies = frozenset[BodyId]().union(*(party.bodies for party in parties))
    if command.on_behalf_of is None:
        return next(iter(bodies)) if len(bodies) == 1 else None
    if command.on_behalf_of in bodies:
        return command.on_behalf_of
    who_may = " or ".join(_described(party) for party in parties)
    return rejected(
        Code.NOT_AUTHORISED,
        f"{command.on_behalf_of} could not do this itself: only {who_may} may",
        "on_behalf_of",
    )


def _registers(office: Office, bodies: tuple[BodyId, ...]) -> bool:
    return office.kind == "registrar" and office.body in bodies


def _acts_for(office: Office, parties: tuple[Party, ...], on_behalf_of: BodyId | None) -> bool:
    if on_behalf_of is not None and office.body != on_behalf_of:
        return False
    return any(office.kind in p.kinds and office.body in p.bodies for p in parties)


def _described(party: Party) -> str:
    bodies = ", ".join(sorted(party.bodies)) or "none is named"
    return f"{party.relation} ({bodies})"
