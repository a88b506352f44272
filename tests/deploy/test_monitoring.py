"""Alerts, dashboards and what Prometheus asks, read as they will be. That the figures are there: test_one_server.py."""

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.deploy.queries import ALERTS, DASHBOARDS, Asked, alerts, dashboard_queries
from tests.deploy.rendering import DEPLOY, Object, composed, kustomized

_RUNBOOK = re.compile(r"docs/runbooks/[a-z-]+\.md")
_RUNBOOKS = DEPLOY.parent / "docs" / "runbooks"
_CONFIGURATIONS = ("compose.yaml", "servers.yaml", "kubernetes.yaml")
_OF_DATABASE = "prometheus"


def _jobs(configuration: str) -> set[str]:
    read = yaml.safe_load((DEPLOY / "prometheus" / configuration).read_text())
    return {job["job_name"] for job in read["scrape_configs"]}


def test_every_query_can_be_parsed() -> None:
    asked = Asked()
    for rule in alerts():
        asked.of(rule["expr"])
    for panel, query in dashboard_queries():
        try:
            asked.of(query)
        except ValueError as error:
            pytest.fail(f"{panel}: {error}")
    assert len(asked.figures) > 30


def test_every_alert_says_what_to_do_and_whom_it_wakes() -> None:
    names = [rule["alert"] for rule in alerts()]
    assert len(names) == len(set(names))
    for rule in alerts():
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        assert rule["annotations"]["summary"], rule["alert"]
        assert _RUNBOOK.fullmatch(rule["annotations"]["runbook"]), rule["alert"]
        page = DEPLOY.parent / rule["annotations"]["runbook"]
        assert rule["alert"] in page.read_text(encoding="utf-8").splitlines()[0], page.name


def test_every_runbook_is_listed_with_its_alerts_and_says_how_one_knows_that_it_is_over() -> None:
    index = (_RUNBOOKS / "README.md").read_text(encoding="utf-8")
    named: dict[str, list[str]] = {}
    for rule in alerts():
        named.setdefault(Path(rule["annotations"]["runbook"]).stem, []).append(rule["alert"])
    pages = {file.stem: file for file in _RUNBOOKS.glob("*.md") if file.stem != "README"}
    for name, file in pages.items():
        rows = [line for line in index.splitlines() if line.startswith(f"| [{name}]({name}.md) |")]
        assert len(rows) == 1, name
        if name in named:
            assert rows[0].split(" | ")[1].rstrip(" |") == ", ".join(named[name]), name
        headings = [
            line for line in file.read_text(encoding="utf-8").splitlines() if line[:3] == "## "
        ]
        assert {"## See", "## Do", "## Over"} <= {*headings} or name == "region-lost", name


def test_what_panels_call_an_alert_is_one() -> None:
    names = {rule["alert"] for rule in alerts()}
    for file in DASHBOARDS:
        said = " ".join(re.findall(r"Alerts?: ([^.]*)", file.read_text(encoding="utf-8")))
        called = set(re.findall(r"\b[A-Z][a-z]+[A-Z]\w+|\bContention\b", said))
        assert called, file.name
        assert called <= names, file.name


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.name)
def test_a_dashboard_is_whole(file: Path) -> None:
    board = json.loads(file.read_text(encoding="utf-8"))
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
        if panel["type"] != "row":
            assert panel["description"], panel["title"]
            assert panel["datasource"]["uid"] == "${datasource}", panel["title"]
    provided = yaml.safe_load(
        (DEPLOY / "grafana/provisioning/datasources/prometheus.yaml").read_text()
    )
    [variable] = board["templating"]["list"]
    assert variable["query"] == provided["datasources"][0]["type"] == _OF_DATABASE


def test_dashboards_link_to_each_other() -> None:
    boards = [json.loads(file.read_text(encoding="utf-8")) for file in DASHBOARDS]
    there = {f"/d/{board['uid']}" for board in boards}
    assert {link["url"] for board in boards for link in board["links"]} == there


@pytest.mark.parametrize("configuration", _CONFIGURATIONS)
def test_every_job_that_is_asked_for_is_scraped(configuration: str) -> None:
    """In Kubernetes the pods' own labels say which job they are: remit-worker or remit-web."""
    jobs = _jobs(configuration)
    if configuration == "kubernetes.yaml":
        pods = kustomized(DEPLOY / "kubernetes" / "overlays" / "plain")
        jobs |= {f"remit-{_component(pod)}" for pod in pods if pod["kind"] == "Deployment"}
    written = ALERTS.read_text() + "".join(query for _, query in dashboard_queries())
    for job in re.findall(r'job="([\w-]+)"', written):
        assert job in jobs
    for pattern in re.findall(r'job=~"([^"]+)"', written):
        matched = {job for job in jobs if re.fullmatch(pattern, job)}
        assert {"remit-worker", "remit-web"} <= matched


def _component(obj: Object) -> str:
    return obj["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]


def test_compose_is_scraped_where_it_answers() -> None:
    read = yaml.safe_load((DEPLOY / "prometheus" / "compose.yaml").read_text())
    services = composed()["services"]
    for job in read["scrape_configs"]:
        for found in job.get("dns_sd_configs", ()):
            for name in found["names"]:
                environment = services[name]["environment"]
                ports = {
                    environment["REMIT_METRICS_PORT"],
                    environment["REMIT_TEMPORAL_METRICS_PORT"],
                }
                assert str(found["port"]) in ports
    [temporal] = [job for job in read["scrape_configs"] if job["job_name"] == "temporal"]
    port = services["temporal"]["environment"]["PROMETHEUS_ENDPOINT"].rsplit(":", 1)[1]
    assert temporal["static_configs"] == [{"targets": [f"temporal:{port}"]}]
