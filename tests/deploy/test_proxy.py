"""deploy/caddy, as Caddy reads it. That it does what is asked of it: test_one_server.py."""

import os
import subprocess
from pathlib import Path

from tests.deploy.rendering import DEPLOY, composed, program

_CADDYFILE = DEPLOY / "caddy" / "Caddyfile"


def test_caddy_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    given = composed({"REMIT_SITE": "remit.example.org"})["services"]["proxy"]["environment"]
    done = subprocess.run(
        [program("caddy"), "validate", "--adapter", "caddyfile", "--config", _CADDYFILE],
        env={**given, "HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Valid configuration" in done.stdout + done.stderr
    formatted = subprocess.run(
        [program("caddy"), "fmt", _CADDYFILE], capture_output=True, encoding="utf-8", check=False
    )
    assert formatted.stdout == _CADDYFILE.read_text()


def test_the_web_believes_the_proxy_and_nobody_else() -> None:
    services = composed()["services"]
    address = services["proxy"]["networks"]["front"]["ipv4_address"]
    assert services["web"]["environment"]["REMIT_WEB_TRUSTED_PROXIES"] == f"{address}/32"
    port = services["web"]["environment"]["REMIT_WEB_PORT"]
    assert services["proxy"]["environment"]["REMIT_UPSTREAM"] == f"web:{port}"
