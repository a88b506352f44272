"""Notices and messages made of the golden examples."""

from typing import Any

from domain.directory.preferences import Language
from domain.identifiers import instruction_id
from domain.instruction import events as e
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.state import Issued, KnownState
from notifications.channel import Message, Recipient
from notifications.compose import Notice, compose
from notifications.letter import letter
from tests.golden_events import EXAMPLES

NUMBER = "ВГС-17/4"
INSTRUCTION = instruction_id(NUMBER)
NOTIFYING = [event for event in EXAMPLES if isinstance(event, e.NotifyingEvent)]
BODIES = {"council-of-ministers": "Совет министров"}


def example(type_: type[e.NotifyingEvent]) -> Any:
    return next(event for event in NOTIFYING if type(event) is type_)


def issued(**changed: object) -> KnownState:
    """The instruction of the examples, but for what is `changed` in the event that founded it."""
    founded = next(event for event in EXAMPLES if isinstance(event, e.InstructionIssued))
    state = instruction_decider.fold([founded.model_copy(update=changed)])
    assert isinstance(state, Issued)
    return state


def told(
    event: e.NotifyingEvent,
    language: Language = "en",
    *,
    state: KnownState | None = None,
    sequence: int = 3,
) -> Notice:
    return compose(
        event,
        state or issued(),
        instruction=INSTRUCTION,
        sequence=sequence,
        bodies=BODIES,
        language=language,
    )


def message(*notices: Notice, **to: str | None) -> Message:
    """To Anna, by the addresses given. Without notices: a reminder."""
    brought = notices or (told(example(e.ReminderDue)),)
    return Message(
        message_id="6f3c2f0e-2a55-4a0b-9d5f-8f7f4f3b7a10",
        to=Recipient(name="Анна Ковалёва, председатель", **to),
        letter=letter(brought),
        notices=brought,
    )
