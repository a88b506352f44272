"""What is compared when a command is sent again is what its sender made, as it has always been."""

import pytest

from domain.attribution import Command, Identity
from domain.deadline import DeadlineRequest
from domain.directory.commands import RegisterBody
from domain.instruction import commands as c
from domain.recurrence.commands import PauseRecurrence
from eventstore.handle import hash_request

_COMMENT = c.Comment(command_id="c-1", actor="p-1", instruction="instruction-1", text="Принято.")
_BEFORE: dict[str, Command] = {
    "072f476687b4c767ecb93c216e04fce6b313a59340f3b6ab66a63a4e4cfaa70b": _COMMENT,
    "e02dacab2113a664298128c8f142197bf7c339125be1bf3d9f001d265a104175": c.Issue(
        command_id="c-2",
        actor="p-1",
        on_behalf_of="council",
        identity=Identity(method="demo"),
        instruction="instruction-1",
        number="7/1",
        text="Agree on common rules.",
        issuer="council",
        deadline=DeadlineRequest.model_validate({"on": "2026-03-31"}),
    ),
    "79e0648b69dd7ed2dd3f1c36adbb8da9ec757f123a0cd80110a999ddc6d199b6": RegisterBody(
        command_id="c-3", actor="set-up", body="council", name="Council", body_kind="council"
    ),
    "b59f9c0a49e4c6a5c992b99425227f26fc8b8e79e2d5b37ed632ca120256449e": PauseRecurrence(
        command_id="c-4", actor="p-1", recurrence="r-1", reason="x"
    ),
}
"""Commands by the hashes that the log has of them since before `seal` and `expected_version`."""


@pytest.mark.parametrize("known", _BEFORE)
def test_a_command_recorded_before_has_the_hash_that_the_log_has(known: str) -> None:
    assert hash_request(_BEFORE[known]).hex() == known


def test_a_command_that_expects_no_version_and_is_not_sealed_says_nothing_of_either() -> None:
    """So that workers of earlier versions, which refuse fields they do not know, take it."""
    assert not {"seal", "expected_version"} & _COMMENT.model_dump(mode="json").keys()


def test_what_the_server_stamps_is_not_compared_but_the_version_expected_is() -> None:
    stamped = {"identity": Identity(kind="authenticated", method="oidc"), "seal": "1.x"}
    assert hash_request(_COMMENT.model_copy(update=stamped)) == hash_request(_COMMENT)
    expecting = [
        hash_request(_COMMENT.model_copy(update={"expected_version": n})) for n in (0, 3, None)
    ]
    assert len(set(expecting)) == 3
    assert expecting[2] == hash_request(_COMMENT)
