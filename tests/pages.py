"""The pages written in Markdown that the repository holds: what they link to, and what in them can be linked to."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

_ROOT = Path(__file__).parent.parent
_ADDRESS = {"link_open": "href", "image": "src"}
_NO_PART_OF_AN_ANCHOR = re.compile(r"[^\w\- ]")


def pages() -> list[Path]:
    """All that git knows, or would."""
    listing = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md")
    names = subprocess.check_output(listing, cwd=_ROOT, text=True).split("\0")
    return sorted(_ROOT / name for name in names if name and (_ROOT / name).exists())


def links(page: Path) -> list[str]:
    """Where its links lead and its images come from, as written."""
    tokens = (token for block in _parsed(page) for token in block.children or ())
    kinds = ((token, _ADDRESS.get(token.type)) for token in tokens)
    return [str(token.attrs[name]) for token, name in kinds if name]


@cache
def anchors(page: Path) -> frozenset[str]:
    """Its headings as a link names them: by the rule of GitHub, which MyST has too."""
    return frozenset(_anchors(page))


def _anchors(page: Path) -> Iterator[str]:
    blocks = _parsed(page)
    times = Counter[str]()
    for opening, heading in pairwise(blocks):
        if opening.type == "heading_open":
            words = "".join(token.content for token in heading.children or ())
            anchor = _NO_PART_OF_AN_ANCHOR.sub("", words.lower()).replace(" ", "-")
            yield f"{anchor}-{times[anchor]}" if times[anchor] else anchor
            times[anchor] += 1


@cache
def _parsed(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))
