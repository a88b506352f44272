"""Whoever changes a bundle is found out: by the bundle alone, or by what the reader holds from elsewhere.

Each tampering does its best: it lists the files again in the manifest, as whoever has no key can.
"""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.bundle import Subject
from audit.bundle_files import json_file, sha256_of, zipped
from audit.checkpoint import read
from audit.notes import Signer
from audit.offline import verify
from domain.identifiers import instruction_id
from tests.audit.bundle_story import ROADS, TAX
from tests.audit.bundle_story import told as story
from tests.audit.bundles import SIGNER, SignedLog
from tests.programmes import PROGRAMME

Files = dict[str, bytes]
Line = dict[str, Any]


@pytest.fixture(scope="module")
def bundled() -> Files:
    """A programme's bundle; made once, copied by whoever changes it."""
    return asyncio.run(_made())


async def _made() -> Files:
    log = await story()
    return dict((await log.bundle(_subject())).files)


def _subject() -> Any:
    return Subject(kind="programme", id=PROGRAMME)


def _lines(files: Files) -> list[Line]:
    return [json.loads(line) for line in files["events.jsonl"].splitlines()]


def _with_events(files: Files, lines: list[Line]) -> Files:
    """Listed again: sums and ends of streams as they are now."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return _listed({**files, "events.jsonl": text.encode()}, lines)


def _listed(files: Files, lines: list[Line] | None = None) -> Files:
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {name: sha256_of(files[name]) for name in manifest["files"]}
    manifest["streams"] = {
        line["stream_id"]: line["version"]
        for line in sorted(lines or _lines(files), key=lambda line: line["version"])
    }
    return {**files, "manifest.json": json_file(manifest)}


def _unsigned(files: Files) -> Files:
    return {name: file for name, file in files.items() if name != "manifest.note"}


def _of_tax(lines: list[Line]) -> list[int]:
    """Where TAX-1's events are among the lines."""
    return [n for n, line in enumerate(lines) if line["stream_id"] == instruction_id(TAX)]


def _edited(at: int, **changes: object) -> Callable[[Files], tuple[Files, int | None]]:
    """TAX-1's event of that place, with other columns."""

    def tamper(files: Files) -> tuple[Files, int | None]:
        lines = _lines(files)
        place = _of_tax(lines)[at]
        lines[place] |= changes
        return _with_events(files, lines), lines[place]["position"]

    return tamper


def _body(at: int, old: str, new: str) -> Callable[[Files], tuple[Files, int | None]]:
    def tamper(files: Files) -> tuple[Files, int | None]:
        lines = _lines(files)
        place = _of_tax(lines)[at]
        assert old in lines[place]["body"]
        lines[place]["body"] = lines[place]["body"].replace(old, new)
        return _with_events(files, lines), lines[place]["position"]

    return tamper


def _reordered(files: Files) -> tuple[Files, int | None]:
    lines = _lines(files)
    one, other = _of_tax(lines)[3:5]
    lines[one], lines[other] = lines[other], lines[one]
    return _with_events(files, lines), lines[other]["position"]


def _swapped_bodies(files: Files) -> tuple[Files, int | None]:
    lines = _lines(files)
    one, other = _of_tax(lines)[3:5]
    lines[one]["body"], lines[other]["body"] = lines[other]["body"], lines[one]["body"]
    return _with_events(files, lines), lines[one]["position"]


def _swapped_positions(files: Files) -> tuple[Files, int | None]:
    """Two events, each in the other's place in the log."""
    lines = _lines(files)
    one, other = _of_tax(lines)[3:5]
    first, second = lines[one]["position"], lines[other]["position"]
    lines[one]["position"], lines[other]["position"] = second, first
    lines[one], lines[other] = lines[other], lines[one]
    return _with_events(files, lines), first


def _dropped(files: Files) -> tuple[Files, int | None]:
    """One in the middle: the next shows that it is missing."""
    lines = _lines(files)
    places = _of_tax(lines)
    after = lines[places[5]]["position"]
    del lines[places[4]]
    return _with_events(files, lines), after


def _dropped_and_closed(files: Files) -> tuple[Files, int | None]:
    """The versions after it go back by one."""
    lines = _lines(files)
    places = _of_tax(lines)
    for place in places[5:]:
        lines[place]["version"] -= 1
    after = lines[places[5]]["position"]
    del lines[places[4]]
    return _with_events(files, lines), after


