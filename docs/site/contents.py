"""The site's navigation is what its pages of contents list: no list of pages is kept beside them.

In docs/README.md each section becomes a part of the side bar; the records below docs/adr/ stand below their list.
Sphinx warns of a page that is in none of them, and `make docs` makes an error of that.
"""

import posixpath
import re

from sphinx.application import Sphinx

_PAGES_OF_CONTENTS = ("docs/README", "docs/adr/README")
_LINK_TO_PAGE = re.compile(r"\]\(([^)#:\s]+)\.md(?:#[^)\s]*)?\)")


def _with_toctrees(_app: Sphinx, page: str, source: list[str]) -> None:
    """Adds to a page of contents a hidden tree for each section, of the pages linked there first."""
    if page not in _PAGES_OF_CONTENTS:
        return
    listed: set[str] = set()
    for section in source[0].split("\n## "):
        caption, _, text = section.partition("\n")
        links = (
            posixpath.normpath(posixpath.join(posixpath.dirname(page), link))
            for link in _LINK_TO_PAGE.findall(text)
        )
        new = [link for link in dict.fromkeys(links) if link not in listed]
        listed.update(new)
        if new:
            options = (
                [":hidden:"] if caption.startswith("#") else [":hidden:", f":caption: {caption}"]
            )
            tree = ["```{toctree}", *options, "", *(f"/{link}" for link in new), "```"]
            source[0] += "\n\n" + "\n".join(tree)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", _with_toctrees)
    return {"parallel_read_safe": True}
