"""Every role, at every endpoint, in every relation to an instruction: what the policy's table says, and nothing else.

One instruction for each relation in which a body, `m-body`, stands to it and in no other; one person for each kind of
office in that body, in the one above it, in one below it, and in one that has nothing to do with it. What each must be
answered is computed from `domain.reading.READING` by rules of its own, so that the web and the read models are held to
the table, not to the code that reads it.
"""

import csv
import io
import json
import zipfile
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import product
from typing import Any, get_args
from uuid import uuid4

import pytest
import pytest_asyncio

from domain.attribution import Command
from domain.directory.commands import Appoint, RegisterBody, RegisterOffice, RegisterPerson
from domain.directory.events import OfficeKind
from domain.identifiers import instruction_id
from domain.instruction.events import AboutNotice
from domain.outcomes import Recorded
from domain.reading import READING, RELATIONS, Aspect, Relation
from eventstore.codec import event_of
from eventstore.persons import Person
from tests.web.bureau import API, Bureau

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

_HERE, _ABOVE, _BELOW, _ELSE = "m-body", "m-above", "m-below", "m-else"
_PLACES = (_HERE, _ABOVE, _BELOW, _ELSE)
_KINDS: tuple[OfficeKind, ...] = get_args(OfficeKind)
_W, _X = "m-issuer", "m-other"
"""Bodies that nobody of the matrix has to do with."""

_OF_ONE: Mapping[str, tuple[Aspect, str]] = {
    "get_instruction": ("detail", ""),
    "get_history": ("history", "/events"),
    "explain_instruction": ("detail", "/explanation"),
    "list_deliveries": ("deliveries", "/deliveries"),
    "list_evidence": ("evidence", "/evidence"),
    "prove_instruction": ("proof", "/proof"),
}
"""By the operation: the aspect that it takes, and its path behind the instruction's."""
_LISTS: Mapping[str, tuple[Aspect, str, Mapping[str, str]]] = {
    "list_instructions": ("summary", "/instructions", {}),
    "list_late": ("attention", "/late", {"as_of": "2100-01-01T00:00:00Z"}),
    "list_escalations": ("attention", "/escalations", {}),
    "list_ledger": ("deliveries", "/ledger", {}),
}
"""By the operation: the aspect that it takes, its path, and what it has to be asked so that all are in it."""
_Filter = tuple[Mapping[str, str], Collection[Relation]]
_UNFILTERED: _Filter = ({}, RELATIONS)
_FILTERS: Mapping[str, Sequence[_Filter]] = {
    "list_instructions": (
        ({"q": "M-"}, RELATIONS),
        ({"issuer": _W}, RELATIONS - {"issuer"}),
        ({"lead": _X}, RELATIONS - {"lead"}),
    ),
    "list_late": (
        ({"issuer": _W}, RELATIONS - {"issuer"}),
        ({"body": _X}, RELATIONS - {"lead"}),
    ),
    "list_escalations": (
        ({"issuer": _W}, RELATIONS - {"issuer"}),
        ({"body": _X}, RELATIONS - {"lead"}),
    ),
    "list_ledger": (({"instruction": "M-controller"}, {"controller"}),),
}
"""By the operation: what else it may be asked, and which of the matrix that leaves."""
_MOST: Mapping[str, int] = {"list_ledger": 100}
"""Items of a page, where it is not 500."""
_BY_THEMSELVES = {
    "found_instruction",  # of no instruction yet: the rules decide
    "command_instruction",  # below
    "get_myself",
    "fetch_evidence",  # tests/web/test_worklists.py
    "attach_evidence",  # there too: a command
    "list_agenda",  # tests/web/test_worklists.py: of one's own bodies, not by the table
    "follow_feed",  # tests/web/test_feed.py
    # Whose figures and recurrences are whose: test_programmes.py
    "list_programmes",
    "found_programme",
    "get_programme",
    "list_meetings",
    "command_programme",
    "get_figures",
    "get_report",
    "get_published_report",
    "get_difference",
    "list_recurrences",
    "start_recurrence",
    "get_recurrence",
    "get_recurrence_history",
    "command_recurrence",
    # For whoever holds an office: test_directory.py
    "list_bodies",
    "get_body",
    "list_offices",
    "get_person",
    "list_substitutions",
    "list_calendars",
    "get_calendar",
    "list_policies",
    "get_policy",
    "command_directory",
    # One's own: test_directory.py
    "list_tokens",
    "create_token",
    "revoke_token",
    "list_calendar_feeds",
    "create_calendar_feed",
    "revoke_calendar_feed",
    # One's own: tests/web/test_sessions.py
    "list_sessions",
    "end_session",
    "end_sessions",
    "command_many",  # tests/web/test_bulk.py; it chooses as a list does
    "export_instructions",  # below
    # The trail, and what is made of more than one instruction: tests/web/test_auditing.py
    "bundle_instruction",
    "bundle_programme",
    "get_checkpoint",
    "get_trail_status",
    "get_verifier_key",
    "list_access",
    "list_checkpoints",
    "prove_consistency",
}


