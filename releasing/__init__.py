"""What a machine can do of a release: `make release VERSION=1.2.3`. What people do is in docs/releasing.md.

It sees whether a release may be made (standing.py), writes the version into pyproject.toml, the changelog
(changelog.py) and the list of released events, and builds what is handed out (building.py). It commits nothing,
tags nothing and sends nothing anywhere.
"""
