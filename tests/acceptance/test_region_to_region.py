"""Vitebsk Region charges Smolensk Region of the other state; a joint body controls it.

Nobody else has a say.
"""

import pytest

from domain.attribution import Command
from domain.instruction.commands import (
    Accept,
    Acknowledge,
    Assign,
    Cancel,
    ChangeDeadline,
    Comment,
    Escalate,
    Issue,
    ReportProgress,
    RequestExtension,
    SubmitReport,
)
from domain.instruction.events import InstructionCompleted
from tests.acceptance.story import COMMITTEE, CONTROL, COUNCIL, Story

VITEBSK, SMOLENSK = "region-vitebsk", "region-smolensk"
HYDROMET = "joint-hydromet-service"
COUNCIL_OPERATOR, CONTROL_OPERATOR = "p-0003", "p-0098"

OF_THE_ISSUER: dict[type[Command], dict[str, object]] = {
    ChangeDeadline: {"deadline": "2026-09-30", "reason": "Later."},
    Cancel: {"reason": "No need."},
}
OF_THE_LEAD: dict[type[Command], dict[str, object]] = {
    ReportProgress: {"percent": 50},
    RequestExtension: {"until": "2026-09-30", "reason": "More time."},
    SubmitReport: {"text": "Done."},
}
OF_THE_CONTROLLER: dict[type[Command], dict[str, object]] = {Accept: {}}
OF_ANY_PARTY: dict[type[Command], dict[str, object]] = {Comment: {"text": "A remark."}}


async def test_it_is_carried_out_between_the_three(story: Story) -> None:
    await _charged(story)
    directory = await story.handler.directory()
    assert directory.bodies[VITEBSK].country == "BY"
    assert directory.bodies[SMOLENSK].country == "RU"
    assert directory.bodies[HYDROMET].kind == "joint-body"

    await story.until("2026-04-20")
    await story.does(SMOLENSK, SubmitReport, "WD-1", text="The gauges report every hour.")
    await story.does(HYDROMET, Accept, "WD-1")
    row = await story.row("WD-1")
    assert (row.issuer, row.lead, row.controller) == (VITEBSK, SMOLENSK, HYDROMET)
    assert row.phase == "Completed"
    accepted = await story.the(InstructionCompleted, "WD-1")
    assert accepted.by.on_behalf_of == HYDROMET


@pytest.mark.parametrize(
    "outsider",
    [
        COUNCIL,
        COMMITTEE,
        CONTROL,
        "gov-by",
        "gov-ru",
        "region-brest",
        "region-pskov",
        "hydromet-ru",
    ],
)
async def test_nobody_else_has_a_say(story: Story, outsider: str) -> None:
    await _charged(story)
    before = await story.history("WD-1")
    await story.refused(
        outsider,
        Issue,
        "WD-2",
        issuer=VITEBSK,
        text="Build a weir.",
        deadline="2026-12-31",
        because="not-authorised",
    )
    every = OF_THE_ISSUER | OF_THE_LEAD | OF_THE_CONTROLLER | OF_ANY_PARTY
    for what, said in every.items():
        await story.refused(outsider, what, "WD-1", because="not-authorised", **said)
    assert await story.history("WD-1") == before


async def test_each_of_the_three_has_only_its_own_say(story: Story) -> None:
    await _charged(story)
    others = {
        VITEBSK: OF_THE_LEAD | OF_THE_CONTROLLER,
        SMOLENSK: OF_THE_ISSUER | OF_THE_CONTROLLER,
        HYDROMET: OF_THE_ISSUER | OF_THE_LEAD,
    }
    for body, not_its_own in others.items():
        for what, said in not_its_own.items():
            await story.refused(body, what, "WD-1", because="not-authorised", **said)
        await story.does(body, Comment, "WD-1", text="We follow it.")


async def test_operators_above_the_issuer_may_raise_it_and_decide_nothing(story: Story) -> None:
    await _charged(story)
    raised = {"to": "controller", "reason": "The flood comes early."}
    await story.refused(CONTROL_OPERATOR, Escalate, "WD-1", because="not-authorised", **raised)
    await story.does(COUNCIL_OPERATOR, Escalate, "WD-1", **raised)
    for what, said in (OF_THE_ISSUER | OF_THE_LEAD | OF_THE_CONTROLLER).items():
        await story.refused(COUNCIL_OPERATOR, what, "WD-1", because="not-authorised", **said)


async def _charged(story: Story) -> None:
    await story.until("2026-02-02")
    await story.does(
        VITEBSK,
        Issue,
        "WD-1",
        text="Share the readings of the gauges on the Western Dvina before the spring flood.",
        issuer=VITEBSK,
        controller=HYDROMET,
        deadline="2026-06-30",
        source={"kind": "agreement", "number": "R-17", "dated": "2026-01-28"},
    )
    await story.does(VITEBSK, Assign, "WD-1", lead=SMOLENSK)
    await story.does(SMOLENSK, Acknowledge, "WD-1")