def _inserted(files: Files) -> tuple[Files, int | None]:
    """An acceptance that never was, in place of an event of somebody else's."""
    lines = _lines(files)
    last = lines[_of_tax(lines)[-1]]
    others = [line for line in lines if line["stream_id"] == instruction_id(ROADS)]
    lines.remove(others[-1])
    made = {**last, "position": others[-1]["position"], "version": last["version"] + 1}
    lines.append(made)
    lines.sort(key=lambda line: line["position"])
    return _with_events(files, lines), made["position"]


def _withheld_tail(files: Files) -> tuple[Files, int | None]:
    """The newest event of a stream: the manifest that the log's key signed says otherwise."""
    lines = _lines(files)
    del lines[_of_tax(lines)[-1]]
    return _with_events(files, lines), None


def _forged_report(files: Files) -> tuple[Files, int | None]:
    report = json.loads(files["report.json"])
    report["figures"]["implemented"] += 1
    return _listed({**files, "report.json": json_file(report)}), None


def _forged_line(files: Files) -> tuple[Files, int | None]:
    report = files["report.json"].replace(b"0 of 2 (0 %)", b"2 of 2 (100 %)")
    assert report != files["report.json"]
    return _listed({**files, "report.json": report}), None


def _forged_measure(files: Files) -> tuple[Files, int | None]:
    report = json.loads(files["report.json"])
    report["measures"][0]["phase"] = "Completed"
    return _listed({**files, "report.json": json_file(report)}), None


def _edited_checkpoint(files: Files) -> tuple[Files, int | None]:
    lines = files["checkpoint"].split(b"\n")
    lines[1] = str(int(lines[1]) + 1).encode()
    return _listed({**files, "checkpoint": b"\n".join(lines)}), None


def _edited_proof(files: Files) -> tuple[Files, int | None]:
    proofs = json.loads(files["proofs.json"])
    proofs["nodes"]["1/1"] = "00" * 32
    return _listed({**files, "proofs.json": json_file(proofs)}), 1


def _proof_left_out(files: Files) -> tuple[Files, int | None]:
    proofs = json.loads(files["proofs.json"])
    del proofs["nodes"]["0/1"]
    return _listed({**files, "proofs.json": json_file(proofs)}), 1


def _about(programme: str, stream: str) -> Callable[[Files], tuple[Files, int | None]]:
    """Said to be about another programme, or its own events to stand in another stream."""

    def tamper(files: Files) -> tuple[Files, int | None]:
        manifest = json.loads(files["manifest.json"])
        manifest["subject"] |= {"id": programme, "stream": stream}
        report = json.loads(files["report.json"])
        report |= {"programme": programme, "title": None, "phase": None, "published": []}
        if programme != PROGRAMME:
            nothing = verify.figures([], verify.moment(report["at"]))
            lines = {"implemented_line": "0 of 0 (0 %)", "behind_schedule_line": "0 (0 %)"}
            report |= {"figures": nothing, "measures": [], "execution_discipline": "0 %"} | lines
        forged = {"manifest.json": json_file(manifest), "report.json": json_file(report)}
        return _listed({**files, **forged}), None

    return tamper


def _other_file(files: Files) -> tuple[Files, int | None]:
    return {**files, "extra.txt": b"x"}, None


def _not_listed(files: Files) -> tuple[Files, int | None]:
    return {**files, "report.json": files["report.json"] + b" "}, None


def _written_by_another_hand(files: Files) -> tuple[Files, int | None]:
    """The leaf leaves no two ways to write an event."""
    return _edited(2, version=3.0)(files)


FOUND_BY_THE_BUNDLE_ALONE = {
    "edited-body": _body(0, "common tax register", "common tax list"),
    "edited-body-by-a-space": _body(0, '"v":1,', '"v":1, '),
    "edited-deadline": _body(0, "2026-03-01", "2026-08-01"),
    "edited-occurred-at": _edited(8, occurred_at="2026-01-30T09:00:00.000000Z"),
    "edited-actor": _edited(2, actor="p-0001"),
    "edited-type": _edited(2, type="Commented"),
    "edited-command": _edited(2, command_id="other"),
    "edited-recorded-at": _edited(2, recorded_at="2026-01-30T09:00:00.000000Z"),
    "another-stream": _edited(2, stream_id="instruction-other"),
    "reordered": _reordered,
    "swapped-bodies": _swapped_bodies,
    "swapped-positions": _swapped_positions,
    "dropped": _dropped,
    "dropped-and-closed": _dropped_and_closed,
    "inserted": _inserted,
    "forged-report": _forged_report,
    "forged-line": _forged_line,
    "forged-measure": _forged_measure,
    "edited-checkpoint": _edited_checkpoint,
    "edited-proof": _edited_proof,
    "proof-left-out": _proof_left_out,
    "no-such-programme": _about("ghost", "directory"),
    "published-reports-hidden": _about(PROGRAMME, "directory"),
    "file-added": _other_file,
    "file-not-listed": _not_listed,
    "written-otherwise": _written_by_another_hand,
}


