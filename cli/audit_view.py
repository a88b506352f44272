"""What `remit audit` found, as lines, tables and JSON."""

import base64
from typing import Any

from rich.table import Table

from audit.checkpoint import Checkpoint
from audit.findings import Finding, Verification
from audit.keeper import Kept
from audit.leaf import entry, leaf_hash
from audit.notes import Verifier
from audit.proofs import Proofs
from cli.output import console, plain, table

_SHOWN = 20


def checkpoint_line(checkpoint: Checkpoint) -> str:
    root = base64.b64encode(checkpoint.root).decode()
    return f"checkpoint {checkpoint.number}: size {checkpoint.size}, root {root}, {checkpoint.time}"


def checkpoint_json(checkpoint: Checkpoint | None) -> dict[str, Any] | None:
    if checkpoint is None:
        return None
    return {
        "number": checkpoint.number,
        "size": checkpoint.size,
        "root": base64.b64encode(checkpoint.root).decode(),
        "epoch": checkpoint.epoch,
        "time": checkpoint.time,
        "line": checkpoint.line,
    }


def kept_json(kept: Kept) -> dict[str, Any]:
    latest = kept.latest
    return {
        "signed": kept.signed,
        "checkpoint": checkpoint_json(latest.checkpoint if latest else None),
        "note": latest.note if latest else None,
    }


def finding_line(finding: Finding) -> str:
    where = f"position {finding.position}: " if finding.position is not None else ""
    return f"{where}{finding.message} ({finding.check})"


def print_verification(found: Verification) -> None:
    for notice in found.notices:
        console.print(f"[yellow]notice[/] {plain(notice)}", soft_wrap=True)
    for finding in found.findings[:_SHOWN]:
        console.print(f"[red]found[/] {plain(finding_line(finding))}", soft_wrap=True)
    if len(found.findings) > _SHOWN:
        console.print(f"[dim]… {len(found.findings)} in all; --json shows them[/]", soft_wrap=True)
    if not found.findings:
        console.print(
            f"[green]intact[/] {found.hashed} events hashed again, epoch {found.epoch}",
            soft_wrap=True,
        )
    latest = f"size {found.latest.size}, number {found.latest.number}" if found.latest else "none"
    console.print(f"last checkpoint: {latest}; {_beyond(found.uncovered)}", soft_wrap=True)
    if found.outside is not None:
        console.print(
            f"last outside: size {found.outside.size}, number {found.outside.number}; "
            f"{_beyond(found.uncovered_outside)}",
            soft_wrap=True,
        )


def _beyond(uncovered: int) -> str:
    """What the log holds beyond a checkpoint; it may lack what one covers."""
    return (
        f"{uncovered} events are newer" if uncovered >= 0 else f"the log lacks {-uncovered} of them"
    )


def verification_json(found: Verification) -> dict[str, Any]:
    return {
        "size": found.size,
        "hashed": found.hashed,
        "epoch": found.epoch,
        "latest": checkpoint_json(found.latest),
        "outside": checkpoint_json(found.outside),
        "outside_looked_at": found.outside_looked_at,
        "uncovered": found.uncovered,
        "uncovered_outside": found.uncovered_outside,
        "findings": [
            {"check": f.check, "position": f.position, "message": f.message} for f in found.findings
        ],
        "notices": list(found.notices),
    }


def proofs_table(number: str, found: Proofs) -> Table:
    made = table(f"{plain(number)}: proofs", ">position", ">version", "event", ">path", "")
    for proof in found.proofs:
        event = proof.event
        holds = "[green]proved[/]" if proof.holds else "[red]does not hold[/]"
        row = (str(event.position), str(event.version), plain(event.type), str(len(proof.path)))
        made.add_row(*row, holds)
    for event in found.pending:
        row = (str(event.position), str(event.version), plain(event.type), "")
        made.add_row(*row, "pending: no checkpoint covers it yet")
    if found.checkpoint is not None:
        made.caption = plain(checkpoint_line(found.checkpoint.checkpoint))
    return made


def proofs_json(found: Proofs, verifier: Verifier) -> dict[str, Any]:
    return {
        "verifier_key": verifier.text,
        "note": found.checkpoint.note if found.checkpoint else None,
        "proofs": [
            {
                "position": proof.event.position,
                "version": proof.event.version,
                "type": proof.event.type,
                "entry": entry(proof.event).decode(),
                "leaf_hash": base64.b64encode(leaf_hash(proof.event)).decode(),
                "path": [base64.b64encode(node).decode() for node in proof.path],
                "holds": proof.holds,
            }
            for proof in found.proofs
        ],
        "pending": [event.position for event in found.pending],
    }
