"""Makes the site: `python docs/site FOLDER`, by the environment of requirements-docs.lock. A warning is an error.

All is read anew each time: what a page links to decides which sources are shown (source_pages.py).
"""

import sys
import tempfile
from pathlib import Path

from sphinx.cmd.build import main

HERE = Path(__file__).parent

if __name__ == "__main__":
    [folder] = sys.argv[1:]
    with tempfile.TemporaryDirectory() as read_pages:
        options = [
            "--quiet",
            "--fail-on-warning",
            "--conf-dir",
            str(HERE),
            "--doctree-dir",
            read_pages,
        ]
        sys.exit(main([*options, str(HERE.parents[1]), folder]))
