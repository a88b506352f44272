"""The deliver activity: one outcome for every notice, whatever the channels do."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import cast

import pytest
from aiosmtplib import SMTPRecipientRefused, SMTPRecipientsRefused

from activities.contracts import NOT_DELIVERED_YET, Delivered
from domain.identifiers import PersonId
from domain.instruction import commands as c
from domain.instruction import events as e
from eventstore.memory import MemoryEventStore
from eventstore.persons import MemoryPersonStore, Person
from eventstore.protocol import Append, AppendFailed, AppendResult, AppendStatus
from notifications.channel import Message, Undeliverable
from notifications.email import EmailChannel
from notifications.webhook import WebhookNotTaken
from tests import staging as s
from tests.notifications.desk import DEPUTY, INSTRUCTION, Desk, Postbox, fails
from tests.notifications.mail_server import mail_server, shown


@pytest.fixture
async def desk() -> Desk:
    return await Desk.of(MemoryEventStore())


_NOTICES = {(s.LEAD, "log"), (DEPUTY, "log"), (DEPUTY, "email")}


async def test_every_notice_is_delivered_once(desk: Desk) -> None:
    log, email = Postbox(name="log"), Postbox(name="email")
    assert await desk.undelivered() == _NOTICES
    assert await desk.delivery(log, email).attempt() == Delivered(settled=3)
    assert await desk.undelivered() == set()
    outcomes = await desk.outcomes()
    assert outcomes.keys() == _NOTICES
    for (event,) in outcomes.values():
        assert isinstance(event, e.NotificationDelivered)
        assert event.attempts == 1
        assert event.detail.startswith("ref-")
    assert {m.to.name for m in log.sent} == {s.LEAD, "Анна"}
    (mail,) = email.sent
    assert (mail.to.name, mail.to.email) == ("Анна", "a@example.org")
    assert mail.letter.subject.startswith("[N-1] Assigned: due ")


async def test_a_notice_is_of_the_instruction_as_it_stands_with_the_names_of_the_directory(
    desk: Desk,
) -> None:
    log, email = Postbox(name="log"), Postbox(name="email")
    await desk.delivery(log, email).attempt()
    await desk.record(c.Cancel, s.ISSUER, reason="overtaken")
    await desk.delivery(log, email).attempt()
    assigned, cancelled = [notice for mail in email.sent for notice in mail.notices]
    assert (assigned.number, assigned.instruction) == ("N-1", INSTRUCTION)
    assert (assigned.issuer_name, assigned.lead_name) == ("Council", "Ministry")
    assert (assigned.standing, cancelled.standing) == ("open", "cancelled")
    assert (assigned.sequence, cancelled.sequence) == (4, 8), "three outcomes lie between"


async def test_whatever_a_receiver_answers_can_be_recorded(desk: Desk) -> None:
    """A server may answer in any bytes; what could not be recorded would be sent again and again."""
    email = Postbox(name="email", answer="250 \udcef\udcf0\0 taken\r\n" + 1000 * "x")
    await desk.delivery(Postbox(name="log"), email).attempt()
    await desk.delivery(Postbox(name="log"), email).attempt()
    assert len({message.message_id for message in email.sent}) == len(email.sent) > 0


async def test_what_is_settled_is_never_sent_again(desk: Desk) -> None:
    log, email = Postbox(name="log"), Postbox(name="email")
    await desk.delivery(log, email).attempt()
    head = await desk.store.head()
    assert await desk.delivery(log, email).attempt() == Delivered(settled=0)
    assert await desk.store.head() == head
    assert len(log.sent) + len(email.sent) == 3


async def test_an_erased_person_is_told_nothing(desk: Desk) -> None:
    await desk.persons.erase(DEPUTY)
    log, email = Postbox(name="log"), Postbox(name="email")
    await desk.delivery(log, email).attempt()
    assert await desk.undelivered() == set()
    outcomes = await desk.outcomes()
    for channel in ("log", "email"):
        (event,) = outcomes[DEPUTY, channel]
        assert isinstance(event, e.NotificationSuppressed)
        assert "not on file" in event.detail
    assert [m.to.name for m in log.sent] == [s.LEAD]
    assert email.sent == []


async def test_who_is_erased_while_the_first_notice_is_sent_is_told_no_more(desk: Desk) -> None:
    told: list[str] = []

    def deed(message: Message) -> object:
        told.append(message.to.name)
        return desk.persons.erase(DEPUTY)

    log, email = Postbox(name="log", deed=deed), Postbox(name="email", deed=deed)
    await desk.delivery(log, email, addresses_kept=0).attempt()
    assert await desk.undelivered() == set()
    assert "Анна" not in told[1:]
    outcomes = [one for of in (await desk.outcomes()).values() for one in of]
    assert len(outcomes) == 3
    assert any(isinstance(one, e.NotificationSuppressed) for one in outcomes)


class _Restarting(MemoryPersonStore):
    """The persons of another store, out of reach at the first look-up."""

    def __init__(self, of: MemoryPersonStore) -> None:
        self.__dict__.update(vars(of))
        self._is_back = False

    async def get(self, commitments: Mapping[PersonId, str]) -> Mapping[PersonId, Person]:
        if not self._is_back:
            self._is_back = True
            raise ConnectionRefusedError
        return await super().get(commitments)


async def test_no_notice_is_given_up_because_nobody_could_be_looked_up(desk: Desk) -> None:
    log, email = Postbox(name="log", max_attempts=1), Postbox(name="email", max_attempts=1)
    desk.persons = _Restarting(desk.persons)
    delivery = desk.delivery(log, email)
    error = await delivery.attempt_in_vain()
    assert "ConnectionRefusedError" in error.message
    await delivery.attempt()
    for (outcome,) in (await desk.outcomes()).values():
        assert isinstance(outcome, e.NotificationDelivered)


async def test_a_worker_that_stops_begins_nothing_and_leaves_it_to_the_next(desk: Desk) -> None:
    log, email = Postbox(name="log"), Postbox(name="email")
    delivery = desk.delivery(log, email)
    error = await delivery.attempt_in_vain(stopping=True)
    assert error.type == NOT_DELIVERED_YET
    assert log.sent == email.sent == []
    assert await delivery.attempt() == Delivered(settled=3)
    for (outcome,) in (await desk.outcomes()).values():
        assert isinstance(outcome, e.NotificationDelivered)
        assert outcome.attempts == 1, "what was not begun does not count"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("no route to a@example.org"), "ValueError"),
        (OSError(113, "no route to a@example.org"), "OSError (113)"),
        (WebhookNotTaken(503), "WebhookNotTaken (503)"),
        (
            SMTPRecipientsRefused([SMTPRecipientRefused(451, "full", "a@example.org")]),
            "SMTPRecipientsRefused (451)",
        ),
    ],
    ids=lambda of: "" if isinstance(of, Exception) else of,
)
async def test_what_went_wrong_is_told_without_addresses(
    desk: Desk, error: Exception, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    email = Postbox(name="email", deed=fails(error))
    answered = await desk.delivery(Postbox(name="log"), email).attempt_in_vain()
    assert told in caplog.text
    for written in (caplog.text, answered.message):
        assert "a@example.org" not in written


async def test_a_channel_that_is_not_set_up_suppresses_its_notices(desk: Desk) -> None:
    log = Postbox(name="log")
    await desk.delivery(log).attempt()
    assert await desk.undelivered() == set()
    ((suppressed,)) = (await desk.outcomes())[DEPUTY, "email"]
    assert isinstance(suppressed, e.NotificationSuppressed)
    assert suppressed.detail == "the channel email is not configured"
    assert len(log.sent) == 2


async def test_what_cannot_be_delivered_fails_at_once(desk: Desk) -> None:
    email = Postbox(name="email", deed=fails(Undeliverable("no such user")))
    await desk.delivery(Postbox(name="log"), email).attempt()
    assert await desk.undelivered() == set()
    (failed,) = (await desk.outcomes())[DEPUTY, "email"]
    assert isinstance(failed, e.NotificationFailed)
    assert (failed.detail, failed.attempts) == ("no such user", 1)


async def test_a_channel_that_fails_keeps_nobody_waiting_and_is_given_up_in_the_end(
    desk: Desk,
) -> None:
    log = Postbox(name="log", deed=fails(OSError("disk full")), max_attempts=3)
    email = Postbox(name="email")
    delivery = desk.delivery(log, email)
    for _ in range(2):
        error = await delivery.attempt_in_vain()
        assert error.type == NOT_DELIVERED_YET
        assert f"log to {s.LEAD}: OSError" in error.message
        assert await desk.undelivered() == {(s.LEAD, "log"), (DEPUTY, "log")}
        assert len(email.sent) == 1
    await delivery.attempt()
    assert await desk.undelivered() == set()
    for person in (s.LEAD, DEPUTY):
        (failed,) = (await desk.outcomes())[person, "log"]
        assert isinstance(failed, e.NotificationFailed)
        assert (failed.detail, failed.attempts) == ("given up after 3 attempts: OSError", 3)
    assert len(log.sent) == 6


async def test_a_channel_that_works_again_delivers_under_the_same_message_id(desk: Desk) -> None:
    answers = iter([OSError("gone"), None])

    def deed(_: Message) -> None:
        if error := next(answers):
            raise error

    email = Postbox(name="email", deed=deed)
    delivery = desk.delivery(Postbox(name="log"), email)
    await delivery.attempt_in_vain()
    await delivery.attempt()
    (delivered,) = (await desk.outcomes())[DEPUTY, "email"]
    assert isinstance(delivered, e.NotificationDelivered)
    assert delivered.attempts == 2
    assert len({message.message_id for message in email.sent}) == 1


async def test_a_notice_given_meanwhile_waits_for_no_other(desk: Desk) -> None:
    email = Postbox(name="email", deed=fails(OSError("gone")), max_attempts=3)
    first = desk.delivery(Postbox(name="log"), email)
    await first.attempt_in_vain()
    await desk.record(c.Cancel, s.ISSUER, reason="overtaken")
    second = desk.delivery(Postbox(name="log"), Postbox(name="email"))
    await second.attempt()
    assert await desk.undelivered() == set()
    assert await first.attempt() == Delivered(settled=0)


async def test_the_attempts_of_whoever_handed_over_count(desk: Desk) -> None:
    email = Postbox(name="email", deed=fails(OSError("gone")), max_attempts=3)
    delivery = desk.delivery(Postbox(name="log"), email, tried=1)
    await delivery.attempt_in_vain()
    await delivery.attempt()
    (failed,) = (await desk.outcomes())[DEPUTY, "email"]
    assert isinstance(failed, e.NotificationFailed)
    assert (failed.attempts, len(email.sent)) == (3, 2)


async def test_a_channel_that_hangs_fails(desk: Desk) -> None:
    email = Postbox(name="email", deed=lambda _: asyncio.sleep(3600))
    delivery = desk.delivery(Postbox(name="log"), email, longest_sending=0.05)
    error = await delivery.attempt_in_vain()
    assert "TimeoutError" in error.message
    assert await desk.undelivered() == {(DEPUTY, "email")}


async def test_of_two_racing_deliveries_the_first_outcome_stands_and_the_other_is_quiet(
    desk: Desk,
) -> None:
    both_sending = asyncio.Barrier(2)
    log = Postbox(name="log")
    email = Postbox(name="email", deed=lambda _: both_sending.wait())
    done = await asyncio.gather(
        desk.delivery(log, email).attempt(), desk.delivery(log, email).attempt()
    )
    assert [delivered.settled for delivered in done] == [3, 3]
    assert Counter(map(len, (await desk.outcomes()).values())) == {1: 3}
    assert await desk.undelivered() == set()
    assert len(email.sent) == 2
    assert len({message.message_id for message in email.sent}) == 1


class _Stubborn(MemoryEventStore):
    """Takes no outcome of a delivery while told so."""

    answer: AppendResult | Exception | None = None

    async def append(self, append: Append) -> AppendResult:
        if isinstance(self.answer, Exception) and append.writes[0].settled:
            raise self.answer
        if isinstance(self.answer, AppendResult) and append.writes[0].settled:
            return self.answer
        return await super().append(append)


@pytest.fixture
async def stubborn() -> Desk:
    return await Desk.of(_Stubborn())


async def test_while_no_outcome_can_be_recorded_nothing_more_is_sent(stubborn: Desk) -> None:
    store = cast(_Stubborn, stubborn.store)
    log, email = Postbox(name="log"), Postbox(name="email")
    delivery = stubborn.delivery(log, email)
    store.answer = AppendFailed("gone")
    with pytest.raises(AppendFailed):
        await delivery.attempt()
    assert len(log.sent) + len(email.sent) == 1
    assert await stubborn.undelivered() == _NOTICES
    store.answer = None
    await delivery.attempt()
    assert await stubborn.undelivered() == set()


async def test_an_outcome_that_is_refused_is_no_outcome(stubborn: Desk) -> None:
    store = cast(_Stubborn, stubborn.store)
    delivery = stubborn.delivery(Postbox(name="log"), Postbox(name="email"))
    store.answer = AppendResult(status=AppendStatus.CONFLICT)
    error = await delivery.attempt_in_vain()
    assert error.type == "too-much-contention"
    assert await stubborn.undelivered() == _NOTICES
    store.answer = None
    await delivery.attempt()
    assert await stubborn.undelivered() == set()


@pytest.mark.parametrize(
    "answer",
    [AppendFailed("gone"), AppendResult(status=AppendStatus.CONFLICT)],
    ids=["out of reach", "contention"],
)
async def test_what_was_sent_is_not_sent_again_because_its_outcome_had_to_wait(
    stubborn: Desk, answer: AppendFailed | AppendResult
) -> None:
    store = cast(_Stubborn, stubborn.store)
    log, email = Postbox(name="log"), Postbox(name="email")
    store.answer = answer
    asyncio.get_running_loop().call_later(0.1, setattr, store, "answer", None)
    assert await stubborn.delivery(log, email, longest_recording=20).attempt() == Delivered(
        settled=3
    )
    assert len(log.sent) + len(email.sent) == 3
    assert await stubborn.undelivered() == set()


async def test_by_e_mail_it_arrives(desk: Desk) -> None:
    async with mail_server() as server:
        email = EmailChannel(host="127.0.0.1", port=server.port, sender="remit@example.org")
        await desk.delivery(Postbox(name="log"), email).attempt()
    (delivered,) = (await desk.outcomes())[DEPUTY, "email"]
    assert isinstance(delivered, e.NotificationDelivered)
    assert server.recipients == ["a@example.org"]
    message_id = server.received[0]["Message-ID"]
    assert delivered.detail.startswith(message_id.removeprefix("<").partition("@")[0])
    assert shown(server.received[0], "To") == "Анна <a@example.org>"
