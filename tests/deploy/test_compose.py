"""deploy/compose, as Compose itself reads it."""

import re
from collections.abc import Iterator

import pytest

from tests.deploy.rendering import COMPOSE, Object, composed, is_pinned, unknown_settings

_EXAMPLE = COMPOSE / ".env.example"
_VARIABLE = re.compile(r"\$\{(\w+)")
_ASSIGNED = re.compile(r"^(?:# )?(\w+)=(.*)$", re.MULTILINE)
_REMIT = ("migrate", "worker", "web", "verb")
_WRITES_BESIDE_ITSELF = {"temporal-ui"}


@pytest.fixture(scope="module")
def services() -> dict[str, Object]:
    return composed()["services"]


def test_what_stands_in_the_example_is_what_can_be_set() -> None:
    used = set(_VARIABLE.findall((COMPOSE / "compose.yaml").read_text()))
    written = dict(_ASSIGNED.findall(_EXAMPLE.read_text()))
    assert set(written) == used
    site = written["REMIT_SITE"]
    proxied = composed(written)["services"]["web"]["environment"]
    assert proxied["REMIT_WEB_URL"] == f"https://{site}"


def test_every_image_is_pinned(services: dict[str, Object]) -> None:
    assert [name for name, one in services.items() if not is_pinned(one["image"])] == []


def test_every_variable_of_remit_is_a_setting(services: dict[str, Object]) -> None:
    def names() -> Iterator[str]:
        for name in _REMIT:
            yield from services[name]["environment"]

    assert unknown_settings(names()) == set()


def test_from_outside_this_machine_only_the_proxy_is_reached(services: dict[str, Object]) -> None:
    outside = {
        name
        for name, one in services.items()
        for port in one.get("ports", ())
        if port.get("host_ip") != "127.0.0.1"
    }
    assert outside == {"proxy"}
    assert services["proxy"]["profiles"] == ["tls"]


def test_nobody_may_do_more_than_needed(services: dict[str, Object]) -> None:
    for name, one in services.items():
        assert one["cap_drop"] == ["ALL"], name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        assert one.get("read_only", False) is (name not in _WRITES_BESIDE_ITSELF), name
        assert "privileged" not in one, name


def test_no_secret_stands_in_a_variable(services: dict[str, Object]) -> None:
    for name, one in services.items():
        for variable in one.get("environment", {}):
            if re.search(r"PASSWORD|SECRET|DATABASE_URL|PWD|API_KEY", variable):
                assert variable.endswith(("_FILE", "_DIR")), f"{name}: {variable}"


def test_only_who_migrates_has_the_login_that_owns_the_database(
    services: dict[str, Object],
) -> None:
    holders = {
        name
        for name, one in services.items()
        for secret in one.get("secrets", ())
        if secret["source"] == "remit_migrator_database_url"
    }
    assert holders == {"migrate"}


def test_workers_have_the_time_to_end_what_they_send(services: dict[str, Object]) -> None:
    assert services["worker"]["stop_grace_period"] == "1m15s"


def test_whoever_works_waits_for_the_schema_and_the_namespace(services: dict[str, Object]) -> None:
    for name in ("worker", "web", "verb"):
        waits = services[name]["depends_on"]
        for first in ("migrate", "temporal-namespace"):
            assert waits[first]["condition"] == "service_completed_successfully"


def test_what_is_mounted_from_here_is_here(services: dict[str, Object]) -> None:
    mounted = {
        volume["source"]
        for one in services.values()
        for volume in one.get("volumes", ())
        if volume["type"] == "bind"
    }
    assert mounted
    for source in mounted:
        assert (COMPOSE / source).exists(), source
