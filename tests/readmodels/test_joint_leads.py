"""What two bodies lead together, each finds among what it has to do."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from domain.deadline import DeadlineRequest
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.outcomes import Recorded
from readmodels.agenda import agenda_of
from readmodels.register import Register
from readmodels.worklist import Filter, Worklist
from tests import staging as s
from tests.readmodels.staged import Staged, staged

_NUMBER = "JOINT-1"


async def test_lists_by_lead_hold_it_for_each_of_its_leads(staged_url: str) -> None:
    async with staged(staged_url) as at:
        now = datetime.now(UTC)
        await _led_by_two(at, now)
        await at.catch_up()
        for body, numbers in ((s.MINISTRY, [_NUMBER]), (s.CONTROL, [_NUMBER]), (s.COUNCIL, [])):
            rows = await Register(at.pool).page(lead=body)
            assert [row.number for row in rows] == numbers
            chosen = Filter(leads=frozenset({body}))
            works = await Worklist(at.pool).every(chosen, now)
            assert [work.row.number for work in works] == numbers
            agenda = await agenda_of(at.pool, [body], limit=10)
            assert [row.number for row in agenda] == numbers
        (row,) = await Register(at.pool).page(lead=s.CONTROL)
        assert list(row.leads) == [s.MINISTRY, s.CONTROL]
        (work,) = await Worklist(at.pool).every(Filter(leads=frozenset({s.CONTROL})), now)
        assert Filter(leads=frozenset({s.CONTROL})).chooses(work, now)


async def _led_by_two(at: Staged, now: datetime) -> None:
    envelope = {"actor": s.ISSUER, "instruction": instruction_id(_NUMBER)}
    terms = {
        "number": _NUMBER,
        "text": "Agree on it.",
        "issuer": s.COUNCIL,
        "deadline": DeadlineRequest(at=now + timedelta(days=30)),
    }
    charge = {"lead": s.MINISTRY, "joint_leads": (s.CONTROL,)}
    for kind, said in ((c.Issue, terms), (c.Assign, charge)):
        command = kind.model_validate({"command_id": str(uuid4()), **envelope, **said})
        outcome = await at.handler.handle(command, now)
        assert isinstance(outcome, Recorded), outcome
