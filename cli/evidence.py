"""Evidence: attaching files to an instruction, and finding out whether they are still what they were."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Group, Parameter

from audit.new_files import CannotWrite, new_files, writing
from cli.arguments import Number
from cli.envelope import to_instruction
from cli.errors import BadFile, CliError, OutOfReach, Refused, UsageError
from cli.evidence_view import Found, evidence_json, evidence_lines, state
from cli.options import Place, Sender
from cli.output import console, plain, print_json, print_recorded, recorded_json
from cli.sending import send
from cli.session import open_session, settings_of
from domain.identifiers import instruction_id
from domain.instruction.commands import AttachEvidence
from domain.instruction.terms import Evidence
from domain.rejections import Code
from eventstore.evidence_named import FileOnRecord, files_on_record
from evidence.protocol import Altered, EvidenceStore, NotKept, SourceChanged, StoreFailed
from evidence.store import open_evidence
from objectstore.location import BadLocation
from settings import Settings

group = Group("Evidence", sort_key=3)

_HERE = Place()


async def attach(
    number: Number, /, *files: Annotated[Path, Parameter(help="A file.")], sender: Sender
) -> None:
    """Keep files as evidence, and put on record that they belong to the instruction."""
    if not files:
        raise UsageError("name the files to attach")
    if sender.command_id is not None and len(files) > 1:
        raise UsageError("--command-id is of one command: name the one file it was for")
    settings = settings_of(sender.folder)
    attached: list[dict[str, Any]] = []
    for evidence in await kept(settings, files):
        command = AttachEvidence(**to_instruction(number, sender), evidence=evidence)
        try:
            recorded = await send(number, command, settings)
        except CliError as error:
            error.result = {"attached": attached}
            raise
        answer = recorded_json(command, recorded)
        attached.append({**evidence.model_dump(mode="json"), **answer})
        if not sender.json:
            print_recorded(command, recorded)
    if sender.json:
        print_json({"attached": attached})


async def evidence(
    number: Number,
    /,
    *,
    fetch: Annotated[
        str | None, Parameter(help="SHA-256 or name of the file to fetch; needs --output.")
    ] = None,
    output: Annotated[
        Path | None, Parameter(name=["--output", "-o"], help="New file to fetch it into.")
    ] = None,
    place: Place = _HERE,
) -> None:
    """An instruction's evidence, read to its last byte: intact, altered or missing."""
    if (fetch is None) != (output is None):
        raise UsageError("--fetch and --output go together: what, and into which file")
    settings = settings_of(place.folder)
    store = store_of(settings)
    async with open_session(settings) as session:
        stored = await session.store.read_stream(instruction_id(number))
    if not stored:
        raise Refused(
            Code.NOT_ISSUED, f"no instruction {number} is issued; check its number", "number"
        )
    files = files_on_record(stored)
    if fetch is None or output is None:
        await _list(number, files, store, place)
    else:
        await _fetch(number, files, store, fetch, output, place)


async def kept(settings: Settings, files: Sequence[Path]) -> tuple[Evidence, ...]:
    """Keep the files where the settings say; what to name them by in a command.

    To be done before the command is sent: a file that no event names does no harm.

    Raises:
        UsageError: no place is set, or a file is none or cannot be read.
        OutOfReach: the store did not answer, or refused.
    """
    store = store_of(settings)
    for file in files:
        _insist_on_a_file(file)
    return tuple([await _kept(store, file) for file in files])


def store_of(settings: Settings) -> EvidenceStore:
    """Where the settings say that evidence is kept. Raises `UsageError` if they name no place."""
    if settings.evidence_url is None:
        raise UsageError(
            "no place for evidence is set: set REMIT_EVIDENCE_URL to file:///folder or "
            "s3://bucket/prefix?endpoint=URL&region=NAME"
        )
    secret = settings.evidence_secret_key
    try:
        return open_evidence(
            settings.evidence_url,
            access_key=settings.evidence_access_key,
            secret_key=secret.get_secret_value() if secret else None,
        )
    except BadLocation as error:
        raise UsageError(f"REMIT_EVIDENCE_URL names no place for evidence: {error}") from error


def add_to(app: App) -> None:
    app.command(attach, group=group)
    app.command(evidence, group=group)


def _insist_on_a_file(file: Path) -> None:
    if not file.is_file():
        raise UsageError(f"{file} is not there, or no file")


async def _kept(store: EvidenceStore, file: Path) -> Evidence:
    try:
        found = await store.put(file)
    except SourceChanged as error:
        raise UsageError(f"{file} changed while it was read; attach it when it is done") from error
    except StoreFailed as error:
        raise OutOfReach(str(error)) from error
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    return Evidence(sha256=found.sha256, name=file.name, size=found.size)


async def _list(
    number: str, files: Sequence[FileOnRecord], store: EvidenceStore, place: Place
) -> None:
    hashes = {file.evidence.sha256 for file in files}
    found: dict[str, Found] = {sha256: await _found(store, sha256) for sha256 in hashes}
    answer = {"evidence": evidence_json(files, found)}
    bad = [file for file in files if state(file.evidence, found) != "intact"]
    if not place.json:
        for line in evidence_lines(number, files, found):
            console.print(line, soft_wrap=True)
    if bad:
        raise BadFile(f"{len(bad)} of {len(files)} files are not as they were recorded", answer)
    if place.json:
        print_json(answer)


async def _found(store: EvidenceStore, sha256: str) -> Found:
    try:
        return await store.verify(sha256)
    except NotKept:
        return "missing"
    except Altered:
        return "altered"
    except StoreFailed as error:
        raise OutOfReach(str(error)) from error


async def _fetch(
    number: str,
    files: Sequence[FileOnRecord],
    store: EvidenceStore,
    wanted: str,
    output: Path,
    place: Place,
) -> None:
    evidence = _wanted(number, files, wanted)
    try:
        size = await _written(store, evidence.sha256, output)
    except (NotKept, Altered) as error:
        raise BadFile(f"{evidence.name}: {error}; nothing was written") from error
    except StoreFailed as error:
        raise OutOfReach(str(error)) from error
    except CannotWrite as error:
        raise UsageError(f"--output: {error}") from error
    if place.json:
        print_json({"sha256": evidence.sha256, "name": evidence.name, "size": size})
    else:
        console.print(
            f"{plain(evidence.name)}: {size} bytes, intact, in {plain(str(output))}", soft_wrap=True
        )


def _wanted(number: str, files: Sequence[FileOnRecord], wanted: str) -> Evidence:
    found = {
        file.evidence.sha256: file.evidence
        for file in files
        if wanted in (file.evidence.sha256, file.evidence.name)
    }
    if not found:
        raise UsageError(f"--fetch {wanted}: {number} has no evidence of that SHA-256 or name")
    if len(found) > 1:
        raise UsageError(f"--fetch {wanted} is the name of several; give one: {', '.join(found)}")
    return next(iter(found.values()))


async def _written(store: EvidenceStore, sha256: str, output: Path) -> int:
    """Write the file, which has its name only if its hash proved right; how many bytes it has."""
    with new_files(output) as (part,), writing(output), part.open("wb") as file:
        async for piece in store.get(sha256):
            file.write(piece)
        return file.tell()