@pytest.mark.parametrize("name", FOUND_BY_THE_BUNDLE_ALONE)
def test_a_tampering_is_found_and_its_position_named(name: str, bundled: Files) -> None:
    assert verify.verify(bundled).good
    tampered, position = FOUND_BY_THE_BUNDLE_ALONE[name](dict(bundled))
    for files in (tampered, _unsigned(tampered)):
        account = verify.verify(files)
        assert account.failures
        assert account.first_bad == position


def test_a_withheld_tail_is_found_by_the_signed_manifest_and_named_as_a_gap_without_it(
    bundled: Files,
) -> None:
    tampered, _ = _withheld_tail(dict(bundled))
    report = json.loads(tampered["report.json"])
    lines = _lines(tampered)
    streams: dict[str, list[verify.Event]] = {}
    for line in lines:
        event = verify.read_event(json.dumps(line).encode())
        streams.setdefault(event.stream, []).append(event)
    subject = json.loads(tampered["manifest.json"])["subject"]
    made = verify.recomputed(subject, streams, report["size"], report["at"])
    tampered = _listed({**tampered, "report.json": json_file(made)}, lines)
    assert verify.verify(tampered).failures == ["the manifest is not the one that was signed"]
    unsigned = verify.verify(_unsigned(tampered))
    assert unsigned.good, "nothing in it can show what is not in it"
    assert any("newer events of a stream" in one for one in unsigned.unproved)


async def test_an_old_checkpoint_does_not_cover_newer_events(bundled: Files) -> None:
    log = await story()
    old = await log.sign(30)
    account = verify.verify(_listed({**bundled, "checkpoint": old.note.encode()}))
    assert account.failures


async def test_a_bundle_cut_back_to_an_old_checkpoint_is_found_by_a_newer_one(
    bundled: Files,
) -> None:
    """It is a true bundle of its time; only what was signed since shows that it is not the latest."""
    log = await story()
    old = await log.bundle(_subject(), await log.trusted(await log.sign(38)))
    assert verify.verify(old.files).good
    newer = bundled["checkpoint"]
    [failure] = verify.verify(old.files, SIGNER.verifier.text, newer).failures
    assert "--checkpoint" in failure


async def test_a_log_made_anew_under_another_key_is_found_by_the_key(bundled: Files) -> None:
    forger = SignedLog(signer=Signer.new(SIGNER.name))
    forger.store, forger.persons = (honest := await story()).store, honest.persons
    made = await forger.bundle(_subject())
    assert verify.verify(made.files).good, "it agrees with itself"
    assert verify.verify(made.files, SIGNER.verifier.text).failures
    assert verify.verify(made.files, outside=bundled["checkpoint"]).failures
    assert not verify.verify(bundled, SIGNER.verifier.text).failures


async def test_a_log_forked_under_the_same_key_is_found_by_a_checkpoint_from_elsewhere() -> None:
    """The holder of the key shows one log to the one and another to the other."""
    shown, other = await story(), await story()
    held = await other.sign()  # the same commands, recorded at other moments: another log
    made = await shown.bundle(
        Subject(kind="instruction", id=TAX), await shown.trusted(await shown.sign())
    )
    assert verify.verify(made.files, SIGNER.verifier.text).good
    [failure] = verify.verify(made.files, SIGNER.verifier.text, held.note.encode()).failures
    assert "is not the one of the checkpoint you gave" in failure


@pytest.mark.parametrize("cut", [0, 1, 40])
@pytest.mark.parametrize("name", [name for name in verify.FILES if name not in verify.OPTIONAL])
def test_a_file_cut_short_is_a_finding_and_no_crash(name: str, cut: int, bundled: Files) -> None:
    for files in ({**bundled, name: bundled[name][:cut]}, _cut_and_listed(bundled, name, cut)):
        assert verify.verify(files).failures


def _cut_and_listed(files: Files, name: str, cut: int) -> Files:
    cut_short = {**files, name: files[name][:cut]}
    return cut_short if name in ("manifest.json", "events.jsonl") else _listed(cut_short)


