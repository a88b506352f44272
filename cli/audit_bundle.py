"""`remit audit bundle`: what an auditor takes home and checks without Remit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from cyclopts.validators import Number

from audit.bundle import (
    Bundle,
    DoesNotHold,
    NotCovered,
    Subject,
    Trusted,
    make_bundle,
)
from audit.bundle_files import VERIFIER, sha256_of, zipped
from audit.database import latest_checkpoint, tree_at
from audit.new_files import CannotWrite, new_files, writing
from audit.notes import NoteError
from audit.tiles import TileError
from cli.audit_session import auditing, signer_if_set, verifier_of
from cli.errors import NotAsSigned, OwnCode, Refused, UsageError
from cli.options import Place
from cli.output import console, plain, print_json
from cli.session import open_session, settings_of
from cli.subject import KindOption, SubjectName, kind_of

_HERE = Place()

Size = Annotated[int, Parameter(validator=Number(gte=1))]


async def bundle(
    subject: SubjectName,
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"], help="A new file, .zip.")],
    kind: KindOption = None,
    openings: Annotated[
        bool,
        Parameter(
            negative="",
            help="Disclose name, address and salt of every person who appears in it.",
        ),
    ] = False,
    checkpoint: Annotated[
        Size | None,
        Parameter(help="Prove it against the checkpoint over so many events; by default the last."),
    ] = None,
    held: Annotated[
        tuple[Size, ...],
        Parameter(
            help="Size of an earlier checkpoint whose holder is to see that the log is the same.",
            negative="",
        ),
    ] = (),
    place: Place = _HERE,
) -> None:
    """Put an instruction or a programme into a zip file: events, proofs, report, and their verifier.

    Needs no more than Python to be checked. It is verified before it is written.
    """
    if output.exists():
        raise UsageError(f"{output} is there already: name a new file")
    settings = settings_of(place.folder)
    verifier = verifier_of(settings)
    async with auditing(settings) as connection, open_session(settings) as session:
        try:
            signed = await latest_checkpoint(connection, verifier, size=checkpoint)
            if signed is None:
                raise _no_checkpoint(checkpoint)
            trusted = Trusted(
                checkpoint=signed,
                tree=await tree_at(connection, signed.checkpoint.size),
                verifier=verifier,
                signer=signer_if_set(settings, verifier),
                held=held,
            )
            about = Subject(kind=await kind_of(session.store, subject, kind, "subject"), id=subject)
            made = await make_bundle(
                session.store, about, trusted, persons=session.persons if openings else None
            )
        except NotCovered as error:
            raise Refused(
                OwnCode.NOT_COVERED,
                f"{error}; `remit audit checkpoint` signs the log as it is now",
                "checkpoint",
            ) from error
        except (NoteError, TileError, DoesNotHold) as error:
            raise NotAsSigned(str(error)) from error
    _write(output, zipped(made.files))
    answer = _answer(about, made, trusted, output)
    if place.json:
        print_json(answer)
    else:
        _tell(answer, made)


def _no_checkpoint(size: int | None) -> Refused:
    which, way_out = "no checkpoint", "`remit audit checkpoint` signs the log as it is now"
    if size is not None:
        which = f"no checkpoint over {size} events"
        way_out = "leave --checkpoint out for the last one, or give the size of one that was signed"
    return Refused(OwnCode.NOT_COVERED, f"{which} was signed; {way_out}", "checkpoint")


def _write(output: Path, content: bytes) -> None:
    try:
        with new_files(output) as (part,), writing(output):
            part.write_bytes(content)
    except CannotWrite as error:
        raise UsageError(f"--output: {error}") from error


def _answer(subject: Subject, made: Bundle, trusted: Trusted, file: Path) -> Mapping[str, Any]:
    signed = trusted.checkpoint.checkpoint
    return {
        "file": str(file),
        "kind": subject.kind,
        "id": subject.id,
        "events": made.events,
        "checkpoint": {"number": signed.number, "size": signed.size, "time": signed.time},
        "not_covered": list(made.uncovered),
        "ends_signed": "manifest.note" in made.files,
        "persons_disclosed": "openings.json" in made.files,
        "persons_not_found": list(made.unopened),
        "not_as_published": made.account.discrepancies,
        "verifier_sha256": sha256_of(VERIFIER),
    }


def _tell(answer: Mapping[str, Any], made: Bundle) -> None:
    signed = answer["checkpoint"]
    lines = [
        f"[green]{plain(answer['file'])}[/]: {answer['events']} events of {answer['kind']} "
        f"{plain(answer['id'])}, proved against checkpoint {signed['number']} over {signed['size']} "
        f"events, of {signed['time']}",
        f"verify.py in it has SHA-256 {answer['verifier_sha256']}",
    ]
    if made.uncovered:
        lines.append(
            f"[yellow]{len(made.uncovered)} newer events are left out[/], from position "
            f"{made.uncovered[0]} on: no checkpoint covers them yet. `remit audit checkpoint`, and then again"
        )
    if not answer["ends_signed"]:
        lines.append(
            "[yellow]where streams ended is not signed[/], and a reader cannot tell whether newer events were "
            "left out: make it where REMIT_AUDIT_KEY_FILE is set"
        )
    if answer["persons_disclosed"]:
        lines.append(
            "[yellow]it discloses names, addresses and salts[/] (openings.json): deleting that file harms no proof"
        )
    if made.unopened:
        lines.append(
            f"nothing is kept of {plain(', '.join(made.unopened))}, though the checkpoint does not show that "
            "they were erased: see `remit audit receipt`"
        )
    lines += [f"[red]not as published[/]: {plain(found)}" for found in answer["not_as_published"]]
    for line in lines:
        console.print(line, soft_wrap=True)


def add_to(audit: App) -> None:
    audit.command(bundle)
