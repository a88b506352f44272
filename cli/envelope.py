"""What every command carries, as it follows from the options that say who sends it."""

from typing import TypedDict
from uuid import uuid4

from cli.options import Sender
from domain.attribution import Identity
from domain.identifiers import instruction_id

ASSERTED = Identity(kind="asserted", method="command-line")


class Envelope(TypedDict):
    command_id: str
    actor: str
    on_behalf_of: str | None
    identity: Identity


class ToInstruction(Envelope):
    instruction: str


class ToProgramme(Envelope):
    programme: str


class ToRecurrence(Envelope):
    recurrence: str


def envelope(sender: Sender) -> Envelope:
    return Envelope(
        command_id=str(uuid4()) if sender.command_id is None else sender.command_id,
        actor=sender.actor,
        on_behalf_of=sender.on_behalf_of,
        identity=ASSERTED,
    )


def to_instruction(number: str, sender: Sender) -> ToInstruction:
    return {**envelope(sender), "instruction": instruction_id(number)}


def to_programme(programme: str, sender: Sender) -> ToProgramme:
    return {**envelope(sender), "programme": programme}


def to_recurrence(recurrence: str, sender: Sender) -> ToRecurrence:
    return {**envelope(sender), "recurrence": recurrence}