@dataclass(frozen=True)
class _Asker:
    kind: OfficeKind
    place: str

    @property
    def person(self) -> str:
        return f"m-{self.kind}-{self.place}"


_ASKERS = [_Asker(kind, place) for kind, place in product(_KINDS, _PLACES)]
_NUMBERS: Mapping[Relation, str] = {relation: f"M-{relation}" for relation in sorted(RELATIONS)}


def _expected(asker: _Asker, relation: Relation) -> frozenset[Aspect]:
    """By the table, read in the plainest way."""
    found: set[Aspect] = set()
    for rule in READING:
        reaches = asker.place == _HERE or (rule.below and asker.place == _ABOVE)
        if asker.kind in rule.offices and relation in rule.relations and reaches:
            found |= rule.aspects
    return frozenset(found)


def _body(body: str, parent: str | None) -> RegisterBody:
    return RegisterBody(
        command_id=str(uuid4()),
        actor="p-administrator",
        body=body,
        name=body,
        body_kind="ministry",
        parent=parent,
    )


async def _directory(desk: Bureau) -> None:
    at = datetime.now(UTC)
    commands: list[Command] = [
        _body(_ABOVE, None),
        _body(_HERE, _ABOVE),
        _body(_BELOW, _HERE),
        _body(_ELSE, None),
        _body(_W, None),
        _body(_X, None),
    ]
    holders: list[tuple[str, OfficeKind, str]] = [
        *((asker.person, asker.kind, asker.place) for asker in _ASKERS),
        ("m-w", "head", _W),
        ("m-w-operator", "operator", _W),
    ]
    for person, kind, body in holders:
        file = Person(person_id=person, name=person, email=None, salt=b"salt")
        await desk.persons.put(file)
        office = f"{body}.{kind}"
        envelope: Any = {"actor": "p-administrator"}
        commands += [
            RegisterPerson(
                command_id=str(uuid4()),
                person=person,
                commitment=file.commitment,
                channels=("log",),
                **envelope,
            ),
            RegisterOffice(
                command_id=str(uuid4()), office=office, body=body, office_kind=kind, **envelope
            ),
            Appoint(
                command_id=str(uuid4()),
                person=person,
                office=office,
                since=date(2020, 1, 1),
                **envelope,
            ),
        ]
    for command in commands:
        outcome = await desk.handler.handle(command, at)
        assert isinstance(outcome, Recorded), outcome


async def _instruction(desk: Bureau, relation: Relation) -> int:
    """One to which `m-body` stands in this relation alone; overdue, assigned, escalated."""
    number = _NUMBERS[relation]
    issuer = _HERE if relation == "issuer" else _W
    head = f"m-head-{_HERE}" if relation == "issuer" else "m-w"
    operator = f"m-operator-{_HERE}" if relation == "issuer" else "m-w-operator"
    await desk.issued(
        number,
        by=head,
        issuer=issuer,
        controller=_HERE if relation == "controller" else None,
    )
    lead = _HERE if relation == "lead" else _X
    co = [_HERE] if relation == "co-assignee" else []
    await desk.done(head, number, "Assign", lead=lead, co_assignees=co)
    if relation == "observer":
        await desk.done(head, number, "SetObservers", observers=[_HERE])
    to = f"body:{_HERE if relation == 'told' else _X}"
    return await desk.done(operator, number, "Escalate", to=to, reason="Nothing is heard.")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def position(desk: Bureau) -> AsyncIterator[int]:
    """The matrix is in the log up to there."""
    await _directory(desk)
    yield max([await _instruction(desk, relation) for relation in _NUMBERS])


async def test_every_operation_of_the_api_is_in_the_matrix(desk: Bureau) -> None:
    document = (await desk.client.get(f"{API}/openapi.json")).json()
    operations = {
        operation["operationId"]
        for of_path in document["paths"].values()
        for operation in of_path.values()
    }
    assert operations == {*_OF_ONE, *_LISTS, *_BY_THEMSELVES}


