"""The postman's round: held notices go out at their hour, together, once, whatever happens in between."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest
from temporalio.testing import ActivityEnvironment

from activities.bundling import bundle_id
from activities.contracts import Posted, PostRequest
from activities.postman import LEASE, PostmanActivity
from activities.sending import NoticeSender, notice_id
from domain.deadline import DeadlineRequest
from domain.directory.commands import ErasePerson, SetPreferences
from domain.directory.preferences import QuietHours
from domain.identifiers import InstructionId, StreamId, instruction_id
from domain.instruction import commands as c
from domain.instruction import events as e
from domain.outcomes import NoticeKey, Recorded
from eventstore.codec import event_of
from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from eventstore.persons import MemoryPersonStore
from eventstore.protocol import Append, AppendFailed, AppendResult, StoredEvent
from notifications.channel import Channel, Undeliverable
from tests import staging as s
from tests.notifications.desk import Postbox, fails

_EVENING = datetime(2026, 11, 24, 21, tzinfo=UTC)
_EIGHT = datetime(2026, 11, 25, 8, tzinfo=UTC)


class _Log(MemoryEventStore):
    """One that may be out of reach, as when the connection is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.out_of_reach_after: int | None = None
        """So many appends."""
        self.damaged: set[StreamId] = set()
        """What it holds of these is not what was written."""

    async def append(self, append: Append) -> AppendResult:
        if self.out_of_reach_after is not None:
            if self.out_of_reach_after == 0:
                raise AppendFailed("the connection is lost")
            self.out_of_reach_after -= 1
        return await super().append(append)

    async def read_streams(
        self, stream_ids: Sequence[StreamId], *, until_position: int | None = None
    ) -> Sequence[StoredEvent]:
        return [
            replace(one, body=b"nonsense") if one.stream_id in self.damaged else one
            for one in await super().read_streams(stream_ids, until_position=until_position)
        ]


class _Night:
    """A lead who is told nothing between eight and eight, and the instructions charged meanwhile."""

    def __init__(self) -> None:
        self.store = _Log()
        self.persons = MemoryPersonStore()
        self.handler = CommandHandler(self.store, tzdata=s.TZDATA)

    async def begin(self, **preferences: Any) -> None:
        await s.stage(self.handler, self.persons, channels=("email",))
        quiet = QuietHours(start=time(20), end=time(8))
        fields: dict[str, Any] = {"language": "en", "quiet": quiet, **preferences}
        await self.done(SetPreferences(**_own(s.LEAD), person=s.LEAD, **fields))

    async def done(self, command: Any, at: datetime = _EVENING) -> None:
        outcome = await self.handler.handle(command, at)
        assert isinstance(outcome, Recorded), outcome

    async def charge(self, number: str, *, at: datetime = _EVENING, days: int = 30) -> None:
        """Issue and assign it, which gives the lead a notice."""
        head = {"instruction": instruction_id(number)}
        due = DeadlineRequest(at=_EVENING + timedelta(days=days))
        founding = {"number": number, "text": f"Do {number}.", "issuer": s.COUNCIL}
        issued = {**founding, "controller": s.CONTROL, "deadline": due}
        await self.done(c.Issue.model_validate({**_own(s.ISSUER), **head, **issued}), at)
        await self.done(c.Assign.model_validate({**_own(s.ISSUER), **head, "lead": s.MINISTRY}), at)

    async def tell_both(self, number: str) -> None:
        """Charge it and have it declined: lead and issuer are told, overnight both of them."""
        quiet = QuietHours(start=time(20), end=time(8))
        await self.done(SetPreferences(**_own(s.ISSUER), person=s.ISSUER, quiet=quiet))
        await self.charge(number)
        decline = {**_own(s.LEAD), "instruction": instruction_id(number), "reason": "Not ours."}
        await self.done(c.Decline.model_validate(decline))

    async def round(self, at: datetime, *channels: Channel) -> Posted:
        sender = NoticeSender(self.handler, self.store, self.persons, channels, longest_recording=0)
        postman = PostmanActivity(sender, self.store)
        return await cast(
            Any, ActivityEnvironment().run(postman.deliver_released, PostRequest(at=at))
        )

    async def own_id(self, number: str) -> str:
        """Of the message that tells the lead of the assignment, if it goes by itself."""
        instruction: InstructionId = instruction_id(number)
        stream = await self.store.read_stream(instruction)
        version = next(one.version for one in stream if one.type == "InstructionAssigned")
        notice = NoticeKey(version=version, recipient=s.LEAD, channel="email")
        return notice_id(instruction, notice)

    async def outcomes(self, *numbers: str) -> list[e.DeliveryOutcome]:
        found: list[e.DeliveryOutcome] = []
        for number in numbers:
            events = [event_of(one) for one in await self.store.read_stream(instruction_id(number))]
            found += [event for event in events if isinstance(event, e.DeliveryOutcome)]
        return found


