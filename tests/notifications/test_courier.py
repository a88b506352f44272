"""The courier, where Temporal is out of reach as well."""

import socket
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from temporalio.client import Client

from activities.courier import LAST_START, Courier
from activities.sending import LONGEST_ATTEMPT, NoticeSender
from activities.turns import LONGEST_WAIT
from domain.instruction.commands import Cancel
from domain.outcomes import Recorded
from eventstore.memory import MemoryEventStore
from tests import staging as s
from tests.notifications.desk import INSTRUCTION, Desk, Postbox, fails
from worker import DRAIN
from workflows.converter import DATA_CONVERTER


def test_the_times_are_those_that_the_record_of_the_decision_tells() -> None:
    """ADR 0011."""
    assert (LAST_START, LONGEST_ATTEMPT, LONGEST_WAIT) == (60, 50, 10)
    assert timedelta(seconds=LONGEST_ATTEMPT + LONGEST_WAIT) <= DRAIN


async def test_what_cannot_be_handed_over_is_left_to_the_watchdog_whatever_the_client_raises(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One that never was connected raises RuntimeError, where others raise RPCError."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
    client = await Client.connect(address, lazy=True, data_converter=DATA_CONVERTER)
    desk = await Desk.of(MemoryEventStore())
    channels = [Postbox(name=name, deed=fails(OSError("gone"))) for name in ("log", "email")]
    sender = NoticeSender(desk.handler, desk.store, desk.persons, channels)
    cancel = Cancel(
        command_id=str(uuid4()), actor=s.ISSUER, instruction=INSTRUCTION, reason="Overtaken."
    )
    async with Courier(sender, client, "nobody", drain=DRAIN) as courier:
        outcome = await desk.handler.handle(cancel, datetime.now(UTC), given=courier.take)
        assert isinstance(outcome, Recorded)
    assert "are left to the watchdog: RuntimeError" in caplog.text
    assert "never retrieved" not in caplog.text
