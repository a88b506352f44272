"""Preferences, held notices and their acknowledgement as people use them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cli.conftest import Remit
from tests.cli.up import Up
from tests.programmes import ADMINISTRATOR, HEAD

OFFICER = "p-0007"


@pytest.fixture(autouse=True)
def _here(small: Up, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMIT_DATA", str(small.folder))


def _shown(remit: Remit, person: str) -> dict[str, Any]:
    return remit("preferences", person, "--json").json


_NOTHING: dict[str, Any] = {
    "language": "en",
    "zone": None,
    "quiet": None,
    "working_days_only": False,
    "daily_at": None,
    "muted": [],
}


def test_what_is_set_is_shown_and_the_rest_stays(remit: Remit) -> None:
    person = "p-0002"
    assert _shown(remit, person) == _NOTHING
    set_by = ("preferences", person, "--as", person)
    first = remit(*set_by, "--language", "ru", "--quiet", "20:00-08:00", "--zone", "Europe/Minsk")
    assert first.code == 0, first.err
    assert first.out.startswith("recorded as version ")
    second = remit(*set_by, "--daily-at", "09:00", "--working-days-only", "--mute", "ReminderDue")
    assert second.code == 0, second.err
    assert _shown(remit, person) == {
        "language": "ru",
        "zone": "Europe/Minsk",
        "quiet": "20:00-08:00",
        "working_days_only": True,
        "daily_at": "09:00",
        "muted": ["ReminderDue"],
    }
    picture = remit("preferences", person).out
    assert "quiet: 20:00-08:00" in picture
    assert "muted: ReminderDue" in picture
    back = remit(
        *("preferences", person, "--as", ADMINISTRATOR, "--language", "en", "--zone", "none"),
        *("--quiet", "none", "--daily-at", "none", "--no-working-days-only", "--mute", "none"),
    )
    assert back.code == 0, back.err
    assert _shown(remit, person) == _NOTHING


def test_what_cannot_be_set_is_refused_with_the_field_at_fault(remit: Remit) -> None:
    muted = remit("preferences", OFFICER, "--as", OFFICER, "--mute", "Escalated", "--json")
    assert (muted.code, muted.json["error"]["field"]) == (3, "muted")
    other = remit("preferences", OFFICER, "--as", HEAD, "--language", "ru", "--json")
    assert (other.code, other.json["error"]["code"]) == (3, "not-authorised")
    assert remit("preferences", "p-nobody").code == 3
    assert remit("preferences", OFFICER, "--language", "ru").code == 2
    for wrong in ("20:00", "eight-nine", "08:00-08:00"):
        assert remit("preferences", OFFICER, "--as", OFFICER, "--quiet", wrong).code == 2, wrong


def test_a_held_notice_is_seen_to_wait_and_may_be_acknowledged(remit: Remit) -> None:
    now = datetime.now(UTC)
    quiet = f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=2):%H:%M}"
    officer, head, by = "p-0900", ("--as", HEAD), ("--as", ADMINISTRATOR)
    for verb in (
        ("register-body", "agency", "--name", "Agency", "--kind", "agency", *by),
        ("register-office", "agency-officer", "--body", "agency", "--kind", "officer", *by),
        (
            *("register-person", officer, "--name", "Officer 900", *by),
            *("--email", "officer-900@example.org", "--channel", "log", "--channel", "email"),
        ),
        ("appoint", officer, "agency-officer", "--since", "2024-01-01", *by),
        ("preferences", officer, "--as", officer, "--zone", "UTC", "--quiet", quiet),
        (
            *("issue", "P-1", "--text", "Do it.", "--issuer", "council", *head),
            *("--deadline", f"{now + timedelta(days=20):%Y-%m-%d}"),
        ),
        ("assign", "P-1", "--lead", "agency", *head),
    ):
        told = remit(*verb)
        assert told.code == 0, told.err
    told = remit("notices", "P-1", "--json").json
    until = (now + timedelta(hours=2)).replace(second=0, microsecond=0).isoformat()
    assert [(one["channel"], one["outcome"], one["held_until"]) for one in told] == [
        ("log", "waiting", until),
        ("email", "waiting", until),
    ]
    version = str(told[0]["version"])
    assert "held until" in " ".join(remit("notices", "P-1").out.split())

    seen = ("acknowledge-notice", "P-1", "--version", version, "--as", officer)
    assert remit(*seen).code == 0
    assert remit(*seen, "--channel", "log").code == 0
    assert remit(*seen, "--channel", "post").code == 3
    after = remit("notices", "P-1", "--json").json
    assert all(one["acknowledged_at"] for one in after)
    missing = remit("notices", "P-none", "--json")
    assert (missing.code, missing.json["error"]["code"]) == (3, "not-issued")
