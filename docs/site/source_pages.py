"""A link to a file of the sources leads to a page that shows it, so that the site can be read without a checkout.

Sphinx itself would offer such a file for downloading, and knows nothing of folders.
"""

import os
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from pygments.lexers import get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

_BELOW = "source/"


class LinksToSources(SphinxTransform):
    """Turns what MyST found to be no page, but is there, into a link to the page of a source."""

    default_priority = 500

    def apply(self, **_kwargs: Any) -> None:
        for node in [*self.document.findall(addnodes.download_reference), *self._unresolved()]:
            path = self._path(node["reftarget"])
            if path is None:
                continue
            _shown(self.app).add(path)
            uri = self.app.builder.get_relative_uri(self.env.docname, _BELOW + path)
            node.replace_self(nodes.reference("", "", *node.children, refuri=uri, internal=True))

    def _unresolved(self) -> Iterator[addnodes.pending_xref]:
        for node in self.document.findall(addnodes.pending_xref):
            if node["reftype"] == "myst" and node["refdomain"] is None:
                yield node

    def _path(self, target: str) -> str | None:
        """The path from the repository's root, if there is such a file or folder."""
        folder = (self.env.srcdir / self.env.docname).parent
        full = Path(os.path.normpath(folder / target))
        return str(full.relative_to(self.env.srcdir)) if full.exists() else None


def _shown(app: Sphinx) -> set[str]:
    """Paths that pages link to. All pages are read anew each time (__main__.py)."""
    if not hasattr(app.env, "remit_sources"):
        app.env.remit_sources = set()
    return app.env.remit_sources


def _pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    for path in sorted(_shown(app)):
        full = app.srcdir / path
        body = _names(full) if full.is_dir() else _text(app, full)
        title = f"<h1><code>{escape(path)}</code></h1>\n"
        yield _BELOW + path, {"title": path, "body": title + body}, "page.html"


def _text(app: Sphinx, file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    try:
        language = get_lexer_for_filename(file.name).aliases[0]
    except ClassNotFound:
        language = "text"
    return app.builder.highlighter.highlight_block(text, language, force=True)


def _names(folder: Path) -> str:
    names = sorted(f"{one.name}{'/' * one.is_dir()}" for one in folder.iterdir())
    shown = (name for name in names if not name.startswith((".", "__pycache__")))
    return "<ul>" + "".join(f"<li><code>{escape(name)}</code></li>" for name in shown) + "</ul>"


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_transform(LinksToSources)
    app.connect("html-collect-pages", _pages)
    return {"parallel_read_safe": False}
