"""`remit audit`: signing, proving and verifying that the log is what it was (docs/audit.md)."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

from cyclopts import App, Group, Parameter
from cyclopts.validators import Number as InRange

from audit.keeper import Keeper, Kept, SignedOnly
from audit.keys import make_key
from audit.last_outside import Refused as NotSigned
from audit.new_files import CannotWrite
from audit.notes import BadKey, NoteError
from audit.outside import Contradiction
from audit.proofs import prove as proofs_of
from audit.tiles import TileError
from audit.verification import Verified
from audit.verification import verify as verification_of
from audit.watch import watch as watching
from cli import audit_bundle, audit_completeness, audit_receipt
from cli.arguments import Number
from cli.audit_session import auditing, keeping, outside_store, verifier_of
from cli.audit_view import (
    checkpoint_line,
    finding_line,
    kept_json,
    print_verification,
    proofs_json,
    proofs_table,
    verification_json,
)
from cli.errors import NotAsSigned, OwnCode, Refused, UsageError
from cli.examining import verified
from cli.options import Place
from cli.output import console, errors, plain, print_json
from cli.progress import progress_bar
from cli.session import settings_of
from domain.identifiers import instruction_id
from domain.rejections import Code
from eventstore.protocol import PositionGap

group = Group("Audit", sort_key=4)

Seconds = Annotated[float, Parameter(validator=InRange(gt=0))]

_HERE = Place()
_HELP = "Sign, prove and verify that the log is what it was."


def _not_blank(type_: object, reason: str | None) -> None:
    del type_
    if reason is not None and not reason.strip():
        raise ValueError("a reason must be given: it stays in the trail for good")


def key(
    file: Annotated[Path, Parameter(help="A new file for the signing key.")],
    /,
    *,
    name: Annotated[
        str | None,
        Parameter(
            help="What it signs under, such as `remit.example/log`; by default a random one."
        ),
    ] = None,
    place: Place = _HERE,
) -> None:
    """Make a key for checkpoints, readable by this user only; prints its verifier key."""
    try:
        signer = make_key(file, name or f"remit/{uuid4().hex[:8]}")
    except BadKey as error:
        raise UsageError(f"--name: {error}") from error
    except CannotWrite as error:
        raise UsageError(str(error)) from error
    if place.json:
        print_json({"file": str(file), "verifier_key": signer.verifier.text})
        return
    console.print(
        f"signing key in {plain(str(file))}: name it in REMIT_AUDIT_KEY_FILE, keep it secret",
        soft_wrap=True,
    )
    console.print(
        "verifier key, for REMIT_AUDIT_PUBLIC_KEY and for everybody who verifies:", soft_wrap=True
    )
    console.print(plain(signer.verifier.text), soft_wrap=True)


async def checkpoint(
    *,
    after_loss: Annotated[
        str | None,
        Parameter(
            help="Go on though signed events were lost in a failover; the reason, for good.",
            validator=_not_blank,
        ),
    ] = None,
    place: Place = _HERE,
) -> None:
    """Bring the tree up to the log's head, sign it, and write it outside.

    A worker does so by itself, if it has a key.
    """

    async def sign(keeper: Keeper) -> Kept:
        return await (keeper.keep() if after_loss is None else keeper.keep_after_loss(after_loss))

    await _signed_by(sign, place)


async def repair(
    *,
    reason: Annotated[
        str, Parameter(help="What happened; signed, for good.", validator=_not_blank)
    ],
    place: Place = _HERE,
) -> None:
    """Make the tree's tiles again from the log, and write what is missing of the trail in the database or
    outside, from the other of the two. The next checkpoint says so.

    Refuses if the log does not continue the last checkpoint there is.
    """

    async def sign(keeper: Keeper) -> Kept:
        return await keeper.repair(reason)

    await _signed_by(sign, place)


async def _signed_by(sign: Callable[[Keeper], Awaitable[Kept]], place: Place) -> None:
    async with keeping(settings_of(place.folder)) as keeper:
        try:
            kept = await sign(keeper)
        except SignedOnly as error:
            signed = kept_json(Kept(latest=error.signed, signed=True))
            raise Refused(OwnCode.NOT_OUTSIDE, str(error), None, signed) from error
        except (NotSigned, Contradiction, NoteError, PositionGap, TileError) as error:
            raise Refused(OwnCode.NOT_SIGNED, f"nothing was signed: {error}", None) from error
    if place.json:
        print_json(kept_json(kept))
    elif kept.latest is None:
        console.print("the log is empty: there is nothing to sign")
    else:
        what = "signed" if kept.signed else "nothing new; the last is"
        console.print(f"{what} {checkpoint_line(kept.latest.checkpoint)}", soft_wrap=True)


async def prove(
    number: Number,
    version: Annotated[int | None, Parameter(help="Only the event of this version.")] = None,
    /,
    *,
    place: Place = _HERE,
) -> None:
    """Inclusion proofs of an instruction's events, verified before they are printed."""
    settings = settings_of(place.folder)
    verifier = verifier_of(settings)
    async with auditing(settings) as connection:
        try:
            found = await proofs_of(connection, verifier, instruction_id(number), version)
        except (NoteError, TileError) as error:
            raise NotAsSigned(f"nothing can be proved: {error}") from error
    if not found.proofs and not found.pending:
        what = f"version {version} of {number}" if version else f"instruction {number}"
        raise Refused(Code.NOT_ISSUED, f"there is no {what}; check its number", "number")
    answer = proofs_json(found, verifier)
    if not place.json:
        console.print(proofs_table(number, found))
    bad = [proof.event.position for proof in found.proofs if not proof.holds]
    if bad:
        raise NotAsSigned(
            f"position {bad[0]}: the event does not lead to the checkpoint's root; "
            "`remit audit verify` says what was changed",
            answer,
        )
    if place.json:
        print_json(answer)


