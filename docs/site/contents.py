"""The site's navigation is what its pages of contents list: no list of pages is kept beside them.

In docs/README.md each section becomes a part of the side bar. What the README of another folder links to in that folder
stands below it. Sphinx warns of a page that is in none of them, and `make docs` makes an error of that.
"""

import posixpath
import re
from collections.abc import Iterator

from sphinx.application import Sphinx

_LINK_TO_PAGE = re.compile(r"\]\(([^)#:\s]+)\.md(?:#[^)\s]*)?\)")


def _with_toctrees(app: Sphinx, page: str, source: list[str]) -> None:
    """Adds to a page of contents a hidden tree for each of its sections that links to further pages."""
    folder, name = posixpath.split(page)
    if name != "README" or not folder:  # the repository's own is no list, but the door
        return
    within = "" if page == app.config.root_doc else f"{folder}/"
    listed = {page}
    for section in source[0].split("\n## "):
        caption, _, text = section.partition("\n")
        new = [link for link in _pages(text, folder) if link.startswith(within)]
        new = [link for link in dict.fromkeys(new) if link not in listed]
        listed.update(new)
        if new:
            heads = not within and not caption.startswith("# ")
            options = [":hidden:", *([f":caption: {caption}"] if heads else [])]
            tree = ["```{toctree}", *options, "", *(f"/{link}" for link in new), "```"]
            source[0] += "\n\n" + "\n".join(tree)


def _pages(text: str, folder: str) -> Iterator[str]:
    """Where links to pages lead, from the repository's root."""
    for link in _LINK_TO_PAGE.findall(text):
        yield posixpath.normpath(posixpath.join(folder, link))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", _with_toctrees)
    return {"parallel_read_safe": True}