async def test_each_endpoint_of_an_instruction_answers_as_the_table_says(
    desk: Bureau, position: int
) -> None:
    del position
    wrong: list[str] = []
    cells = 0
    for asker, (relation, number) in product(_ASKERS, _NUMBERS.items()):
        may = _expected(asker, relation)
        for operation, (aspect, path) in _OF_ONE.items():
            # Each operation by the number in one relation and by the id in the next.
            named = instruction_id(number) if (cells + cells // len(_OF_ONE)) % 2 else number
            answer = await desk.get(asker.person, f"/instructions/{named}{path}")
            status = 200 if aspect in may else 403 if may else 404
            cells += 1
            if answer.status_code != status:
                wrong.append(f"{asker} {named} {operation}: {answer.status_code}")
            if status != 200:
                assert f"Do what {number} says" not in answer.text
    assert not wrong
    assert cells == len(_ASKERS) * len(_NUMBERS) * len(_OF_ONE)


async def test_each_list_holds_what_the_table_says(desk: Bureau, position: int) -> None:
    for asker, (operation, (aspect, path, always)) in product(_ASKERS, _LISTS.items()):
        seen = {"at_least": position, "limit": _MOST.get(operation, 500), **always}
        for asked, left in (_UNFILTERED, *_FILTERS[operation]):
            answer = await desk.get(asker.person, path, params={**seen, **asked})
            assert answer.status_code == 200, (operation, answer.text)
            found = {item["number"] for item in answer.json()["items"]}
            assert found == {
                number
                for relation, number in _NUMBERS.items()
                if relation in left and aspect in _expected(asker, relation)
            }, (asker, operation, asked)


async def test_each_export_holds_what_the_table_says(desk: Bureau, position: int) -> None:
    """Its register, its events, and those about notices; in tables and, of the latter two, as the log has them."""
    acknowledged = await _acknowledged(desk)
    assert {"lead", "told"} <= acknowledged
    about = {kind.__name__ for kind in get_args(AboutNotice)}
    for asker in _ASKERS:
        asked = {"params": {"at_least": position}}
        files = (await desk.get(asker.person, "/exports/csv", **asked)).content
        with zipfile.ZipFile(io.BytesIO(files)) as archive:
            register, events = (
                [*csv.DictReader(io.StringIO(archive.read(name).decode()))]
                for name in ("register.csv", "events.csv")
            )
        lines = (await desk.get(asker.person, "/exports/jsonl", **asked)).text.splitlines()
        told = [json.loads(line) for line in lines]
        for relation, number in _NUMBERS.items():
            may, stream = _expected(asker, relation), instruction_id(number)
            rows = [row["type"] for row in events if row["stream"] == stream]
            types = [one["type"] for one in told if one["stream_id"] == stream]
            assert rows == types, (asker, relation)
            assert ("summary" in may) == (number in {row["number"] for row in register})
            assert ("history" in may) == ("InstructionIssued" in types), (asker, relation)
            deliveries = "deliveries" in may and relation in acknowledged
            assert deliveries <= bool(about.intersection(types)) <= ("deliveries" in may)


async def _acknowledged(desk: Bureau) -> frozenset[Relation]:
    """Have an event about a notice in each where somebody was told; which these are."""
    found: set[Relation] = set()
    for relation, number in _NUMBERS.items():
        stored = await desk.store.read_stream(instruction_id(number))
        for one in stored:
            notices = getattr(event_of(one), "notices", ())
            if notices and relation not in found:
                person, channel = notices[0].person, notices[0].channel
                notice = {"version": one.version, "recipient": person, "channel": channel}
                await desk.done(person, number, "AcknowledgeNotice", notice=notice)
                found.add(relation)
    return frozenset(found)


async def test_commands_are_looked_at_for_whom_the_table_says_and_refused_alike_past_the_web(
    desk: Bureau, position: int
) -> None:
    """Whatever the web answers, Temporal does: the rules are not in the web."""
    del position
    for asker, (relation, number) in product(_ASKERS, _NUMBERS.items()):
        may = _expected(asker, relation)
        answer = await desk.command(
            asker.person, number, "ChangeDeadline", reason="x", deadline={"on": "2098-01-01"}
        )
        if "commands" not in may:
            assert answer.status_code == (403 if may else 404), (asker, relation, answer.text)
        acts = asker.place == _HERE and asker.kind in ("head", "officer") and relation == "issuer"
        if "commands" in may:
            assert answer.status_code == (200 if acts else 403), (asker, relation, answer.text)
        straight = await desk.straight(
            asker.person, number, "ChangeDeadline", reason="x", deadline={"on": "2097-01-01"}
        )
        assert straight.kind == ("recorded" if acts else "rejected"), (asker, relation, straight)