def _busy_for(person: str) -> Postbox:
    def deed(message: Any) -> object:
        if person in message.to.email:
            raise ConnectionError("busy")
        return None

    return Postbox(name="email", deed=deed)


def _own(actor: str) -> dict[str, Any]:
    return {"command_id": str(uuid4()), "actor": actor}


@pytest.fixture
async def night() -> _Night:
    made = _Night()
    await made.begin()
    return made


async def test_nothing_goes_out_before_its_hour(night: _Night) -> None:
    box = Postbox(name="email")
    await night.charge("N-1")
    assert await night.round(_EIGHT - timedelta(seconds=1), box) == Posted(sent=0, failed=0)
    assert box.sent == []


async def test_one_alone_goes_out_as_it_would_have_at_once(night: _Night) -> None:
    box = Postbox(name="email")
    await night.charge("N-1")
    assert await night.round(_EIGHT, box) == Posted(sent=1, failed=0)
    [message] = box.sent
    assert message.message_id == await night.own_id("N-1")
    assert message.letter.subject.startswith("[N-1] Assigned")
    [outcome] = await night.outcomes("N-1")
    assert isinstance(outcome, e.NotificationDelivered)
    assert outcome.detail == "ref-1"


async def test_what_piled_up_goes_out_as_one_message_and_each_has_its_outcome(
    night: _Night,
) -> None:
    box = Postbox(name="email")
    await night.charge("N-later", days=30)
    await night.charge("N-soon", days=3)
    assert await night.round(_EIGHT, box) == Posted(sent=1, failed=0)
    [message] = box.sent
    assert message.letter.subject == "2 notices on 2 instructions"
    assert message.letter.text.index(" N-soon:") < message.letter.text.index(" N-later:")
    assert message.to.email == f"{s.LEAD}@example.org"
    outcomes = await night.outcomes("N-later", "N-soon")
    assert [type(outcome) for outcome in outcomes] == [e.NotificationDelivered] * 2
    assert all(
        isinstance(one, e.NotificationDelivered)
        and one.detail == f"one of 2 in {message.message_id}: ref-1"
        for one in outcomes
    )
    assert await night.round(_EIGHT + LEASE, box) == Posted(sent=0, failed=0)
    assert len(box.sent) == 1


async def test_it_is_written_in_the_language_of_whoever_gets_it() -> None:
    night, box = _Night(), Postbox(name="email")
    await night.begin(language="ru")
    await night.charge("N-1")
    await night.charge("N-2")
    await night.round(_EIGHT, box)
    assert [message.letter.subject for message in box.sent] == ["2 уведомления по 2 поручениям"]


async def test_what_was_closed_overnight_says_so_and_is_sent_all_the_same(night: _Night) -> None:
    box = Postbox(name="email")
    await night.charge("N-1")
    await night.charge("N-2")
    cancel = {**_own(s.ISSUER), "instruction": instruction_id("N-1"), "reason": "Overtaken."}
    await night.done(c.Cancel.model_validate(cancel))
    await night.round(_EIGHT, box)
    [message] = box.sent
    assert message.letter.subject == "3 notices on 2 instructions"
    assert "Cancelled: Overtaken." in message.letter.text
    assert len(await night.outcomes("N-1", "N-2")) == 3
    [left] = await night.store.undelivered(instruction_id("N-1"))
    assert left.recipient == s.CONTROLLER, "who prefers nothing is told at once, by the courier"