async def verify(
    *,
    database_alone: Annotated[
        bool, Parameter(negative="", help="Leave the outside store out.")
    ] = False,
    place: Place = _HERE,
) -> None:
    """Hash the whole log again and hold it against its checkpoints; names the first bad position."""
    settings = settings_of(place.folder)
    verifier = verifier_of(settings)
    with progress_bar("events", quiet=place.json) as bar:
        found = await verified(settings, verifier, bar, database_alone=database_alone)
    answer = verification_json(found)
    if not place.json:
        print_verification(found)
    if found.findings:
        raise NotAsSigned(finding_line(found.findings[0]), answer)
    if place.json:
        print_json(answer)


async def watch(
    *,
    every: Annotated[Seconds, Parameter(help="Seconds between two looks at what is new.")] = 60,
    whole_every: Annotated[
        Seconds, Parameter(help="Seconds after which the whole log is verified again.")
    ] = 3600,
    place: Place = _HERE,
) -> None:
    """Verify what is new for ever, the whole log every so often; ends at the first finding."""
    settings = settings_of(place.folder)
    verifier, outside = verifier_of(settings), outside_store(settings)

    async def look(since: Verified | None) -> Any:
        async with auditing(settings) as connection:
            return await verification_of(connection, verifier, outside, since=since)

    async for found in watching(look, every=every, whole_every=whole_every):
        if found.findings:
            raise NotAsSigned(finding_line(found.findings[0]), verification_json(found))
        covered = found.latest.size if found.latest else 0
        told = f"{found.hashed} events verified, {found.size} in the log, {covered} covered"
        errors.print(told, soft_wrap=True)
        for notice in found.notices:
            errors.print(f"[yellow]notice[/] {plain(notice)}", soft_wrap=True)


def audit_app() -> App:
    """The verbs below `remit audit`."""
    app = App(name="audit", help=_HELP, help_format="plaintext", group=group)
    for verb in (key, checkpoint, repair, prove, verify, watch):
        app.command(verb)
    return app


def add_to(app: App) -> None:
    audit = audit_app()
    audit_completeness.add_to(audit)
    audit_bundle.add_to(audit)
    audit_receipt.add_to(audit)
    app.command(audit)
