"""`remit audit receipt`: the proof that a person was erased, and what erasures stopped half-way."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from cyclopts import App, Parameter

from audit.database import latest_checkpoint, tree_at
from audit.erasure import (
    NO_KEY,
    NOT_COVERED,
    Covering,
    HalfErased,
    NotErased,
    PersonOnRecord,
    UnknownPerson,
    persons_on_record,
)
from audit.erasure import receipt as receipt_of
from audit.leaf import instant
from audit.notes import NoteError
from audit.tiles import TileError
from cli.audit_session import auditing, verifier_if_set
from cli.errors import NotAsRecorded, NotAsSigned, OwnCode, Refused
from cli.options import Place
from cli.output import console, moment, plain, print_json, table
from cli.session import Session, open_session, settings_of
from domain.rejections import Code
from settings import Settings

_HERE = Place()


async def receipt(
    person: Annotated[
        str | None, Parameter(help="The person's opaque id; without it, all erasures are listed.")
    ] = None,
    /,
    *,
    place: Place = _HERE,
) -> None:
    """The receipt for an erased person, as JSON; `verify.py` checks it like a bundle.

    Without a person: who was erased, and whose erasure stopped half-way. Ends with 5 if one did.
    """
    settings = settings_of(place.folder)
    async with open_session(settings) as session:
        if person is None:
            found = await persons_on_record(session.store, session.persons)
        else:
            print_json(await receipt_for(session, settings, person))
            return
    erasures = [one for one in found if one.standing != "kept"]
    half = [HalfErased(one) for one in erasures if one.standing != "erased"]
    answer = {"erasures": [_erasure_json(one) for one in erasures]}
    if not place.json:
        _print(erasures)
    if half:
        raise NotAsRecorded(str(half[0]), answer)
    if place.json:
        print_json(answer)


async def receipt_for(session: Session, settings: Settings, person: str) -> Mapping[str, Any]:
    """The receipt, with proof if a key is set and a checkpoint covers the erasure.

    Raises:
        UsageError: the key that is set is none.
        Refused: the person is not erased.
        NotAsRecorded: the erasure stopped half-way.
        NotAsSigned: the checkpoint cannot be read.
    """
    now = datetime.now(UTC)
    verifier = verifier_if_set(settings)
    if verifier is None:
        return await _given(session, person, None, now, NO_KEY)
    async with auditing(settings) as connection:
        try:
            signed = await latest_checkpoint(connection, verifier)
            covering = None
            if signed is not None:
                tree = await tree_at(connection, signed.checkpoint.size)
                covering = Covering(checkpoint=signed, tree=tree, verifier=verifier)
            return await _given(session, person, covering, now)
        except (NoteError, TileError) as error:
            raise NotAsSigned(f"no proof can be given: {error}") from error


async def _given(
    session: Session,
    person: str,
    covering: Covering | None,
    at: datetime,
    way_out: str = NOT_COVERED,
) -> Mapping[str, Any]:
    try:
        return await receipt_of(
            session.store, session.persons, person, covering, at, way_out=way_out
        )
    except HalfErased as error:
        raise NotAsRecorded(str(error)) from error
    except NotErased as error:
        code = Code.UNKNOWN if isinstance(error, UnknownPerson) else OwnCode.NOT_ERASED
        raise Refused(code, str(error), "person") from error


def _erasure_json(found: PersonOnRecord) -> Mapping[str, Any]:
    erased = found.erased
    return {
        "person": found.person,
        "standing": found.standing,
        "position": erased.position if erased else None,
        "occurred_at": instant(erased.occurred_at) if erased else None,
        "names_kept": found.kept,
    }


def _print(erasures: list[PersonOnRecord]) -> None:
    if not erasures:
        console.print("nobody was erased")
        return
    made = table("Erasures", "person", "stands", ">position", "erased at", ">names kept")
    for one in erasures:
        made.add_row(
            plain(one.person),
            one.standing,
            str(one.erased.position) if one.erased else "",
            moment(one.erased.occurred_at if one.erased else None),
            str(one.kept),
        )
    console.print(made)


def add_to(audit: App) -> None:
    audit.command(receipt)