@pytest.mark.parametrize("recorded", [0, 1], ids=["none recorded", "some recorded"])
async def test_a_bundle_that_is_sent_again_has_the_same_id_whatever_is_left_of_it(
    night: _Night, recorded: int
) -> None:
    box = Postbox(name="email")
    await night.charge("N-1")
    await night.charge("N-2")
    night.store.out_of_reach_after = recorded
    with pytest.raises(AppendFailed):
        await night.round(_EIGHT, box)
    night.store.out_of_reach_after = None
    assert len(await night.outcomes("N-1", "N-2")) == recorded
    soon, later = _EIGHT + LEASE - timedelta(minutes=1), _EIGHT + LEASE + timedelta(minutes=1)
    assert await night.round(soon, box) == Posted(sent=0, failed=0)
    assert await night.round(later, box) == Posted(sent=1, failed=0)
    assert len(box.sent) == 2
    assert len({message.message_id for message in box.sent}) == 1
    assert len(await night.outcomes("N-1", "N-2")) == 2


async def test_who_comes_too_late_for_the_bundle_goes_under_an_id_of_its_own(
    night: _Night,
) -> None:
    """Decided before the hour, recorded after it: the message of that name is out already."""
    box = Postbox(name="email")
    await night.charge("N-1")
    await night.charge("N-2")
    await night.round(_EIGHT, box)
    await night.charge("N-3")
    await night.charge("N-4")
    await night.round(_EIGHT, box)
    ids = [message.message_id for message in box.sent[1:]]
    assert sorted(ids) == sorted([await night.own_id("N-3"), await night.own_id("N-4")])
    assert len(await night.outcomes("N-1", "N-2", "N-3", "N-4")) == 4


async def test_what_fails_is_tried_again_with_growing_pauses_until_its_channel_gives_up(
    night: _Night,
) -> None:
    box = Postbox(name="email", max_attempts=4, deed=fails(ConnectionError("busy")))
    await night.charge("N-1")
    await night.charge("N-2")
    at, tried_at = _EIGHT, list[int]()
    for minute in range(12):
        before = len(box.sent)
        await night.round(at + timedelta(minutes=minute, seconds=minute), box)
        if len(box.sent) > before:
            tried_at.append(minute)
    assert tried_at == [0, 1, 3, 7]
    assert len({message.message_id for message in box.sent}) == 1
    outcomes = await night.outcomes("N-1", "N-2")
    failed = [one for one in outcomes if isinstance(one, e.NotificationFailed)]
    assert [one.attempts for one in failed] == [4, 4]


async def test_what_a_channel_refuses_for_good_is_not_tried_again(night: _Night) -> None:
    box = Postbox(name="email", deed=fails(Undeliverable("refused (550)")))
    await night.charge("N-1")
    await night.charge("N-2")
    assert await night.round(_EIGHT, box) == Posted(sent=1, failed=0)
    outcomes = await night.outcomes("N-1", "N-2")
    assert [type(outcome) for outcome in outcomes] == [e.NotificationFailed] * 2
    assert all("refused (550)" in outcome.detail for outcome in outcomes)


async def test_one_that_fails_holds_up_nobody_else(night: _Night) -> None:
    box = _busy_for(s.LEAD)
    await night.tell_both("N-1")
    assert await night.round(_EIGHT, box) == Posted(sent=1, failed=1)


async def test_an_instruction_that_cannot_be_read_holds_up_no_other_of_its_bundle(
    night: _Night,
) -> None:
    box = Postbox(name="email")
    for number in ("N-1", "N-2", "N-3"):
        await night.charge(number)
    night.store.damaged = {instruction_id("N-2")}
    assert await night.round(_EIGHT, box) == Posted(sent=1, failed=1)
    assert [message.letter.subject for message in box.sent] == ["2 notices on 2 instructions"]
    assert len(await night.outcomes("N-1", "N-3")) == 2
    soon, later = _EIGHT + timedelta(seconds=50), _EIGHT + timedelta(minutes=1, seconds=1)
    assert await night.round(soon, box) == Posted(sent=0, failed=0)
    night.store.damaged = set()
    assert await night.round(later, box) == Posted(sent=1, failed=0)
    assert box.sent[1].letter.subject.startswith("[N-2]")
    assert box.sent[1].message_id != box.sent[0].message_id, "or it would pass for a repeat"
    assert len(await night.outcomes("N-2")) == 1


