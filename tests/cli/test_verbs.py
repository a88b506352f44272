"""Commands to an instruction, on the real stack."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.cli.conftest import ON_THE_STACK, Remit
from tests.cli.up import Answer
from tests.programmes import HEAD

OPERATOR, CONTROLLER, LEAD = "p-0003", "p-0009", "p-0018"

pytestmark = ON_THE_STACK


@pytest.fixture
def issue(here: None, remit: Remit, number: str) -> Answer:
    """An instruction that is issued, with a deadline far away."""
    del here  # only that it comes first
    issued = remit(*_issue(number))
    assert issued.code == 0, issued.err
    return issued


def _issue(number: str, deadline: str = "2099-06-30") -> list[str]:
    return [
        *("issue", number, "--as", HEAD, "--issuer", "union-council"),
        *("--controller", "control-department", "--deadline", deadline),
        *("--text", "Agree a common form of the certificate."),
    ]


@pytest.mark.usefixtures("issue")
def test_an_instruction_from_issue_to_acceptance(remit: Remit, number: str) -> None:
    until = datetime.now(UTC) + timedelta(days=3)
    for verb in (
        ["assign", number, "--as", HEAD, "--lead", "min-taxes-by", "--co", "taxes-ru"],
        ["acknowledge", number, "--as", LEAD],
        ["progress", number, "40", "--as", LEAD, "--text", "The draft is with both sides."],
        ["comment", number, "--as", LEAD, "--text", "[Черновик] согласован"],
        ["request-extension", number, "--as", LEAD, "--until", "2099-07-31", "--reason", "Late."],
        ["refuse-extension", number, "--as", CONTROLLER, "--reason", "There is time."],
        ["request-extension", number, "--as", LEAD, "--until", "2099-08-31", "--reason", "Late."],
        ["approve-extension", number, "--as", CONTROLLER],
        ["escalate", number, "--as", OPERATOR, "--to", "controller", "--reason", "No news."],
        ["acknowledge-escalation", number, "--as", OPERATOR, "--until", until.isoformat()],
        ["deescalate", number, "--as", OPERATOR, "--reason", "Settled."],
        [
            *("submit", number, "--as", LEAD, "--text", "The form is signed."),
            *("--evidence", f"{'ab' * 32}:90112:Акт.pdf"),
        ],
        ["return", number, "--as", CONTROLLER, "--reason", "The annex is missing."],
        ["submit", number, "--as", LEAD, "--text", "With the annex."],
        ["accept", number, "--as", CONTROLLER, "--text", "Taken off control."],
    ):
        told = remit(*verb)
        assert told.code == 0, told.err
        assert told.out.startswith("recorded as version ")
    assert "; closed (command id " in told.out

    history = remit("history", number, "--json").json
    kinds = [event["type"] for event in history if not event["type"].startswith("Notification")]
    assert kinds == [
        "InstructionIssued",
        "InstructionAssigned",
        "AssignmentAcknowledged",
        "ProgressReported",
        "Commented",
        "ExtensionRequested",
        "ExtensionRefused",
        "ExtensionRequested",
        "ExtensionApproved",
        "Escalated",
        "EscalationAcknowledged",
        "Deescalated",
        "CompletionReported",
        "ReturnedForRework",
        "CompletionReported",
        "InstructionCompleted",
    ]
    assert [event["version"] for event in history] == list(range(1, len(history) + 1))
    assert history[0]["by"]["identity"] == {"kind": "asserted", "method": "command-line"}
    assert history[0]["by"]["office"] == "union-council.head"

    drawn = remit("history", number)
    assert drawn.code == 0
    assert "Commented [Черновик] согласован" in drawn.words
    assert "CompletionReported The form is signed. [Акт.pdf]" in drawn.words

    stands = remit("show", number, "--json").json
    assert (stands["phase"], stands["percent"], stands["lead"]) == ("Completed", 40, "min-taxes-by")
    assert stands["original_deadline"] == "2099-06-30"
    assert stands["approved_deadline"] == "2099-08-31"
    assert stands["co_assignees"] == ["taxes-ru"]
    assert stands["next_due"] == []
    shown = remit("show", number)
    assert shown.code == 0
    assert "phase: Completed" in shown.out

    early = history[[event["type"] for event in history].index("ProgressReported")]["occurred_at"]
    then = remit("show", number, "--as-of", early, "--json").json
    assert (then["phase"], then["approved_deadline"]) == ("InProgress", "2099-06-30")
    seen = remit("history", number, "--as-of", early, "--json").json
    assert [event["type"] for event in seen] == [
        event["type"] for event in history if event["occurred_at"] <= early
    ]


@pytest.mark.usefixtures("issue")
def test_an_instruction_can_be_cancelled_and_stays_in_the_register(
    remit: Remit, number: str
) -> None:
    assert remit("cancel", number, "--as", HEAD, "--reason", "Overtaken.").code == 0
    (row,) = remit(
        "list", "--phase", "Cancelled", "--after", number[:-1], "--limit", "1", "--json"
    ).json
    assert (row["number"], row["phase"], row["behind_schedule"]) == (number, "Cancelled", False)


@pytest.mark.usefixtures("issue")
def test_what_a_rule_refuses_ends_with_3_and_writes_nothing(remit: Remit, number: str) -> None:
    other = f"T-{uuid4()}"
    refusals = {
        "not-authorised": (["assign", number, "--as", LEAD, "--lead", "min-taxes-by"], "actor"),
        "unknown": (["assign", number, "--as", HEAD, "--lead", "nobody"], "lead"),
        "already-issued": (_issue(number), None),
        "deadline-in-the-past": (_issue(other, "2020-01-01"), "deadline"),
        "not-issued": (["acknowledge", other, "--as", LEAD], "instruction"),
        "not-in-this-phase": (["accept", number, "--as", CONTROLLER], None),
    }
    version = len(remit("history", number, "--json").json)
    for code, (verb, field) in refusals.items():
        told = remit(*verb)
        assert (told.code, told.out) == (3, ""), code
        assert told.err.startswith(f"{code} ({field}): " if field else code)
        in_json = remit(*verb, "--json")
        assert (in_json.code, in_json.err) == (3, "")
        error = in_json.json["error"]
        assert error["code"] == code
        assert error["message"] in told.err
        if field:
            assert error["field"] == field
    assert len(remit("history", number, "--json").json) == version
    unknown = remit("acknowledge", other, "--as", LEAD)
    assert f"no instruction {other} is issued" in unknown.err
    for view in (["show", other], ["history", other], ["report", "no-programme"]):
        assert remit(*view).code == 3


@pytest.mark.usefixtures("issue")
def test_a_command_sent_twice_is_recorded_once_and_answers_the_same(
    remit: Remit, number: str
) -> None:
    command = ["comment", number, "--as", HEAD, "--text", "Once.", "--command-id", f"c-{number}"]
    first, second = remit(*command, "--json"), remit(*command, "--json")
    assert (first.code, second.code) == (0, 0)
    assert first.json == second.json
    assert first.json["command_id"] == f"c-{number}"
    history = remit("history", number, "--json").json
    assert [event["type"] for event in history].count("Commented") == 1

    other = [*command[:5], "Twice.", *command[6:]]
    reused = remit(*other)
    assert reused.code == 3
    assert reused.err.startswith("command-id-reused (command_id): ")
