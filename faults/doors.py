"""The two ways in which users' commands come: Updates, and the web's API. Sent again under the same id until there is an answer."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

import httpx
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.service import RPCError

from domain.instruction.commands import ClientCommand
from domain.outcomes import Recorded
from faults.told import Told
from web.client import NotAnswered, Refused, RemitClient
from workflows.client import CommandSender, NoAnswer

_PATIENCE = 20.0
"""Seconds of one sending; then it is sent anew, by connections that are made anew if need be."""
_PAUSE = 0.5


class SenderDoor:
    """As the command line sends: asserted, by an Update."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._sender = CommandSender(client, task_queue)

    async def send(self, command: ClientCommand, told: Told) -> None:
        """Raises `Unanswered`."""
        told.attempts += 1
        try:
            outcome = await self._sender.send(command, patience=timedelta(seconds=_PATIENCE))
        except (NoAnswer, WorkflowUpdateFailedError, RPCError) as error:
            raise Unanswered(str(error)) from error
        if isinstance(outcome, Recorded):
            told.recorded = True
            told.version, told.position = outcome.version, outcome.position
        else:
            told.code = outcome.code


class ApiDoor:
    """As a program sends, by the token of whoever acts."""

    def __init__(self, url: str, tokens: Mapping[str, str], client: httpx.AsyncClient) -> None:
        """`tokens` by person."""
        self._clients = {
            person: RemitClient(url, token, patience=_PATIENCE, client=client)
            for person, token in tokens.items()
        }

    async def send(self, command: ClientCommand, told: Told) -> None:
        """Raises `Unanswered`."""
        told.attempts += 1
        try:
            done = await self._clients[command.actor].send(command)
        except NotAnswered as error:
            raise Unanswered(str(error)) from error
        except Refused as error:
            told.code = error.problem.code
        else:
            told.recorded, told.position = True, done.position


class Unanswered(Exception):
    """Whether it is recorded is not known."""


class SendsCommands(Protocol):
    """A door."""

    async def send(self, command: ClientCommand, told: Told) -> None: ...


async def until_told(door: SendsCommands, command: ClientCommand, told: Told) -> None:
    """Send the same command again and again."""
    while True:
        try:
            await door.send(command, told)
        except Unanswered:
            await asyncio.sleep(_PAUSE)
        else:
            return
