"""`remit audit bundle`: what an auditor takes home and checks without Remit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

from audit.bundle import (
    Bundle,
    DoesNotHold,
    NotCovered,
    Subject,
    Trusted,
    make_bundle,
    of_instruction,
    of_programme,
)
from audit.bundle_files import VERIFIER, digest, zipped
from audit.database import latest_checkpoint, tree_at
from audit.keys import read_key
from audit.notes import BadKey, NoteError, Signer, Verifier
from audit.tiles import TileMissing
from cli.audit_session import auditing, verifier_of
from cli.errors import NotAsSigned, Refused, UsageError
from cli.options import Place
from cli.output import console, plain, print_json
from cli.session import Session, open_session, settings_of
from domain.identifiers import instruction_id, programme_stream
from settings import Settings

_HERE = Place()

Size = Annotated[int, Parameter(validator=Number(gte=1))]


async def bundle(
    subject: Annotated[str, Parameter(help="An instruction's number, or a programme's id.")],
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"], help="A new file, .zip.")],
    kind: Annotated[
        Literal["instruction", "programme"] | None,
        Parameter(help="Which of the two it is; needed only where both have that name."),
    ] = None,
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
                which = (
                    "no checkpoint" if checkpoint is None else f"no checkpoint over {checkpoint}"
                )
                raise Refused(
                    "not-covered",
                    f"{which} was signed; `remit audit checkpoint` signs the log as it is now",
                    "checkpoint",
                )
            trusted = Trusted(
                checkpoint=signed,
                tree=await tree_at(connection, signed.checkpoint.size),
                verifier=verifier,
                signer=_signer(settings, verifier),
                held=held,
            )
            about = await _subject(session, subject, kind)
            made = await make_bundle(
                session.store, about, trusted, persons=session.persons if openings else None
            )
        except NotCovered as error:
            raise Refused(
                "not-covered",
                f"{error}; `remit audit checkpoint` signs the log as it is now",
                "checkpoint",
            ) from error
        except (NoteError, TileMissing, DoesNotHold) as error:
            raise NotAsSigned(str(error)) from error
    _write(output, zipped(made.files))
    answer = _answer(about, made, trusted, output)
    if place.json:
        print_json(answer)
    else:
        _tell(answer, made)


def _signer(settings: Settings, verifier: Verifier) -> Signer | None:
    """The log's own key, where this machine has it. Raises `UsageError` if the file cannot be read."""
    if settings.audit_key_file is None:
        return None
    try:
        signer = read_key(settings.audit_key_file)
    except BadKey as error:
        raise UsageError(
            f"REMIT_AUDIT_KEY_FILE: {error}; leave it unset if it is not here"
        ) from error
    return signer if signer.verifier == verifier else None


async def _subject(
    session: Session, name: str, kind: Literal["instruction", "programme"] | None
) -> Subject:
    kinds = {
        "instruction": await session.store.stream_head(instruction_id(name)) is not None,
        "programme": await session.store.stream_head(programme_stream(name)) is not None,
    }
    there = [one for one, known in kinds.items() if known and kind in (None, one)]
    if not there:
        what = kind or "instruction or programme"
        raise Refused("unknown", f"no {what} {name} is known; check its name", "subject")
    if len(there) > 1:
        raise UsageError(f"{name} is an instruction and a programme: say which by --kind")
    if there == ["instruction"]:
        return of_instruction(name)
    register = await session.register()
    return of_programme(name, await register.of_programme(name))


def _write(file: Path, content: bytes) -> None:
    try:
        with file.open("xb") as opened:
            opened.write(content)
    except FileExistsError as error:
        raise UsageError(f"{file} is there already: name a new file") from error
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error


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
        "verifier_sha256": digest(VERIFIER),
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
