"""Random lives of instructions in two programmes, sent through the one door: whatever is refused is left out."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random

from domain.attribution import Backdating, Command
from domain.deadline import DeadlineRequest
from domain.identifiers import SYSTEM, instruction_id
from domain.instruction import commands as c
from domain.outcomes import Recorded
from domain.programme.commands import AdoptProgramme, DraftProgramme
from eventstore.handle import CommandHandler
from tests import staging as s

PROGRAMMES = ("first", "next")
BEGIN = datetime(2024, 1, 8, 9, tzinfo=UTC)
_DAY = timedelta(days=1)


async def set_up_programmes(handler: CommandHandler) -> None:
    """Two of them, in force. The directory must be staged (tests/staging.py)."""
    period = {"period_start": date(2024, 1, 1), "period_end": date(2026, 12, 31)}
    for programme in PROGRAMMES:
        told = {"programme": programme, "actor": s.ISSUER}
        draft = {"title": programme.title(), "body": s.COUNCIL, **period}
        for type_, more in ((DraftProgramme, draft), (AdoptProgramme, {})):
            command = type_.model_validate(
                {"command_id": f"{type_.__name__}-{programme}", **told, **more}
            )
            assert isinstance(await handler.handle(command, BEGIN), Recorded)


async def lead_lives(handler: CommandHandler, rng: Random, *, lives: int, steps: int) -> int:
    """Lead so many lives side by side; returns how many commands were recorded."""
    recorded = 0
    now = [BEGIN + rng.randrange(60) * _DAY for _ in range(lives)]
    for sent in range(lives * steps):
        life = rng.randrange(lives)
        now[life] += rng.choice((0, 0, 1, 5, 20, 60)) * _DAY / 2
        type_, told = _anything(rng, life, now[life])
        envelope = {"command_id": f"random-{sent}", "instruction": _id(life), **told}
        outcome = await handler.handle(type_.model_validate(envelope), now[life])
        recorded += isinstance(outcome, Recorded)
    return recorded


async def operators_act(handler: CommandHandler, rng: Random, *, lives: int, at: datetime) -> int:
    """What operators do about the lives that were led, in any order; returns how many were recorded."""
    until = at + rng.randrange(1, 200) * _DAY
    reason = {"reason": "For a reason."}
    recorded = 0
    for life in range(lives):
        deeds: Sequence[tuple[type[Command], Mapping[str, object]]] = (
            (c.Escalate, {**reason, "to": rng.choice(("lead", "controller", "issuer"))}),
            (c.Escalate, {**reason, "to": f"body:{s.COUNCIL}"}),
            (c.AcknowledgeEscalation, {"until": until}),
            (c.Snooze, {**reason, "until": until}),
            (c.Deescalate, reason),
        )
        for sent, (type_, told) in enumerate(rng.sample(deeds, 3)):
            envelope = {"command_id": f"operator-{life}-{sent}", "actor": s.OPERATOR}
            command = type_.model_validate({**envelope, "instruction": _id(life), **told})
            recorded += isinstance(await handler.handle(command, at), Recorded)
    return recorded


def _id(life: int) -> str:
    return instruction_id(f"R-{life}")


def _anything(rng: Random, life: int, now: datetime) -> tuple[type[Command], Mapping[str, object]]:
    """Any command, by somebody who may send such a one."""
    later = DeadlineRequest(at=now + rng.randrange(1, 90) * _DAY)
    reason = {"reason": "For a reason."}
    issuer, lead = {"actor": s.ISSUER}, {"actor": s.LEAD}
    controller = {"actor": s.CONTROLLER}
    founding = {
        **issuer,
        "number": f"R-{life}",
        "text": "Do it.",
        "issuer": s.COUNCIL,
        "controller": rng.choice((s.CONTROL, s.CONTROL, None)),
        "programme": rng.choice((*PROGRAMMES, None)),
        "sector": rng.choice(("transport", "customs", None)),
        "deadline": later,
    }
    backdated = {
        "actor": s.REGISTRAR,
        "backdated": Backdating(at=now - rng.randrange(1, 40) * _DAY, reason="Entered late."),
    }
    options: Sequence[tuple[int, type[Command], Mapping[str, object]]] = (
        (4, c.Issue, founding),
        (1, c.Issue, {**founding, **backdated}),
        (2, c.Propose, founding),
        (2, c.Adopt, issuer),
        (1, c.Refuse, {**issuer, **reason}),
        (6, c.Assign, {**issuer, "lead": rng.choice((s.MINISTRY, s.CONTROL))}),
        (2, c.Reassign, {**issuer, "lead": rng.choice((s.MINISTRY, s.CONTROL))}),
        (3, c.Acknowledge, rng.choice((lead, controller))),
        (1, c.Decline, {**lead, **reason}),
        (3, c.ReportProgress, {**lead, "percent": 50, "text": "Half."}),
        (2, c.ReportProgress, {**backdated, "percent": 60, "text": "More than half."}),
        (3, c.RequestExtension, {**lead, **reason, "until": later}),
        (3, c.ApproveExtension, rng.choice((issuer, controller))),
        (1, c.RefuseExtension, {**controller, **reason}),
        (1, c.ChangeDeadline, {**issuer, **reason, "deadline": later}),
        (8, c.SubmitReport, {**rng.choice((lead, lead, controller)), "text": "Done."}),
        (1, c.SubmitReport, {**backdated, "text": "Done."}),
        (1, c.WithdrawReport, lead),
        (9, c.Return, {**controller, **reason, "deadline": rng.choice((later, None))}),
        (2, c.Accept, controller),
        (2, c.Suspend, {**issuer, **reason}),
        (3, c.Resume, {**issuer, "deadline": rng.choice((later, None, None))}),
        (1, c.Cancel, {**issuer, **reason}),
        (2, c.Reopen, {**issuer, **reason, "deadline": rng.choice((later, None))}),
        (3, c.CarryOver, {**issuer, "into": rng.choice(PROGRAMMES)}),
        (2, c.CheckDeadlines, {"actor": SYSTEM}),
        (5, c.Correct, _correction(rng, now)),
    )
    ((_, type_, told),) = rng.choices(options, [weight for weight, _, _ in options])
    return type_, told


def _correction(rng: Random, now: datetime) -> dict[str, object]:
    moment = now - rng.randrange(0, 60 * 24) * timedelta(hours=1)
    said = rng.choice(
        (
            {"field": "occurred_at", "value": moment.isoformat()},
            {"field": "occurred_at", "value": moment.isoformat()},
            {"field": "text", "value": "Do it well."},
            {"field": "on_behalf_of", "value": s.MINISTRY},
        )
    )
    return {"actor": s.REGISTRAR, "version": rng.randrange(1, 12), "reason": "A slip.", **said}
