"""The queries of alerts and dashboards, and what they ask for."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from promql_parser import AggregateExpr, Expr, VectorSelector, parse, walk

from tests.deploy.rendering import DEPLOY

ALERTS = DEPLOY / "prometheus" / "alerts.yaml"
DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
_GIVEN_BY_PROMETHEUS = {"job", "instance"}
_MADE_BY_PROMETHEUS = {"up", "ALERTS"}
_GRAFANAS = {"$__rate_interval": "5m", "$__range": "1h"}


@dataclass
class Asked:
    """Figures by name, each with the labels that are asked of it."""

    figures: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def of(self, query: str) -> None:
        """Raises `ValueError` if it is no PromQL."""
        grouped: list[str] = []

        def visit(expr: Expr) -> bool:
            match expr:
                case AggregateExpr():
                    grouped.extend(expr.modifier.labels if expr.modifier else ())
                case VectorSelector() if expr.name and expr.name not in _MADE_BY_PROMETHEUS:
                    matched = {matcher.name for matcher in expr.matchers.matchers}
                    labels = (matched | set(grouped)) - _GIVEN_BY_PROMETHEUS
                    self.figures.setdefault(expr.name, set()).update(labels)
                case _:
                    pass
            return True

        for written, meant in _GRAFANAS.items():
            query = query.replace(written, meant)
        walk(parse(query), pre_visit=visit)


def alerts() -> Sequence[Any]:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard_queries() -> Iterator[tuple[str, str]]:
    """Each with the panel that asks it."""
    for file in DASHBOARDS:
        board = json.loads(file.read_text(encoding="utf-8"))
        for note in board["annotations"]["list"]:
            yield f"{file.name}: {note['name']}", note["expr"]
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                yield f"{file.name}: {panel['title']}", target["expr"]


def all_asked() -> Asked:
    asked = Asked()
    for rule in alerts():
        asked.of(rule["expr"])
    for _, query in dashboard_queries():
        asked.of(query)
    return asked