def test_a_manifest_is_no_checkpoint_and_a_checkpoint_no_manifest(bundled: Files) -> None:
    """Both are signed by the one key."""
    as_checkpoint = _listed({**bundled, "checkpoint": bundled["manifest.note"]})
    assert verify.verify(as_checkpoint).failures
    as_manifest = {**bundled, "manifest.note": bundled["checkpoint"]}
    assert verify.verify(as_manifest).failures == ["the manifest is not the one that was signed"]


def test_a_stream_that_no_event_founded_is_no_programme(bundled: Files) -> None:
    events = [verify.read_event(json.dumps(line).encode()) for line in _lines(bundled)]
    meeting = next(event for event in events if event.type == "MeetingHeld")
    subject = {"kind": "programme", "id": "ghost", "stream": "programme-ghost"}
    with pytest.raises(verify.Bad, match="no event founds it"):
        verify.recomputed(subject, {"programme-ghost": [meeting]}, 1, "2026-11-24T09:30:00Z")


def test_what_a_bundle_says_does_not_work_on_the_readers_terminal(
    bundled: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = json.loads(bundled["manifest.json"])
    manifest["subject"]["id"] = "x\x1b[1A\x1b[2Kproved\r\n\u202eproved"
    hostile = {**bundled, "manifest.json": json_file(manifest)}
    text = verify.verify(hostile).text()
    assert "programme x\ufffd[1A\ufffd[2Kproved\ufffd\ufffd\ufffdproved\n" in text
    assert all(line.isprintable() for line in text.splitlines())
    folder = tmp_path / "b\x1b[2J"
    folder.mkdir()
    (folder / "bundle.zip").write_bytes(b"PK\x05\x06")
    assert verify.main([str(folder / "bundle.zip")]) == 1
    assert capsys.readouterr().out.strip().isprintable()


def test_nothing_is_headed_where_nothing_is_left_unshown(bundled: Files) -> None:
    changed = {**bundled, "events.jsonl": bundled["events.jsonl"].replace(b"e", b"a", 1)}
    told = verify.verify(changed).text()
    assert told.endswith("NOT PROVED; see above\n")
    assert "not shown by this" not in told
    assert "not shown by this:\n- " in verify.verify(bundled).text()


def test_a_damaged_archive_is_not_proved_and_no_crash(
    bundled: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, file = zipped(bundled), tmp_path / "bundle.zip"
    spoilt = [
        bytes(whole[:at]) + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :] for at in _places(whole)
    ]
    for content in (*spoilt, whole[:-30], whole[: len(whole) // 2]):
        file.write_bytes(content)
        if verify.main([str(file)]):
            assert "NOT PROVED" in capsys.readouterr().out


def _places(whole: bytes) -> list[int]:
    """In the data of each file, its header, and the directory at the end."""
    local = [match.start() for match in re.finditer(b"PK\x03\x04", whole)]
    central = [match.start() for match in re.finditer(b"PK\x01\x02", whole)]
    flags = [at + 6 for at in local] + [at + 8 for at in central]
    methods = [at + 8 for at in local] + [at + 10 for at in central]
    data = [at + offset for at in local for offset in (0, 14, 26, 45, 60, 90)]
    return sorted({*flags, *methods, *data, *(at + 42 for at in central)})


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (("line 4",), "signed events were lost before checkpoint 4"),
        (("line 9", "after-loss 2 the standby was behind"), "lost after checkpoint 2: the standby"),
        (
            ("line 1", "repaired 2 the disk died"),
            "after a repair: the disk died; checkpoints 2 are lost",
        ),
        (
            ("line 1", "repaired - the disk died"),
            "checkpoint 9 was signed after a repair: the disk died",
        ),
    ],
)
async def test_what_a_checkpoint_says_of_a_loss_is_told(said: tuple[str, ...], told: str) -> None:
    log = await story()
    signed = await log.sign()
    head, at = signed.note.splitlines()[:3], "2026-11-24T09:30:00.000000Z"
    lines = [*head, "number 9", "epoch 1", f"time {at}", *said]
    note = SIGNER.signed("".join(f"{line}\n" for line in lines))
    checkpoint = read(note, SIGNER.verifier)
    account = (await log.bundle(_subject(), await log.trusted(checkpoint))).account
    assert account.good
    assert told in account.text()
    lost = any("signed and then lost" in one for one in account.unproved)
    assert lost == ("line 1" not in said)
