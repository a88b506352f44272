"""How the tests are dealt out among several processes."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from xdist.scheduler import LoadFileScheduling  # pyright: ignore[reportMissingTypeStubs]

_SHARING: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "the example": (
            "as_a_user",
            "audit",
            "completeness",
            "feed",
            "operators",
            "programmes",
            "readmodels",
        ),
        "the small directory": ("evidence", "policies", "preferences"),
    }
)
"""What a `remit up` begins with, and the files of tests/cli that share one: each process has its own."""


class OneStackOneProcess(LoadFileScheduling):
    """A file is one process's, as with `--dist loadfile`; and so are all that share what takes long to set up."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        for shared, names in _SHARING.items():
            if file in {f"tests/cli/test_{name}.py" for name in names}:
                return shared
        return file
