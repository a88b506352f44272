"""How Sphinx makes the documentation site of the pages that stand in the repository: `make docs` (docs/adr/0032).

Its source folder is the repository, so that a link means the same in the site as in a checkout. __main__.py is what runs it, and lets it find the extensions beside this file.
"""

import tomllib
from pathlib import Path

_PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))

project = "Remit"
author = "the maintainers of Remit"
copyright = "the maintainers of Remit; Apache License 2.0"  # noqa: A001 - Sphinx's name for it
release = version = _PROJECT["project"]["version"]

root_doc = "docs/README"
include_patterns = [
    "*.md",
    "docs/**.md",
    "deploy/**.md",
    "examples/*.md",
    "eventstore/migrations/*.md",
]
exclude_patterns = [".*", "**/node_modules", "build", "dist"]

extensions = ["myst_parser", "contents", "russian_search", "source_pages"]
myst_heading_anchors = 4
smartquotes = False

html_theme = "furo"
html_title = f"Remit {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
templates_path = ["templates"]
html_additional_pages = {"index": "to_contents.html"}
html_search_language = "en-ru"
html_search_scorer = "docs/site/scorer.js"  # from the source folder on
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_domain_indices = False
