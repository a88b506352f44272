"""How the tests are dealt out among several processes."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pytest
from xdist.remote import Producer  # pyright: ignore[reportMissingTypeStubs]
from xdist.scheduler import LoadFileScheduling  # pyright: ignore[reportMissingTypeStubs]

_STACKS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "the example": ('usefixtures("here")', "imported: Running", "office: Office"),
        "the small directory": ("small: Up",),
    }
)
"""What a `remit up` begins with, and the words by which a file asks for it: each process has one of its own."""


class OneStackOneProcess(LoadFileScheduling):
    """A file is one process's, as with `--dist loadfile`; and so are all that share what takes long to set up."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        self._scopes: dict[str, str] = {}

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        if file not in self._scopes:
            self._scopes[file] = self._scope(file)
        return self._scopes[file]

    def _scope(self, file: str) -> str:
        text = (self.config.rootpath / file).read_text(encoding="utf-8")
        for stack, words in _STACKS.items():
            if any(word in text for word in words):
                return stack
        return file
