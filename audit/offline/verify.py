#!/usr/bin/env python3
"""Verify a Remit bundle: that its events are in the signed log, and that its report follows from them.

    python verify.py                          the bundle that this file was unzipped with
    python verify.py BUNDLE.zip               a bundle as it was handed over, or an unzipped folder
    python verify.py RECEIPT.json             the receipt for the erasure of a person
        --key KEY                             the log's verifier key, obtained elsewhere (text or a file)
        --checkpoint FILE                     a checkpoint of the log, obtained elsewhere

Needs Python 3.8 or later and nothing else. It ends with 0 if all is proved, with 1 if anything is not.

It is written from the rules of Remit (docs/rules.md, docs/audit.md, docs/glossary.md) and shares no code with it.
"""

# It runs where the bundle is read, on Python 3.8: so nothing newer, and print is how it answers.
# ruff: noqa: B905, T201, UP006, UP017, UP035

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import io
import json
import re
import sys
import zipfile
import zlib
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict, Iterable, Mapping, NamedTuple, Sequence, Tuple

FORMAT = "remit-bundle/1"
RECEIPT = "remit-erasure/1"
FILES = (
    "README.txt",
    "verify.py",
    "key",
    "checkpoint",
    "manifest.json",
    "manifest.note",
    "events.jsonl",
    "proofs.json",
    "report.json",
    "openings.json",
)
"""All that may be in a bundle."""
OPTIONAL = ("manifest.note", "openings.json", "README.txt", "verify.py")

_MALFORMED = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
    OverflowError,
)
"""What Python raises over JSON that holds something else than it must."""

Json = Dict[str, Any]
Node = Tuple[int, int]
"""A perfect subtree of the log's tree: its level, 0 for a leaf, and its index within the level."""


class Bad(Exception):
    """Something is not as it must be. `position` is that of the event at fault, if one is."""

    def __init__(self, what: str, position: int | None = None) -> None:
        super().__init__(what)
        self.position = position


# --- Ed25519, RFC 8032 section 5.1 ---------------------------------------------------------------

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)

Point = Tuple[int, int, int, int]
"""Extended coordinates: X, Y, Z, T with x = X/Z, y = Y/Z, x·y = T/Z."""

_NEUTRAL: Point = (0, 1, 1, 0)


