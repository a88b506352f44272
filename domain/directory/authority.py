"""Who may act for a body: its head or an officer; for history registrars too."""

from datetime import datetime

from domain.attribution import Attribution, Command
from domain.directory.state import ACTING, Directory, Office
from domain.identifiers import BodyId
from domain.outcomes import Rejected
from domain.rejections import not_authorised


def authorise(
    command: Command,
    body: BodyId,
    directory: Directory,
    at: datetime,
    deed: str,
    *,
    history: bool = False,
) -> Attribution | Rejected:
    """The office by which the actor may do this for the body at `at`, or the refusal.

    The actor's own, or that of an absent person whom the actor substitutes for.

    With `history`, registrars of the body and of the bodies above it may enter it too.
    """
    above = directory.chain(body) if history else ()

    def may(office: Office) -> bool:
        if command.on_behalf_of not in (None, body):
            return False
        acts = office.body == body and office.kind in ACTING
        return acts or (office.kind == "registrar" and office.body in above)

    mandate = next((m for m in directory.mandates(command.actor, at) if may(m.office)), None)
    if mandate is None:
        registrar = ", or a registrar of it or of a body above it," if history else ""
        return not_authorised(command.actor, deed, f"a head or officer of {body}{registrar}")
    return Attribution(
        actor=command.actor,
        on_behalf_of=body,
        office=mandate.office.id,
        substituting=mandate.substituting,
        identity=command.identity,
    )