async def test_one_alone_that_cannot_be_read_is_tried_again_with_growing_pauses(
    night: _Night,
) -> None:
    box = Postbox(name="email")
    await night.charge("N-1")
    night.store.damaged = {instruction_id("N-1")}
    failed_at = [
        minute
        for minute in range(9)
        if (await night.round(_EIGHT + timedelta(minutes=minute, seconds=minute), box)).failed
    ]
    assert (failed_at, box.sent) == ([0, 1, 3, 7], [])


async def test_what_failed_is_put_off_though_outcomes_of_others_cannot_be_recorded(
    night: _Night,
) -> None:
    box = _busy_for(s.ISSUER)
    await night.tell_both("N-1")
    night.store.out_of_reach_after = 0
    with pytest.raises(AppendFailed):
        await night.round(_EIGHT, box)
    night.store.out_of_reach_after = None
    before = len(box.sent)
    later = _EIGHT + timedelta(minutes=1, seconds=1)
    assert await night.round(later, box) == Posted(sent=0, failed=1)
    assert [s.ISSUER in (one.to.email or "") for one in box.sent[before:]] == [True]


async def test_who_is_erased_overnight_gets_nothing_and_the_log_says_why(night: _Night) -> None:
    box = Postbox(name="email")
    await night.charge("N-1")
    await night.charge("N-2")
    await night.done(ErasePerson(**_own("set-up"), person=s.LEAD, reason="At their request."))
    await night.persons.erase(s.LEAD)
    await night.round(_EIGHT, box)
    assert box.sent == []
    outcomes = await night.outcomes("N-1", "N-2")
    assert [type(outcome) for outcome in outcomes] == [e.NotificationSuppressed] * 2


async def test_a_digest_gathers_what_is_not_mandatory() -> None:
    night, box = _Night(), Postbox(name="email")
    await night.begin(quiet=None, daily_at=time(9))
    await night.charge("N-1")
    await night.charge("N-2")
    assert len(await night.store.undelivered(instruction_id("N-1"))) == 1
    for number in ("N-1", "N-2"):
        told = {"instruction": instruction_id(number), "text": "How far is it?"}
        await night.done(c.RequestProgress.model_validate({**_own(s.CONTROLLER), **told}))
    nine = _EIGHT + timedelta(hours=1, minutes=5)
    await night.round(nine - timedelta(seconds=1), box)
    assert box.sent == []
    await night.round(nine, box)
    assert [message.letter.subject for message in box.sent] == ["2 notices on 2 instructions"]
    assert box.sent[0].letter.text.count("Progress report requested") == 2


async def test_many_moments_are_served_in_one_round(night: _Night) -> None:
    box = Postbox(name="email")
    hours: Sequence[int] = range(24)
    for hour in hours:
        quiet = QuietHours(start=time(20), end=time(7, hour))
        await night.done(SetPreferences(**_own(s.LEAD), person=s.LEAD, quiet=quiet))
        for n in range(6):
            await night.charge(f"N-{hour}-{n}")
    assert await night.round(_EIGHT, box) == Posted(sent=24, failed=0)
    assert len({message.message_id for message in box.sent}) == 24


async def test_a_bundles_id_follows_from_whom_how_and_until_when() -> None:
    ids: list[str] = []
    for numbers in (("N-1", "N-2"), ("N-3", "N-4", "N-5")):
        night = _Night()
        await night.begin()
        for number in numbers:
            await night.charge(number)
        [parcel] = await night.store.take_released(_EIGHT, until=_EIGHT + LEASE, limit=9)
        assert len(parcel.notices) == len(numbers)
        ids.append(bundle_id(parcel))
    assert ids[0] == ids[1]
