"""`remit token`, as a user has it."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.conftest import Remit
from tests.programmes import HEAD

_SOON = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()


@pytest.mark.usefixtures("here")
def test_a_token_is_made_listed_and_revoked(remit: Remit) -> None:
    told = ("--label", "Monthly report", "--expires", _SOON)
    made = remit("token", "create", HEAD, "--scope", "read", "--scope", "audit", *told, "--json")
    assert made.code == 0, made.err
    token = made.json["token"]
    assert made.json["id"] == token.split("_")[1]

    [listed] = remit("token", "list", HEAD, "--json").json
    assert listed["id"] == made.json["id"]
    assert (listed["label"], listed["scopes"]) == ("Monthly report", ["audit", "read"])
    assert (listed["expires_at"][:10], listed["revoked_at"]) == (_SOON, None)
    told = remit("token", "list")
    assert listed["id"] in told.out
    assert token not in told.words

    revoked = remit("token", "revoke", listed["id"], "--json")
    assert revoked.json == {"person": HEAD, "revoked": listed["id"]}
    again = remit("token", "revoke", listed["id"])
    assert (again.code, again.err[:18]) == (3, "unknown (token_id)")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("person", "expires", "refusal"),
    [
        ("nobody", _SOON, "unknown (person)"),
        (HEAD, "2020-01-31", "invalid (expires)"),
        (HEAD, "2999-01-31", "invalid (expires)"),
    ],
)
def test_none_is_made_for_nobody_or_for_too_long(
    remit: Remit, person: str, expires: str, refusal: str
) -> None:
    told = remit("token", "create", person, "--scope", "read", "--label", "x", "--expires", expires)
    assert (told.code, told.err[: len(refusal)]) == (3, refusal)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("scopes", [(), ("--scope", "everything")])
def test_a_token_is_for_something_that_there_is(remit: Remit, scopes: tuple[str, ...]) -> None:
    told = remit("token", "create", HEAD, *scopes, "--label", "x", "--expires", _SOON)
    assert told.code == 2
