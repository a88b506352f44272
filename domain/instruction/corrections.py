"""Reading a history with its corrections: each corrected event says what it was corrected to.

The log keeps both, the event as it was recorded and the correction; nothing is rewritten. Histories are
shown as recorded, states are folded as corrected.
"""

from collections.abc import Iterable
from datetime import datetime

from domain.instruction import events as e


def corrected(events: Iterable[e.InstructionEvent]) -> tuple[e.InstructionEvent, ...]:
    """The events of one instruction from the first on, each as later ones correct it.

    The n-th event is of version n. Of two corrections of one field the later counts.
    """
    read = list(events)
    for event in tuple(read):
        if isinstance(event, e.Corrected) and event.version <= len(read):
            read[event.version - 1] = _as_corrected(read[event.version - 1], event)
    return tuple(read)


def _as_corrected(event: e.InstructionEvent, correction: e.Corrected) -> e.InstructionEvent:
    match correction.field:
        case "text":
            return event.model_copy(update={"text": correction.value})
        case "occurred_at":
            moment = datetime.fromisoformat(correction.value)
            return event.model_copy(update={"occurred_at": moment})
        case "on_behalf_of":
            by = event.by.model_copy(update={"on_behalf_of": correction.value})
            return event.model_copy(update={"by": by})
