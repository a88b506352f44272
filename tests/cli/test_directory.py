"""The directory as an administrator keeps it, on a stack of its own."""

import asyncio
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eventstore.addresses import checked_webhook_secret, new_webhook_secret
from eventstore.persons import Person, PostgresPersonStore
from tests.cli.conftest import Remit, prepare
from tests.cli.up import Up
from tests.programmes import ADMINISTRATOR, HEAD, SMALL_DIRECTORY

_AS = ("--as", ADMINISTRATOR)


@pytest.fixture(scope="module")
def small(server_dir: Path) -> Iterator[Path]:
    """`remit up` with the small directory in it."""
    folder = server_dir / "directory"
    file = server_dir / "small-directory.toml"
    file.write_bytes(SMALL_DIRECTORY)
    with Up(folder):
        prepare("set-up", file, *_AS, "--data", folder)
        yield folder


@pytest.fixture(autouse=True)
def _here(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMIT_DATA", str(small))


def _body(remit: Remit, body: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = remit("directory", body, "--json").json
    assert found[0]["id"] == body
    return found[0]


def _done(remit: Remit, *verb: str) -> None:
    told = remit(*verb, *_AS)
    assert told.code == 0, told.err
    assert told.out.startswith("recorded as version ")


def test_a_body_is_set_up_named_and_moved(remit: Remit) -> None:
    _done(
        remit,
        *("register-body", "standards", "--name", "Standards", "--kind", "joint-body"),
        *("--parent", "council", "--zone", "Europe/Minsk", "--established-on", "2098-01-01"),
    )
    _done(remit, "establish-body", "standards", "--on", "2099-01-01")
    _done(remit, "rename-body", "standards", "--name", "Орган [по] стандартизации")
    _done(remit, "move-body", "standards", "ministry")
    _done(remit, "register-office", "standards-head", "--body", "standards", "--kind", "head")
    _done(remit, "register-person", "p-0100", "--name", "Head 100", "--email", "h@example.org")
    _done(remit, "appoint", "p-0100", "standards-head", "--since", "2026-01-01")
    seen = _body(remit, "standards")
    assert (seen["name"], seen["parent"]) == ("Орган [по] стандартизации", "ministry")
    assert seen["established_on"] == "2099-01-01"
    [office] = seen["offices"]
    assert office["holders"] == [{"person": "p-0100", "name": "Head 100", "substitute": None}]

    drawn = remit("directory", "ministry").words
    assert "Орган [по] стандартизации standards" in drawn
    assert "to be established on 2099-01-01" in drawn
    assert "Head 100 p-0100" in drawn

    away = ("substitute", "p-0100", "p-0007", "--since", "2026-01-01", "--reason", "Leave.")
    told = remit(*away, *_AS)
    assert told.code == 0, told.err
    assert "nothing that their bodies have open falls due within it" in told.words
    [office] = _body(remit, "standards")["offices"]
    assert office["holders"][0]["substitute"] == "p-0007"
    assert "substituted by Officer 7 p-0007" in remit("directory", "standards").words
    ended = ("end-substitution", "p-0100", "p-0007", "--until", "2026-01-31", "--since")
    assert "2026-01-02" in remit(*ended, "2026-01-02", *_AS).err
    _done(remit, *ended, "2026-01-01")
    _done(remit, "end-appointment", "p-0100", "standards-head", "--until", "2026-01-31")
    assert _body(remit, "standards")["offices"][0]["holders"] == []
    _done(remit, "close-office", "standards-head")
    assert _body(remit, "standards")["offices"] == []


def test_a_person_gets_another_name_and_is_erased(remit: Remit) -> None:
    _done(remit, "register-person", "p-0200", "--name", "Officer 200", "--channel", "email")
    _done(remit, "register-office", "region-officer", "--body", "region", "--kind", "officer")
    _done(remit, "appoint", "p-0200", "region-officer", "--since", "2026-01-01")
    _done(remit, "change-person", "p-0200", "--name", "Officer 200 B.")
    _done(remit, "set-channels", "p-0200", "--channel", "log", "--channel", "email")
    taken = remit("register-person", "p-0200", "--name", "Somebody else", *_AS)
    assert (taken.code, taken.err[:14]) == (3, "already-exists")
    [office] = _body(remit, "region")["offices"]
    assert office["holders"][0]["name"] == "Officer 200 B."

    erased = remit("erase-person", "p-0200", "--reason", "At their request.", *_AS, "--json")
    assert (erased.code, erased.json["erased"]) == (0, True)
    [office] = _body(remit, "region")["offices"]
    assert office["holders"] == [], "who is erased holds no office"
    again = remit("erase-person", "p-0200", "--reason", "At their request.", *_AS, "--json")
    assert (again.code, again.json["erased"]) == (0, False)
    back = remit("change-person", "p-0200", "--name", "Officer 200", *_AS)
    assert (back.code, "erased" in back.err) == (3, True)


def test_a_registration_is_sent_again_under_its_id(remit: Remit) -> None:
    again = ("register-person", "p-0300", "--name", "Officer 300", "--command-id", "c-300", *_AS)
    change = ("change-person", "p-0300", "--name", "Officer 300 B.", "--command-id", "c-301", *_AS)
    for verb in (again, change):
        first, second = remit(*verb, "--json"), remit(*verb, "--json")
        assert (first.code, second.code) == (0, 0), second.out
        assert second.json["position"] == first.json["position"]
    other = remit(
        "change-person", "p-0300", "--name", "Officer 300 C.", "--command-id", "c-301", *_AS
    )
    assert (other.code, other.err[:17]) == (3, "command-id-reused")


async def _secret_on_file(remit: Remit, person: str, tmp_path: Path) -> str:
    file = tmp_path / f"secret-{secrets.token_hex(4)}"
    told = await asyncio.to_thread(remit, "webhook-secret", person, "--output", str(file))
    assert told.code == 0, told.err
    secret = file.read_text().strip()
    assert secret not in told.out
    assert file.stat().st_mode & 0o077 == 0
    return secret


async def test_a_webhook_has_a_secret_that_nobody_prints(remit: Remit, tmp_path: Path) -> None:
    def done(*verb: str) -> None:
        _done(remit, *verb)

    url = tmp_path / "url"
    url.write_text("https://example.org/hooks/500\n")
    hooked = ("--webhook-url", f"@{url}", "--name")
    await asyncio.to_thread(done, "register-person", "p-0500", *hooked, "Officer 500")
    made = await _secret_on_file(remit, "p-0500", tmp_path)
    assert checked_webhook_secret(made) == made
    await asyncio.to_thread(done, "change-person", "p-0500", *hooked, "Officer 500 B.")
    assert await _secret_on_file(remit, "p-0500", tmp_path) == made, "another name, the same secret"

    own = new_webhook_secret()
    (tmp_path / "own").write_text(own)
    given = ("--webhook-secret", f"@{tmp_path / 'own'}")
    await asyncio.to_thread(done, "change-person", "p-0500", *hooked, "Officer 500 B.", *given)
    assert await _secret_on_file(remit, "p-0500", tmp_path) == own

    await asyncio.to_thread(done, "change-person", "p-0500", "--name", "Officer 500 B.")
    none = await asyncio.to_thread(
        remit, "webhook-secret", "p-0500", "--output", str(tmp_path / "none")
    )
    assert (none.code, none.err[:16]) == (3, "unknown (person)")
    assert not (tmp_path / "none").exists()


def test_an_address_that_is_none_is_not_repeated(remit: Remit) -> None:
    who = ("register-person", "p-0501", "--name", "Officer 501", *_AS)
    for given, named in (
        (("--webhook-url", "ftp://top-secret/"), "--webhook-url"),
        (("--webhook-url", "https://e.org/", "--webhook-secret", "top-secret"), "--webhook-secret"),
        (("--webhook-secret", "top-secret"), "--webhook-secret needs --webhook-url"),
        (("--apprise-url", "top-secret"), "--apprise-url"),
        (("--apprise-url", "@/no/such/file"), "/no/such/file cannot be read"),
    ):
        told = remit(*who, *given)
        assert told.code == 2
        assert named in told.words
        assert "top-secret" not in told.words


async def test_what_is_on_file_of_a_person_never_recorded_is_erased(
    remit: Remit, small: Path
) -> None:
    left = Person(person_id="never-recorded", name="Officer 400", email=None, salt=bytes(32))
    url = json.loads((small / "stack.json").read_text())["database_url"]
    async with PostgresPersonStore.open(url) as persons:
        await persons.put(left)
    erase = ("erase-person", "never-recorded", "--reason", "At their request.")
    refused = await asyncio.to_thread(remit, *erase, "--as", HEAD)
    assert (refused.code, refused.err[:14]) == (3, "not-authorised")
    erased = await asyncio.to_thread(remit, *erase, *_AS, "--json")
    assert (erased.code, erased.json) == (0, {"erased": True})
    again = await asyncio.to_thread(remit, *erase, *_AS)
    assert (again.code, again.err[:7]) == (3, "unknown")


def test_what_a_reorganised_body_had_open_moves_to_its_heir(remit: Remit) -> None:
    for verb in (
        [
            *("issue", "N-1", "--issuer", "council", "--deadline", "2099-06-30"),
            *("--text", "Agree a common form."),
        ],
        ["assign", "N-1", "--lead", "ministry"],
    ):
        told = remit(*verb, "--as", HEAD)
        assert told.code == 0, told.err
    planned = remit(
        "reorganise-body", "ministry", "split", "--into", "region", "--heir", "region", *_AS
    )
    assert (planned.code, planned.err[:14]) == (3, "invalid (into)")
    told = remit("reorganise-body", "ministry", "merged", "--into", "control", *_AS, "--json")
    assert (told.code, told.json["woken"]) == (0, 1), told.err
    assert _body(remit, "ministry")["heir"] == "control"
    _eventually_led_by(remit, "N-1", "control")
    kinds = [event["type"] for event in remit("history", "N-1", "--json").json]
    assert kinds.count("BodySucceeded") == 1
    late = remit("issue", "N-2", "--as", HEAD, "--issuer", "council", "--deadline", "2099-06-30",
                 "--text", "Do it.", "--controller", "ministry")  # fmt: skip
    assert (late.code, late.err[:26]) == (3, "body-closed (controller): ")
    assert "control" in late.err


def _eventually_led_by(remit: Remit, number: str, lead: str) -> None:
    """The instruction was woken, and has a moment to look at the directory."""
    for _ in range(1000):
        if remit("show", number, "--json").json["lead"] == lead:
            return
    pytest.fail(f"{number} is still not led by {lead}")


def test_nobody_but_an_administrator_keeps_it(remit: Remit) -> None:
    told = remit("close-body", "new-body", "--as", HEAD)
    assert (told.code, told.err[:14]) == (3, "not-authorised")
    told = remit("directory", "nobody")
    assert (told.code, told.err[:7]) == (3, "unknown")
    last = remit("end-appointment", ADMINISTRATOR, "administrator", *_AS)
    assert (last.code, "no administrator would be left" in last.err) == (3, True)
    _done(remit, "close-body", "new-body", "--on", "2099-01-01")
    assert _body(remit, "new-body")["closed_on"] == "2099-01-01"


def test_a_deadline_that_falls_into_an_absence_is_warned_of(remit: Remit, number: str) -> None:
    """The only officer of the railway is away in May 2097; nobody holds an office of control."""
    as_head = ("--as", HEAD)
    railway = ("register-body", "railway", "--name", "Railway", "--parent", "council")
    _done(remit, *railway, "--kind", "agency", "--zone", "Europe/Minsk")
    _done(remit, "register-office", "railway-officer", "--body", "railway", "--kind", "officer")
    _done(remit, "register-person", "p-0931", "--name", "Officer 931")
    _done(remit, "appoint", "p-0931", "railway-officer", "--since", "2024-01-01")
    away = ("substitute", "p-0931", HEAD, "--since", "2097-05-01", "--until", "2097-05-20")
    issue = ("issue", number, "--text", "Agree.", "--issuer", "council", "--controller", "control")
    told = remit(*issue, "--deadline", "2097-05-10", *as_head, "--json").json
    assert [(one["role"], one["nobody"]) for one in told["warnings"]] == [("controller", True)]
    assert "no head or officer holds office then" in told["warnings"][0]["message"]

    before = remit("assign", number, "--lead", "railway", *as_head, "--json").json
    assert [one["role"] for one in before["warnings"]] == ["controller"]
    set_ = remit(*away, "--reason", "Leave.", *_AS, "--json").json
    assert [one["number"] for one in set_["due_within"]] == [number]

    assigned = remit("reassign", number, "--lead", "railway", "--co", "council", *as_head)
    assert assigned.code == 0, assigned.err
    assert f"p-0931 (railway-officer) is absent until 2097-05-20, {HEAD} acts" in assigned.words
    shown = remit("show", number, "--json").json["absences_at_deadline"]
    assert [(one["role"], one["nobody"]) for one in shown] == [
        ("lead", False),
        ("controller", True),
    ]
    assert shown[0]["absent"][0]["substitute"] == HEAD
    assert "on 2097-05-10, when it is due, of the lead railway" in remit("show", number).words
    earlier = remit("show", number, "--as-recorded", "2026-01-01")
    assert earlier.code == 3, "by then nothing of it was on record"

    ask = ("request-extension", number, "--deadline", "2097-05-20", "--reason", "More time.")
    asked = remit(*ask, "--as", "p-0931", "--json").json
    assert [(one["role"], one["day"]) for one in asked["warnings"]] == [
        ("lead", "2097-05-20"),
        ("controller", "2097-05-20"),
    ]
    move = ("change-deadline", number, "--deadline", "2097-05-21", "--reason", "So.", *as_head)
    moved = remit(*move, "--json").json
    assert [one["role"] for one in moved["warnings"]] == ["controller"]
    assert "warnings" not in remit("comment", number, "--text", "Noted.", *as_head, "--json").json
    again = remit("substitute", "p-0931", HEAD, "--since", "2097-05-21", "--reason", "More.", *_AS)
    assert f"{number}, due 2097-05-21, lead railway" in again.words
