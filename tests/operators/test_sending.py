"""Many commands where nobody answers, or the time is over: the rest is not sent, and all of it may be sent again."""

from datetime import timedelta
from uuid import uuid4

from cli.devstack import EmbeddedTemporal
from domain.identifiers import instruction_id
from domain.instruction.commands import Acknowledge
from operators.sending import send_all
from workflows.client import CommandSender, connect


async def test_without_a_worker_those_under_way_are_told_and_no_more_are_sent(
    temporal_server: EmbeddedTemporal,
) -> None:
    client = await connect(temporal_server.address)
    commands = [
        Acknowledge(command_id=str(uuid4()), actor="p-1", instruction=instruction_id(str(uuid4())))
        for _ in range(40)
    ]
    told: list[tuple[int, int]] = []
    sent = await send_all(
        CommandSender(client, f"nobody-{uuid4()}"),
        commands,
        lambda done, total: told.append((done, total)),
        patience=timedelta(seconds=1),
    )
    assert not sent.outcomes
    assert 1 <= len(sent.unanswered) <= 16
    assert all("is a worker running" in why for why in sent.unanswered.values())
    assert set(told) == {(0, 40)}


async def test_what_is_not_begun_in_time_is_not_sent(temporal_server: EmbeddedTemporal) -> None:
    client = await connect(temporal_server.address)
    command = Acknowledge(
        command_id=str(uuid4()), actor="p-1", instruction=instruction_id(str(uuid4()))
    )
    told: list[tuple[int, int]] = []
    sent = await send_all(
        CommandSender(client, f"nobody-{uuid4()}"),
        [command],
        lambda done, total: told.append((done, total)),
        within=timedelta(0),
    )
    assert (sent.outcomes, sent.unanswered, told) == ({}, {}, [])
