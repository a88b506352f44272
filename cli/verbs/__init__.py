"""A verb per command to an instruction, in the order of its life."""

from cyclopts import App, Group

from cli.verbs import (
    assignment,
    escalation,
    execution,
    extension,
    issuing,
    remarks,
    standing,
    watching,
)

group = Group("Commands to an instruction", sort_key=1)

_PARTS = (issuing, assignment, watching, execution, extension, standing, escalation, remarks)


def add_to(app: App) -> None:
    for part in _PARTS:
        for verb in part.VERBS:
            app.command(verb, name=verb.__name__.strip("_").replace("_", "-"), group=group)
