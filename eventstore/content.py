"""What a reader has seen of a stream: its content version, which deliveries leave as it is.

A notice that is delivered meanwhile, or acknowledged, is recorded in the instruction's own stream. It makes nobody's
decision out of date.
"""

from collections.abc import Sequence

from domain.instruction.events import ABOUT_NOTICES, AboutNotice
from eventstore.codec import AnyEvent
from eventstore.protocol import StoredEvent


def content_version(events: Sequence[StoredEvent]) -> int:
    """The version of the last of one stream's events, all from the first on, that is not about a notice.

    0 if there is none. An HTTP ETag, and what a command's `expected_version` is compared with.
    """
    return next((event.version for event in reversed(events) if event.type not in ABOUT_NOTICES), 0)


def content_version_after(before: int, version: int, events: Sequence[AnyEvent]) -> int:
    """The same once these events follow.

    Args:
        before: the content version before them, and
        version: that of the stream.
    """
    last = next(
        (n for n in range(len(events), 0, -1) if not isinstance(events[n - 1], AboutNotice)), None
    )
    return before if last is None else version + last