def _sum(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * _D % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _times(factor: int, p: Point) -> Point:
    found = _NEUTRAL
    while factor:
        if factor & 1:
            found = _sum(found, p)
        p = _sum(p, p)
        factor >>= 1
    return found


def _point(encoded: bytes) -> Point | None:
    """The point, or None if these bytes are not the one way to write one."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if len(encoded) != 32 or y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return (x, y, 1, x * y % _P)


def _encoded(p: Point) -> bytes:
    inverse = pow(p[2], -1, _P)
    x, y = p[0] * inverse % _P, p[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_BASE = _point((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))


def ed25519_verifies(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the key signed the message. Strict: S below the order, canonical points, no weak key."""
    key = _point(public_key)
    if key is None or _BASE is None or len(signature) != 64:
        return False
    if _encoded(_times(8, key)) == _encoded(_NEUTRAL):
        return False
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if s >= _L:
        return False
    digest = hashlib.sha512(r + public_key + message).digest()
    k = int.from_bytes(digest, "little") % _L
    minus_key = (_P - key[0], key[1], key[2], _P - key[3])
    return _encoded(_sum(_times(s, _BASE), _times(k, minus_key))) == r


# --- Signed notes and checkpoints, C2SP signed-note and tlog-checkpoint --------------------------


class Key(NamedTuple):
    name: str
    public: bytes
    hash: bytes


def read_key(text: str) -> Key:
    """From `name+hash+base64`."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3:
        raise Bad("the verifier key is none: it must be written name+hash+base64")
    name, told, encoded = parts
    held = _base64(encoded, "the verifier key")
    if len(held) != 33 or held[:1] != b"\x01":
        raise Bad("the verifier key is not one of Ed25519")
    key_hash = hashlib.sha256(name.encode() + b"\n" + held).digest()[:4]
    if key_hash.hex() != told:
        raise Bad("the verifier key was cut or mistyped: its hash is not its own")
    return Key(name, held[1:], key_hash)


def opened(note: bytes, key: Key, what: str) -> str:
    """The text that the key signed, its last newline included."""
    text, separator, signatures = note.rpartition(b"\n\n")
    if not separator or not signatures.endswith(b"\n"):
        raise Bad(f"{what} is not in the form of a signed note")
    text += b"\n"
    for line in signatures.decode().split("\n")[:-1]:
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.rpartition(" ")
        if dash != "\u2014" or name != key.name:
            continue
        signature = _base64(encoded, f"the signature of {what}")
        if signature[:4] == key.hash:
            if not ed25519_verifies(key.public, text, signature[4:]):
                raise Bad(f"{what} does not bear the signature of {key.name}: it was changed")
            return text.decode()
    raise Bad(f"{what} is not signed by {key.name} ({key.hash.hex()})")


class Checkpoint(NamedTuple):
    size: int
    root: bytes
    at: str
    said: Mapping[str, str]


def read_checkpoint(note: bytes, key: Key, what: str) -> Checkpoint:
    lines = opened(note, key, what).split("\n")
    if lines[0] != key.name or len(lines) < 4 or not re.fullmatch(r"0|[1-9][0-9]*", lines[1]):
        raise Bad(f"{what} is signed, but is no checkpoint of {key.name}")
    root = _base64(lines[2], f"the root in {what}")
    said = {name: value for name, _, value in (line.partition(" ") for line in lines[3:-1])}
    if len(root) != 32 or "time" not in said:
        raise Bad(f"{what} is signed, but is no checkpoint of {key.name}")
    return Checkpoint(int(lines[1]), root, said["time"], said)


def _base64(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Bad(f"{what} is not base64") from None


# --- The log's tree, RFC 6962 section 2.1 --------------------------------------------------------


def _node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _joined(hashes: Sequence[bytes]) -> bytes:
    """The root over neighbouring perfect subtrees that grow smaller to the right."""
    found = hashes[-1]
    for left in reversed(hashes[:-1]):
        found = _node_hash(left, found)
    return found


def _perfect_subtrees(size: int) -> list[Node]:
    """The perfect subtrees that a tree of that size consists of, from the left."""
    found: list[Node] = []
    start = 0
    while start < size:
        level = (size - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


class Tree:
    """The tree under a signed root, of which the bundle brings the nodes that its proofs need."""

    def __init__(self, size: int, root: bytes, nodes: Mapping[Node, bytes]) -> None:
        self.size = size
        self._root = root
        self._nodes = nodes
        self._whole = _perfect_subtrees(size)
        self._tops = set(self._whole)
        self._proved: dict[Node, bytes] = {}

    def holds(self, node: Node, found: bytes) -> bool:
        """Whether this hash leads from this place to the root."""
        level, index = node
        if index < 0 or (index + 1) << level > self.size:
            return False
        way: dict[Node, bytes] = {}
        while node not in self._proved and node not in self._tops:
            level, index = node
            other = (level, index ^ 1)
            beside = self._nodes.get(other)
            if beside is None:
                return False
            way[node], way[other] = found, beside
            found = _node_hash(beside, found) if index & 1 else _node_hash(found, beside)
            node = (level + 1, index >> 1)
        if node in self._proved:
            if self._proved[node] != found:
                return False
        else:
            way[node] = found
            for top in self._whole:
                if top != node and top in self._nodes:
                    way[top] = self._nodes[top]
            if any(top not in way for top in self._whole):
                return False
            if _joined([way[top] for top in self._whole]) != self._root:
                return False
        self._proved.update(way)  # a hash that leads to the root is proved with all beside its way
        return True

    def begins_with(self, size: int, root: bytes) -> bool | None:
        """Whether the tree of that size and root is its beginning; None if the bundle does not say."""
        if size == self.size:
            return root == self._root
        parts = _perfect_subtrees(size)
        if size > self.size or any(part not in self._nodes for part in parts):
            return None
        hashes = [self._nodes[part] for part in parts]
        return _joined(hashes) == root and all(map(self.holds, parts, hashes))


# --- Events --------------------------------------------------------------------------------------


class Event(NamedTuple):
    position: int
    stream: str
    version: int
    type: str
    occurred_at: str
    recorded_at: str
    actor: str
    command_id: str
    body: bytes
    said: Json
    """The body, read."""


def read_event(line: bytes) -> Event:
    told = _object(line, "a line of events.jsonl")
    position = told.get("position")
    if type(position) is not int or position < 1:
        raise Bad("a line of events.jsonl has no position")
    if type(told.get("version")) is not int:
        raise Bad("the event has no version", position)
    for name in (
        "stream_id",
        "type",
        "occurred_at",
        "recorded_at",
        "actor",
        "command_id",
    ):
        if not isinstance(told.get(name), str):
            raise Bad(f"the event has no {name}", position)
    body = (
        told["body"].encode()
        if isinstance(told.get("body"), str)
        else _base64(str(told.get("body_base64")), "the event's body")
    )
    try:
        said = _object(body, "the event's body")
    except Bad as error:
        raise Bad(str(error), position) from None
    return Event(
        position=position,
        stream=told["stream_id"],
        version=told["version"],
        type=told["type"],
        occurred_at=told["occurred_at"],
        recorded_at=told["recorded_at"],
        actor=told["actor"],
        command_id=told["command_id"],
        body=body,
        said=said,
    )


def leaf_hash(event: Event) -> bytes:
    """What the tree holds of an event: all of it, the body by its hash."""
    entry = json.dumps(
        [
            1,
            event.position,
            event.stream,
            event.version,
            event.type,
            event.occurred_at,
            event.recorded_at,
            event.actor,
            event.command_id,
            hashlib.sha256(event.body).hexdigest(),
        ],
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return hashlib.sha256(b"\x00" + entry.encode()).digest()


VERSIONS: Mapping[str, int] = {}
"""Up to which version this file reads the types of events that have left version 1."""


def _check_body(event: Event) -> None:
    """The body says the same as the columns beside it, in a version that is known here."""
    said = event.said
    if said.get("v") not in range(1, VERSIONS.get(event.type, 1) + 1):
        raise Bad(
            f"the event is written in version {said.get('v')} of {event.type}, which this verify.py "
            "does not know; use a newer one",
            event.position,
        )
    if said.get("type") != event.type or said["by"]["actor"] != event.actor:
        raise Bad("the event's body says another type or actor than its row", event.position)
    if moment(said["occurred_at"]) != moment(event.occurred_at):
        raise Bad("the event's body says another time than its row", event.position)


# --- Time ----------------------------------------------------------------------------------------

_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(?:Z|([+-])(\d\d):(\d\d))"
)


def moment(text: str) -> datetime:
    """An ISO 8601 instant with its offset, in UTC."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise Bad(f"{text!r} is no instant")
    year, month, day, hour, minute = (int(part) for part in found.groups()[:5])
    second, fraction = int(found.group(6) or 0), (found.group(7) or "").ljust(6, "0")
    at = datetime(year, month, day, hour, minute, second, int(fraction), timezone.utc)
    if found.group(8):
        offset = timedelta(hours=int(found.group(9)), minutes=int(found.group(10)))
        at += -offset if found.group(8) == "+" else offset
    return at


def written(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%S.%f").rjust(26, "0") + "Z"


def duration(length: timedelta) -> str:
    """ISO 8601, in days and less: `P1DT2H30M`."""
    if not length:
        return "PT0S"
    hours, rest = divmod(length.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    time = f"{hours}H" if hours else ""
    time += f"{minutes}M" if minutes else ""
    if length.microseconds:
        time += f"{seconds}.{length.microseconds:06}S"
    elif seconds:
        time += f"{seconds}S"
    return "P" + (f"{length.days}D" if length.days else "") + (f"T{time}" if time else "")


# --- An instruction's life -----------------------------------------------------------------------

_NONE = timedelta(0)
_WORKING = ("Issued", "Assigned", "InProgress")
_OPEN = (*_WORKING, "Reported")


class Instruction:
    """How an instruction stands, event by event: its phase, its parties, its deadlines."""

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.reached = ""
        """The phase, apart from being suspended or cancelled; empty before it is founded."""
        self.suspended_at: datetime | None = None
        self.cancelled_at: datetime | None = None
        self.submitted_at: datetime | None = None
        self.accepted_at: datetime | None = None
        self.leads: list[str] = []
        """Who answers for it: the lead, and the joint ones."""
        self.acknowledged: set[str] = set()
        self.reported: set[str] = set()
        """Of the leads: who took note, and whose report stands."""
        self.co_assignees: list[str] = []
        self.percent = 0
        self.percent_at: datetime | None = None
        """When it stood so, by the latest report."""
        self.milestones: dict[str, datetime] = {}
        """Their dates, also of those that are named no more."""
        self.milestones_named: set[str] = set()
        self.milestones_reached: set[str] = set()
        self.carried_over: list[Json] = []
        self.carried_from: str | None = None
        self.left: dict[str, Json] = {}
        """Of each programme it left: the measure it was there when it left."""

    @property
    def phase(self) -> str:
        if self.cancelled_at is not None:
            return "Cancelled"
        return "Suspended" if self.suspended_at is not None else self.reached

    @property
    def closed(self) -> bool:
        return self.phase in ("Completed", "Cancelled")

    @property
    def stopped_at(self) -> datetime | None:
        """Since when its clock stands still: suspended, or only a proposal yet."""
        if self.suspended_at is not None:
            return min(self.suspended_at, self.cancelled_at or self.suspended_at)
        return self.issued_at if self.reached == "Proposed" else None

    def see(self, type_: str, said: Json) -> None:
        """Take in one more fact. What does not follow from the one before changes nothing."""
        if type_ == "Proposed" and self.phase == "":
            self._found(said, "Proposed")
        elif type_ == "InstructionIssued" and self.phase in ("", "Proposed"):
            self._found(said, "Issued")
        elif self.phase:
            self._see(type_, said, moment(said["occurred_at"]))

    def _found(self, said: Json, phase: str) -> None:
        self.reached, self.percent, self.percent_at = phase, 0, None
        self.number: str = said["number"]
        self.text: str = said["text"]
        self.issued_at = moment(said["occurred_at"])
        self.issuer: str = said["issuer"]
        self.controller: str | None = said["controller"]
        self.programme: str | None = said["programme"]
        self.sector: str | None = said["sector"]
        self.original_deadline = self.deadline = moment(said["deadline"]["instant"])

    def _see(self, type_: str, said: Json, at: datetime) -> None:
        phase = self.phase
        if type_ == "InstructionAssigned" and phase in _WORKING:
            self._assign([said["lead"], *said["joint_leads"]])
            self.co_assignees = list(said["co_assignees"])
        elif type_ == "AssignmentAcknowledged":
            self._acknowledge(said["by"].get("on_behalf_of"))
        elif type_ == "AssignmentDeclined" and phase == "Assigned":
            self.reached, self.leads, self.co_assignees = "Issued", [], []
            self.acknowledged, self.reported = set(), set()
        elif type_ == "ControllerSet":
            self.controller = said["controller"]
        elif type_ == "ProgressReported":
            if self.percent_at is None or at >= self.percent_at:
                self.percent, self.percent_at = said["percent"], at
            if said["by"].get("on_behalf_of") in self.leads:
                self._acknowledge(said["by"]["on_behalf_of"])
        elif type_ == "JointReportSubmitted" and phase in ("Assigned", "InProgress"):
            self.reported |= {said["body"]} & set(self.leads)
            self._acknowledge(said["body"])
        elif type_ == "MilestonesSet":
            self._set_milestones(said["milestones"])
        elif type_ == "MilestoneReached":
            self.milestones_reached.add(said["milestone"])
        elif type_ in ("ExtensionApproved", "DeadlineChanged"):
            self.deadline = moment(said["deadline"]["instant"])
        elif type_ == "CompletionReported" and phase in _WORKING:
            earlier = said.get("submitted_at")  # closed with its parts, which were done before
            self.reached, self.submitted_at = "Reported", moment(earlier) if earlier else at
            self.acknowledged, self.reported = set(self.leads), set(self.leads)
        elif type_ == "ReportWithdrawn" and phase in ("Assigned", "InProgress", "Reported"):
            self._report_again([said["body"]] if said["body"] else [])
            if phase == "Reported":
                self._turn_back(None)
        elif type_ == "ReturnedForRework" and phase == "Reported":
            self._report_again(said["sides"])
            self._turn_back(said["deadline"])
        elif type_ == "InstructionCompleted" and phase in _OPEN:
            self.submitted_at = self.submitted_at or at
            self.reached, self.accepted_at = "Completed", at
        elif type_ == "Suspended" and phase in _OPEN:
            self.suspended_at = at
        elif type_ == "Resumed" and phase == "Suspended":
            self.suspended_at = None
            self.deadline = moment(said["deadline"]["instant"])
            for milestone in said["milestones"]:
                if milestone["id"] in self.milestones:
                    self.milestones[milestone["id"]] = moment(milestone["due"]["instant"])
        elif type_ == "Cancelled" and not self.closed:
            self.cancelled_at = at
        elif type_ == "Reopened" and self.closed:
            self._reopen(said, at)
        elif type_ == "CarriedOver":
            self._carry_over(said, at)
        elif type_ == "BodySucceeded":
            self._succeed(said["body"], said["heir"])

    def _set_milestones(self, named: Sequence[Json]) -> None:
        """With the same date as before, one is as reached as it was."""
        for milestone in named:
            due = moment(milestone["due"]["instant"])
            if self.milestones.get(milestone["id"]) != due:
                self.milestones_reached.discard(milestone["id"])
            self.milestones[milestone["id"]] = due
        self.milestones_named = {milestone["id"] for milestone in named}

    @property
    def milestone(self) -> datetime | None:
        """The earliest date of one that is not reached."""
        unreached = self.milestones_named - self.milestones_reached
        return min((self.milestones[id_] for id_ in unreached), default=None)

    @property
    def lead(self) -> str | None:
        return self.leads[0] if self.leads else None

    def _assign(self, leads: list[str]) -> None:
        """Who stays has taken note and reported as before; but somebody must be left to report."""
        if set(leads) != set(self.leads):
            self.acknowledged &= set(leads)
            self.reported &= set(leads)
            if self.reported == set(leads):
                self.reported = set()
            self.reached = "InProgress" if self.acknowledged == set(leads) else "Assigned"
        self.leads = leads

    def _acknowledge(self, body: str | None) -> None:
        """Joint leads take note each for itself; work has begun once all have."""
        if self.phase != "Assigned":
            return
        if len(self.leads) == 1:
            self.acknowledged = set(self.leads)
        elif body in self.leads:
            self.acknowledged.add(body)
        if self.acknowledged == set(self.leads):
            self.reached = "InProgress"

    def _report_again(self, bodies: Sequence[str]) -> None:
        """These of the leads, or all of them."""
        self.reported -= set(bodies or self.leads)

    def _turn_back(self, deadline: Json | None) -> None:
        self.reached = "InProgress" if self.leads else "Issued"
        self.submitted_at, self.accepted_at = None, None
        if deadline is not None:
            self.deadline = moment(deadline["instant"])

    def _reopen(self, said: Json, at: datetime) -> None:
        """What was completed is worked on again; what was cancelled is where it was before."""
        if self.phase == "Completed":
            self._report_again([])
            self._turn_back(said["deadline"])
            return
        self.cancelled_at = None
        if said["deadline"] is not None:
            self.deadline = moment(said["deadline"]["instant"])
            if self.suspended_at is not None:
                self.suspended_at = at

    def _carry_over(self, said: Json, at: datetime) -> None:
        into = said["programme"]
        if self.phase != "Proposed" and self.programme is not None and self.programme != into:
            self.left[self.programme] = self.measure(departed_at=at, departed_into=into)
            self.carried_from = self.programme
        self.carried_over.append({"programme": said["carried_from"], "at": written(at)})
        self.programme, self.sector = into, said["sector"]

    def _succeed(self, body: str, heir: str) -> None:
        self.issuer = heir if self.issuer == body else self.issuer
        self.controller = heir if self.controller == body else self.controller
        # An heir that leads in two places has done what it has done in both.
        late = {heir if one == body else one for one in self.leads if one not in self.acknowledged}
        open_ = {heir if one == body else one for one in self.leads if one not in self.reported}
        self.leads = list(dict.fromkeys(heir if one == body else one for one in self.leads))
        self.acknowledged, self.reported = set(self.leads) - late, set(self.leads) - open_
        helpers = [heir if one == body else one for one in self.co_assignees]
        self.co_assignees = [one for one in dict.fromkeys(helpers) if one not in self.leads]

    def lateness(self, at: datetime) -> Json:
        """Behind schedule, and by how much against the approved and the original deadline, at T.

        What stops the first clock is a submission that stands, a suspension or the end; what stops the
        second is a submission or the end.
        """
        if self.reached == "Proposed":
            return {"behind_schedule": False, "behind_by": "PT0S", "late_by": "PT0S"}
        end = self.submitted_at or self.cancelled_at or at
        stopped = self.submitted_at or self.stopped_at or end
        behind = max(stopped - self.deadline, _NONE)
        running = not self.closed and self.submitted_at is None and self.suspended_at is None
        if running and self.milestone is not None:
            behind = max(behind, at - self.milestone)
        return {
            "behind_schedule": running and behind > _NONE,
            "behind_by": duration(behind),
            "late_by": duration(max(end - self.original_deadline, _NONE)),
        }

    def status(self, at: datetime) -> Json:
        return {
            "instruction": self.stream,
            "number": self.number,
            "text": self.text,
            "phase": self.phase,
            "programme": self.programme,
            "sector": self.sector,
            "issuer": self.issuer,
            "controller": self.controller,
            "lead": self.lead,
            "joint_leads": self.leads[1:],
            "co_assignees": self.co_assignees,
            "percent": self.percent,
            "issued_at": written(self.issued_at),
            "original_deadline": written(self.original_deadline),
            "deadline": written(self.deadline),
            "submitted_at": written(self.submitted_at),
            "accepted_at": written(self.accepted_at),
            "suspended_at": written(self.suspended_at),
            "cancelled_at": written(self.cancelled_at),
            "carried_over": self.carried_over,
            **self.lateness(at),
        }

    def measure(
        self, departed_at: datetime | None = None, departed_into: str | None = None
    ) -> Json:
        """The measure that it is in its programme."""
        return {
            "instruction": self.stream,
            "number": self.number,
            "text": self.text,
            "phase": self.phase,
            "refused": self.phase == "Cancelled" and self.reached == "Proposed",
            "sector": self.sector,
            "lead": self.lead,
            "original_deadline": written(self.original_deadline),
            "deadline": written(self.deadline),
            "submitted_at": written(self.submitted_at),
            "cancelled_at": written(self.cancelled_at),
            "stopped_at": written(self.stopped_at),
            "milestone": written(self.milestone),
            "carried_from": self.carried_from,
            "departed_at": written(departed_at),
            "departed_into": departed_into,
        }


def as_corrected(events: Sequence[Event]) -> list[tuple[str, Json]]:
    """The events of one instruction, each as later corrections say it was."""
    read = [event.said for event in events]
    for correction in [event.said for event in events if event.type == "Corrected"]:
        place = correction["version"] - 1
        if not 0 <= place < len(read):
            continue
        if correction["field"] == "on_behalf_of":
            by: Json = {**read[place]["by"], "on_behalf_of": correction["value"]}
            read[place] = {**read[place], "by": by}
        else:
            read[place] = {**read[place], correction["field"]: correction["value"]}
    return [(event.type, said) for event, said in zip(events, read)]


def folded(stream: str, events: Sequence[Event], until: datetime | None = None) -> Instruction:
    """The instruction after these events; with `until`, after those of them that had occurred by then."""
    found = Instruction(stream)
    for type_, said in as_corrected(events):
        if until is None or moment(said["occurred_at"]) <= until:
            found.see(type_, said)
    return found


# --- A programme's figures -----------------------------------------------------------------------

_FIGURES = (
    "total",
    "implemented",
    "behind_schedule",
    "late_against_original",
    "completed_late",
    "open_late",
    "cancelled",
    "carried_over",
    "proposed",
    "refused",
)
_PART_FIGURES = (
    "total",
    "implemented",
    "behind_schedule",
    "late_against_original",
    "carried_over",
)


def measures_of(programme: str, instructions: Iterable[Instruction]) -> list[Json]:
    """What these instructions are, or were when they left, in the programme; by number."""
    found: list[Json] = []
    for instruction in instructions:
        if instruction.phase and instruction.programme == programme:
            found.append(instruction.measure())
        elif programme in instruction.left:
            found.append(instruction.left[programme])
    return sorted(found, key=lambda measure: (measure["number"], measure["instruction"]))


def _counted_as(measure: Json, at: datetime) -> set[str]:
    """Which figures count the measure at T. One that left is as late as when it left."""
    if measure["phase"] == "Proposed":
        return {"proposed"}
    if measure["cancelled_at"] is not None:
        return {"refused" if measure["refused"] else "cancelled"}
    submitted = None if measure["submitted_at"] is None else moment(measure["submitted_at"])
    stopped = None if measure["stopped_at"] is None else moment(measure["stopped_at"])
    at = at if measure["departed_at"] is None else moment(measure["departed_at"])
    done, completed = submitted or at, measure["phase"] == "Completed"
    running = not completed and submitted is None and stopped is None
    overdue = (submitted or stopped or at) > moment(measure["deadline"])
    if running and measure["milestone"] is not None:
        overdue = overdue or at > moment(measure["milestone"])
    answers = {
        "total": True,
        "implemented": completed,
        "behind_schedule": overdue and running,
        "late_against_original": done > moment(measure["original_deadline"]),
        "completed_late": overdue and completed,
        "open_late": overdue and not completed,
        "carried_over": measure["departed_at"] is not None,
    }
    return {figure for figure, counts in answers.items() if counts}


def figures(measures: Sequence[Json], at: datetime) -> Json:
    counted = [(measure, _counted_as(measure, at)) for measure in measures]
    found: Json = {name: sum(name in each for _, each in counted) for name in _FIGURES}
    for name, part_of in (("by_sector", "sector"), ("by_lead", "lead")):
        parts: dict[str | None, list[set[str]]] = {}
        for measure, each in counted:
            if "total" in each:
                parts.setdefault(measure[part_of], []).append(each)
        found[name] = [
            {"name": part, **{f: sum(f in each for each in parts[part]) for f in _PART_FIGURES}}
            for part in sorted(parts, key=lambda part: part or "")
        ]
    return found


def percent(part: int, whole: int) -> str:
    """To two significant digits, halves up; what is not all of it is never `100 %`."""
    if part == 0 or whole == 0:
        return "0 %"

    def scaled(decimals: int) -> int:
        return (200 * part * 10**decimals + whole) // (2 * whole)

    decimals = 0
    while scaled(decimals + 1) < 100:
        decimals += 1
    if scaled(decimals) == 100 and decimals == 0 and part < whole:
        return "99 %"
    digits = str(scaled(decimals)).rjust(decimals + 1, "0")
    return (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits) + " %"


# --- What is recomputed --------------------------------------------------------------------------


def recomputed(subject: Json, streams: Mapping[str, Sequence[Event]], size: int, at: str) -> Json:
    """What report.json must say."""
    kind, stream = subject["kind"], subject["stream"]
    if kind == "instruction":
        found = folded(stream, streams[stream])
        if not found.phase:
            raise Bad(f"{stream} is no instruction: no event founds it")
        if found.number != subject["id"]:
            raise Bad(f"{stream} is instruction {found.number}, not {subject['id']}")
        return {"kind": kind, "size": size, "at": at, **found.status(moment(at))}
    return _programme(subject["id"], stream, streams, size, at)


def _programme(
    programme: str, stream: str, streams: Mapping[str, Sequence[Event]], size: int, at: str
) -> Json:
    if stream != "programme-" + programme:
        raise Bad(f"{stream} is not the stream of {programme}")
    title, phase = None, None
    for event in streams[stream]:
        if event.type in ("ProgrammeDrafted", "ProgrammeAdopted"):
            title, phase = event.said["title"], event.type[len("Programme") :]
            if event.said["programme"] != programme:
                raise Bad(f"{stream} is not the stream of {programme}", event.position)
        elif event.type == "ProgrammeClosed":
            phase = "Closed"
    if title is None:
        raise Bad(f"{stream} is no programme: no event founds it")
    instructions = {name: events for name, events in streams.items() if _is_instruction(name)}
    measures = measures_of(programme, [folded(n, found) for n, found in instructions.items()])
    whole = figures(measures, moment(at))
    total = whole["total"]
    return {
        "kind": "programme",
        "size": size,
        "at": at,
        "programme": programme,
        "title": title,
        "phase": phase,
        "implemented_line": f"{whole['implemented']} of {total} ({percent(whole['implemented'], total)})",
        "behind_schedule_line": f"{whole['behind_schedule']} ({percent(whole['behind_schedule'], total)})",
        "execution_discipline": percent(
            total - whole["completed_late"] - whole["open_late"], total
        ),
        "figures": whole,
        "measures": measures,
        "published": [
            _published(programme, event, instructions)
            for event in streams[stream]
            if event.type == "ReportPublished"
        ],
    }


def _published(programme: str, event: Event, instructions: Mapping[str, Sequence[Event]]) -> Json:
    """A published report, and what the events up to the position it names come to."""
    position, as_of = event.said["position"], moment(event.said["as_of"])
    if position >= event.position:
        raise Bad("a published report rests on events that came after it", event.position)
    known = {n: [e for e in found if e.position <= position] for n, found in instructions.items()}
    measures = measures_of(programme, [folded(n, found, as_of) for n, found in known.items()])
    replayed = figures(measures, as_of)
    return {
        "meeting": event.said["meeting"],
        "as_of": written(as_of),
        "read_up_to": position,
        "figures": event.said["figures"],
        "same": replayed == event.said["figures"],
        "replayed": replayed,
    }


def _is_instruction(stream: str) -> bool:
    return stream.startswith("instruction-")


def _difference(told: Any, found: Any, where: str = "") -> str | None:
    """Where two JSON values differ first; what a bundle says, and what is found."""
    if isinstance(told, dict) and isinstance(found, dict):
        return _difference_in(told, found, where)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(told, list) and isinstance(found, list) and len(told) == len(found):  # pyright: ignore[reportUnknownArgumentType]
        return _difference_in(dict(enumerate(told)), dict(enumerate(found)), where)  # pyright: ignore[reportUnknownArgumentType]
    if type(told) is type(found) and told == found:  # pyright: ignore[reportUnknownArgumentType]
        return None
    return f"{where} is {json.dumps(told)}, but the events come to {json.dumps(found)}"


def _difference_in(told: dict[Any, Any], found: dict[Any, Any], where: str) -> str | None:
    for name in sorted({*told, *found}):
        place = f"{where}.{name}" if where else str(name)
        if name not in told or name not in found:
            return f"{place} is {'missing' if name in found else 'too much'}"
        differs = _difference(told[name], found[name], place)
        if differs:
            return differs
    return None


# --- The bundle ----------------------------------------------------------------------------------


class Account:
    """What was found, in the order it was looked at."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.failures: list[str] = []
        """Why the bundle does not hold."""
        self.discrepancies: list[str] = []
        """What holds, and shows that something published was not so."""
        self.unproved: list[str] = []
        """What nobody can tell from the bundle."""
        self.first_bad: int | None = None

    @property
    def good(self) -> bool:
        return not self.failures and not self.discrepancies

    def tell(self, what: str, text: str) -> None:
        self.lines.append(f"{what:<11} {text}")

    def fail(self, what: str, error: Bad) -> None:
        where = "" if error.position is None else f" (position {error.position})"
        self.lines.append(f"{what:<11} NOT PROVED: {error}{where}")
        self.failures.append(f"{error}{where}")
        if error.position is not None:
            self.first_bad = min(error.position, self.first_bad or error.position)

    def text(self) -> str:
        """The whole account. Nothing of what a bundle holds is left to work on the reader's terminal."""
        lines = list(self.lines)
        lines += ["", *(f"NOT AS PUBLISHED: {found}" for found in self.discrepancies)]
        if self.unproved:
            lines += ["not shown by this:", *(f"- {one}" for one in self.unproved), ""]
        if self.first_bad is not None:
            lines.append(f"first bad position: {self.first_bad}")
        lines.append("proved" if self.good else "NOT PROVED; see above")
        return "".join(f"{printable(line)}\n" for line in lines)


def printable(text: str) -> str:
    """What cannot be seen, such as what moves a cursor or turns the text round, is marked instead."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)


def verify(
    files: Mapping[str, bytes], key_text: str | None = None, outside: bytes | None = None
) -> Account:
    """All that can be checked of a bundle.

    Args:
        files: its files, by name.
        key_text: the log's verifier key, obtained elsewhere.
        outside: a checkpoint of the log, obtained elsewhere.
    """
    account = Account()
    what = "bundle"
    try:
        manifest = _manifest(files, account)
        what = "key"
        key = _key(files, key_text, account)
        what = "checkpoint"
        checkpoint = read_checkpoint(files["checkpoint"], key, "the checkpoint")
        account.tell(
            what,
            f"signed by {key.name} at {checkpoint.at}, over the first {checkpoint.size} events of the log",
        )
        _tell_of_losses(checkpoint, account)
        tree = Tree(
            checkpoint.size,
            checkpoint.root,
            _nodes(_object(files["proofs.json"], "proofs.json")["nodes"]),
        )
        what = "events"
        events = _events(files["events.jsonl"], tree, account)
        what = "streams"
        streams = _streams(events, manifest, checkpoint, account)
        what = "recurrences"
        _check_occurrences(manifest["subject"], streams, account)
        what = "completeness"
        _check_heads(files, key, account)
        what = "report"
        _check_report(files["report.json"], manifest, streams, checkpoint, account)
        what = "openings"
        _check_openings(files.get("openings.json"), streams.get("directory", ()), account)
        what = "outside"
        _check_outside(outside, key_text, key, tree, account)
    except Bad as error:
        account.fail(what, error)
    except _MALFORMED as error:
        account.fail(what, Bad(f"the bundle is malformed: {type(error).__name__}: {error}"))
    return account


def _manifest(files: Mapping[str, bytes], account: Account) -> Json:
    strange = sorted(set(files).difference(FILES))
    missing = [name for name in FILES if name not in files and name not in OPTIONAL]
    if strange or missing:
        wrong = [f"{name} does not belong there" for name in strange]
        raise Bad("; ".join(wrong + [f"{name} is missing" for name in missing]))
    manifest = _object(files["manifest.json"], "manifest.json")
    if manifest.get("format") != FORMAT:
        raise Bad(f"it is in form {manifest.get('format')}; this verify.py knows {FORMAT}")
    for name in ("checkpoint", "events.jsonl", "proofs.json", "report.json", "key"):
        if hashlib.sha256(files[name]).hexdigest() != manifest["files"][name]:
            raise Bad(f"{name} is not the file that the manifest lists")
    subject = manifest["subject"]
    if subject["kind"] not in ("instruction", "programme"):
        raise Bad(f"it is about a {subject['kind']}, which this verify.py does not know")
    account.tell("bundle", f"{subject['kind']} {subject['id']}")
    return manifest


def _key(files: Mapping[str, bytes], key_text: str | None, account: Account) -> Key:
    own = read_key(files["key"].decode())
    if key_text is None:
        account.tell("key", f"{own.name} ({own.hash.hex()}), as the bundle itself brings it")
        return own
    given = read_key(key_text)
    if given != own:
        raise Bad(
            f"the bundle brings the key {own.name} ({own.hash.hex()}), the one given is another: "
            f"{given.name} ({given.hash.hex()})"
        )
    account.tell("key", f"{own.name} ({own.hash.hex()}), the one given")
    return given


def _tell_of_losses(checkpoint: Checkpoint, account: Account) -> None:
    """What the checkpoint itself says of signed events that the log lost, or of a repair."""
    number, line = checkpoint.said.get("number"), checkpoint.said.get("line", "1")
    kept, _, why = checkpoint.said.get("after-loss", "").partition(" ")
    if kept:
        account.tell("loss", f"signed events were lost after checkpoint {kept}: {why}")
    elif line != "1":
        account.tell("loss", f"signed events were lost before checkpoint {line}, which says why")
    if line != "1":
        account.unproved.append(
            "what the log held that was signed and then lost: checkpoints before number "
            f"{line} may cover events that are not in it any more, or are others"
        )
    lost, _, why = checkpoint.said.get("repaired", "").partition(" ")
    if lost:
        gone = "" if lost == "-" else f"; checkpoints {lost} are lost"
        account.tell("repair", f"checkpoint {number} was signed after a repair: {why}{gone}")


def _nodes(told: Json) -> dict[Node, bytes]:
    found: dict[Node, bytes] = {}
    for name, value in told.items():
        level, _, index = name.partition("/")
        found[int(level), int(index)] = bytes.fromhex(value)
    return found


def _events(file: bytes, tree: Tree, account: Account) -> list[Event]:
    """The events, each hashed again and proved to be in the log."""
    found: list[Event] = []
    for line in file.split(b"\n")[:-1]:
        event = read_event(line)
        if found and event.position <= found[-1].position:
            raise Bad("the events are not in the order of the log", event.position)
        if event.position > tree.size:
            raise Bad(
                f"the checkpoint covers the log up to position {tree.size} only", event.position
            )
        if not tree.holds((0, event.position - 1), leaf_hash(event)):
            raise Bad("the event is not the one that the log has there", event.position)
        if found and moment(event.recorded_at) < moment(found[-1].recorded_at):
            raise Bad("the event was recorded before the one before it", event.position)
        _check_body(event)
        found.append(event)
    account.tell("events", f"{len(found)}, each hashed again and proved to be in the signed log")
    return found


def _streams(
    events: Sequence[Event], manifest: Json, checkpoint: Checkpoint, account: Account
) -> dict[str, list[Event]]:
    """By stream: each from its first event to the one that the manifest calls its last."""
    found: dict[str, list[Event]] = {}
    for event in events:
        stream = found.setdefault(event.stream, [])
        if event.version != len(stream) + 1:
            raise Bad(
                f"{event.stream} has its version {event.version} where {len(stream) + 1} must come: "
                "events are missing in between",
                event.position,
            )
        stream.append(event)
    heads = {name: len(stream) for name, stream in found.items()}
    if heads != manifest["streams"]:
        for name in sorted({*heads, *manifest["streams"]}):
            told, there = manifest["streams"].get(name, 0), heads.get(name, 0)
            if told != there:
                raise Bad(f"{name} ends at version {told} by the manifest, here at {there}")
    if manifest["size"] != checkpoint.size:
        raise Bad("the manifest was made for another checkpoint")
    account.tell("streams", f"{len(found)}, their versions without a gap from the first on")
    return found


def _check_occurrences(
    subject: Json, streams: Mapping[str, Sequence[Event]], account: Account
) -> None:
    """What a recurrence issued, and what says that it was issued by one, name each other."""
    issued: dict[str, Event] = {}
    recurrences = skipped = 0
    for stream, events in streams.items():
        if not stream.startswith("recurrence-"):
            continue
        recurrences += 1
        programme = None
        for event in events:
            if event.type in ("RecurrenceStarted", "RecurrenceChanged"):
                programme = event.said["programme"]
            skipped += event.type == "OccurrenceSkipped"
            if event.type != "OccurrenceIssued":
                continue
            instruction = event.said["instruction"]
            issued[instruction] = event
            of_the_subject = subject["kind"] == "programme" and programme == subject["id"]
            if of_the_subject and instruction not in streams:
                raise Bad(
                    f"{stream} issued {event.said['number']} in this programme, and it is not here",
                    event.position,
                )
    for stream, events in streams.items():
        by = events[0].said.get("recurrence") if _is_instruction(stream) else None
        if by is None:
            continue
        told = issued.get(stream)
        if told is None or (told.stream, told.command_id) != (
            f"recurrence-{by}",
            events[0].command_id,
        ):
            raise Bad(
                f"{stream} was issued by the recurrence {by}, by its own words only",
                events[0].position,
            )
    if recurrences:
        here = sum(instruction in streams for instruction in issued)
        account.tell(
            "recurrences",
            f"{recurrences}: {len(issued)} occurrences issued, {here} of them here, {skipped} skipped; each "
            "recurrence and what it issued name each other",
        )


def _check_heads(files: Mapping[str, bytes], key: Key, account: Account) -> None:
    note = files.get("manifest.note")
    if note is None:
        account.tell("ends", "the log's key does not say where streams ended")
        account.unproved.append(
            "that nothing is left out: newer events of a stream, or whole measures of a programme. Ask for "
            "a bundle whose manifest the log's key has signed"
        )
        return
    digest = hashlib.sha256(files["manifest.json"]).hexdigest()
    if opened(note, key, "the manifest") != f"remit bundle manifest\n{digest}\n":
        raise Bad("the manifest is not the one that was signed")
    account.tell("ends", "the log's key has signed where each stream ended, and that these are all")
    account.unproved.append(
        "that the holder of the log's key did not leave out newer events of a stream, or a whole measure: "
        "of that there is their signature in manifest.note, and no proof"
    )


def _check_report(
    file: bytes,
    manifest: Json,
    streams: Mapping[str, Sequence[Event]],
    checkpoint: Checkpoint,
    account: Account,
) -> None:
    told = _object(file, "report.json")
    found = recomputed(manifest["subject"], streams, checkpoint.size, checkpoint.at)
    differs = _difference(told, found)
    if differs:
        raise Bad(f"report.json says otherwise than the events: {differs}")
    if found["kind"] == "instruction":
        late = "behind schedule" if found["behind_schedule"] else "not behind schedule"
        account.tell(
            "status",
            f"{found['phase']}, deadline {found['deadline']}, {late}, late against the original deadline by "
            f"{found['late_by']}; recomputed from the events",
        )
        return
    account.tell(
        "figures",
        f"implemented {found['implemented_line']}, behind schedule {found['behind_schedule_line']}, "
        f"execution discipline {found['execution_discipline']}; recomputed from the events",
    )
    for one in found["published"]:
        if one["same"]:
            account.tell("published", f"the report for {one['meeting']} follows from the events")
        else:
            differs = _difference(one["figures"], one["replayed"])
            account.discrepancies.append(f"the report for {one['meeting']}: {differs}")


def _check_openings(file: bytes | None, directory: Sequence[Event], account: Account) -> None:
    if file is None:
        account.tell("openings", "none: persons are opaque ids here")
        return
    committed: dict[str, set[str]] = {}
    erased: dict[str, int] = {}
    for event in directory:
        if event.type in ("PersonRegistered", "PersonCommitted"):
            committed.setdefault(event.said["person"], set()).add(event.said["commitment"])
        elif event.type == "PersonErased":
            erased[event.said["person"]] = event.position
    told = json.loads(file.decode())
    names: list[str] = []
    for one in told:
        person = one["person"]
        if "erased_at_position" in one:
            if erased.get(person) != one["erased_at_position"]:
                raise Bad(f"the log does not say that {person} was erased")
            names.append(f"{person}: erased")
            continue
        digest = hashlib.sha256(bytes.fromhex(one["salt"]))
        parts = [one["name"].encode(), (one["email"] or "").encode()]
        if one.get("elsewhere"):  # stands for addresses that may hold secrets, which are not told
            parts.append(bytes.fromhex(one["elsewhere"]))
        for part in parts:
            digest.update(len(part).to_bytes(4, "big") + part)
        if digest.hexdigest() not in committed.get(person, ()):
            raise Bad(f"what is said of {person} is not what the log committed to")
        names.append(f"{person}: {one['name']}")
    account.tell("openings", f"{len(names)}, each what the log committed to")
    account.lines += [f"{'':<11} {name}" for name in names]


def _check_outside(
    outside: bytes | None,
    key_text: str | None,
    key: Key,
    tree: Tree,
    account: Account,
) -> None:
    if outside is None and key_text is None:
        account.unproved.append(
            "whose log it is. Without a key or checkpoint that you got elsewhere, the bundle only proves "
            "itself consistent: whoever made it may have made the key, too. Use --key, --checkpoint"
        )
    if outside is None:
        account.unproved.append(
            "that others are shown the same log: compare with a checkpoint that was kept elsewhere "
            "(--checkpoint)"
        )
        return
    held = read_checkpoint(outside, key, "the checkpoint you gave")
    same = tree.begins_with(held.size, held.root)
    if same is None:
        raise Bad(
            f"the checkpoint you gave is over {held.size} events, the bundle over {tree.size}, with no proof "
            "between the two: ask for one by `remit audit bundle` with "
            + (f"--held {held.size}" if held.size < tree.size else f"--checkpoint {held.size}")
        )
    if not same:
        raise Bad(
            f"the log of the bundle is not the one of the checkpoint you gave (over {held.size} events)"
        )
    account.tell("outside", f"the log of the checkpoint you gave, of {held.at}, is the same")
    if held.size < tree.size:
        account.unproved.append(
            f"that others are shown the same events after position {held.size}, where the checkpoint you "
            "gave ends"
        )


def verify_receipt(
    receipt: Json, key_text: str | None = None, outside: bytes | None = None
) -> Account:
    """All that can be checked of a receipt for the erasure of a person; arguments as for `verify`."""
    account = Account()
    what = "receipt"
    try:
        if receipt["format"] != RECEIPT:
            raise Bad(f"it is in form {receipt['format']}; this verify.py knows {RECEIPT}")
        account.tell(what, f"erasure of person {receipt['person']}")
        if receipt["checkpoint"] is None:
            raise Bad(f"it was given without proof: {receipt['way_out']}")
        what = "key"
        key = _key({"key": receipt["key"].encode()}, key_text, account)
        what = "checkpoint"
        checkpoint = read_checkpoint(receipt["checkpoint"].encode(), key, "the checkpoint")
        account.tell(what, f"signed by {key.name} at {checkpoint.at}")
        _tell_of_losses(checkpoint, account)
        tree = Tree(checkpoint.size, checkpoint.root, _nodes(receipt["nodes"]))
        what = "events"
        lines = b"".join(json.dumps(event).encode() + b"\n" for event in receipt["events"])
        _check_erasure(receipt, _events(lines, tree, account), account)
        what = "outside"
        _check_outside(outside, key_text, key, tree, account)
        account.unproved.append(
            f"that nothing of the person is kept: that the table held nothing at {receipt['nothing_kept_at']} is "
            "on the word of who gave the receipt, and backups are older"
        )
    except Bad as error:
        account.fail(what, error)
    except _MALFORMED as error:
        account.fail(what, Bad(f"the receipt is malformed: {type(error).__name__}: {error}"))
    return account


def _check_erasure(receipt: Json, events: Sequence[Event], account: Account) -> None:
    """The receipt says what its events say."""
    *committed, erased = events
    for event in events:
        kinds = ("PersonErased",) if event is erased else ("PersonRegistered", "PersonCommitted")
        if event.stream != "directory" or event.type not in kinds:
            raise Bad("the event does not belong in the receipt", event.position)
        if event.said["person"] != receipt["person"]:
            raise Bad("the event is about another person", event.position)
    found: Json = {
        "erased": {
            "position": erased.position,
            "occurred_at": erased.occurred_at,
            "recorded_at": erased.recorded_at,
            "by": erased.said["by"],
            "reason": erased.said["reason"],
        },
        "commitments": [
            {"commitment": event.said["commitment"], "position": event.position}
            for event in committed
        ],
    }
    differs = _difference({name: receipt[name] for name in found}, found)
    if differs:
        raise Bad(f"the receipt says otherwise than the events: {differs}")
    by = found["erased"]["by"]["actor"]
    account.tell("erased", f"at {erased.occurred_at} by {by}, recorded at {erased.recorded_at}")


def _object(text: bytes, what: str) -> Json:
    try:
        found: Any = json.loads(text.decode())
    except (ValueError, RecursionError):
        raise Bad(f"{what} is not JSON") from None
    if not isinstance(found, dict):
        raise Bad(f"{what} is not a JSON object")
    return found  # pyright: ignore[reportUnknownVariableType]


# --- As a program --------------------------------------------------------------------------------


def read_files(place: Path) -> dict[str, bytes]:
    """The files of a bundle, zipped or unzipped."""
    if place.is_dir():
        return {name: (place / name).read_bytes() for name in FILES if (place / name).is_file()}
    with zipfile.ZipFile(place) as archive:
        names = archive.namelist()
        if len(set(names)) < len(names):
            raise Bad("the archive holds a file twice")
        return {name: archive.read(name) for name in names}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="verify.py", description="Verify a Remit bundle. Ends with 0 if all is proved."
    )
    parser.add_argument("bundle", nargs="?", help="the zip file, the unzipped folder, or a receipt")
    parser.add_argument("--key", help="the log's verifier key, obtained elsewhere; or its file")
    parser.add_argument("--checkpoint", help="file of a checkpoint, obtained elsewhere")
    given = parser.parse_args(arguments)
    place = Path(given.bundle) if given.bundle else Path(__file__).resolve().parent
    try:
        key_text: str | None = given.key
        if key_text is not None and "+" not in key_text:
            key_text = Path(key_text).read_text(encoding="utf-8")
        outside = Path(given.checkpoint).read_bytes() if given.checkpoint else None
        if place.is_file() and not zipfile.is_zipfile(place):
            receipt = _object(place.read_bytes(), place.name)
            account = verify_receipt(receipt, key_text, outside)
        else:
            account = verify(read_files(place), key_text, outside)
    except (
        Bad,
        *_MALFORMED,
        OSError,
        RuntimeError,
        EOFError,
        zlib.error,
        zipfile.BadZipFile,
    ) as error:
        print(printable(f"NOT PROVED: {place}: {error}"))
        return 1
    print(account.text(), end="")
    return 0 if account.good else 1


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):  # whatever the terminal's own encoding
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # pyright: ignore[reportUnknownMemberType]
    sys.exit(main(sys.argv[1:]))
