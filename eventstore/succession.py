"""Of commands that follow each other in a stream: which still rest on what they were decided on."""

from collections.abc import Sequence

from domain.identifiers import StreamId
from eventstore.protocol import Append, AppendFailed, AppendResult, AppendStatus

OVERTAKEN = AppendResult(status=AppendStatus.CONFLICT)


class Succession:
    """Commands of one `append_many`, in the order in which they contend.

    A version alone does not tell: where a command was refused, somebody else's may have left the very
    version that it would have left, and that the next one expects.
    """

    def __init__(self) -> None:
        self._left: dict[tuple[StreamId, int], bool] = {}
        """By the version that a command was to leave a stream at: whether it did."""

    def holds(self, append: Append) -> bool:
        """Whether what it was decided on, as far as these commands were to bring it about, came about."""
        expected = [(write.stream_id, write.expected_version) for write in append.writes]
        expected += [(read.stream_id, read.version) for read in append.read]
        return all(self._left.get(one, True) for one in expected)

    def ended(self, append: Append, result: AppendResult | AppendFailed) -> None:
        """One that is recorded already may have left what was expected as well."""
        own = append.writes[0]
        did = isinstance(result, AppendResult) and (
            result.status is AppendStatus.OK
            or (
                result.status is AppendStatus.DUPLICATE
                and result.version == own.expected_version + len(own.events)
            )
        )
        for write in append.writes:
            self._left[write.stream_id, write.expected_version + len(write.events)] = did


def next_turn(appends: Sequence[Append], waiting: Sequence[int]) -> tuple[list[int], list[int]]:
    """Those of the waiting that contend with none before them, and the others."""
    turn: list[int] = []
    others: list[int] = []
    ahead: set[tuple[str, str]] = set()
    for item in waiting:
        (turn if ahead.isdisjoint(appends[item].rested_on) else others).append(item)
        ahead |= appends[item].written
    return turn, others
