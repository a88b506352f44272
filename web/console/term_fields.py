"""Fields of an instruction's terms that the forms of several commands ask for."""

from collections.abc import Sequence

from web.console.choices import bodies_to_charge, labelled
from web.console.forms import Field
from web.console.visit import Visit


def of_source(visit: Visit) -> Sequence[Field]:
    """The document that it comes from."""
    say = visit.words.say
    return (
        Field(
            name="source.kind",
            label=say("Source document"),
            kind="choice",
            options=labelled(visit, "source"),
        ),
        Field(name="source.number", label=say("Number of the document"), most=100),
        Field(name="source.dated", label=say("Date of the document"), kind="day"),
    )


def of_assignees(
    visit: Visit,
    *,
    lead: str = "",
    joint_leads: Sequence[str] = (),
    co_assignees: Sequence[str] = (),
) -> Sequence[Field]:
    """Who answers for it, and who helps; begun from these."""
    say, bodies = visit.words.say, bodies_to_charge(visit)
    return (
        Field(
            name="lead",
            label=say("Lead assignee"),
            kind="choice",
            required=True,
            options=bodies,
            value=lead,
        ),
        Field(
            name="joint_leads",
            label=say("Joint leads: they answer for it as well"),
            kind="choices",
            options=bodies,
            value=joint_leads,
        ),
        Field(
            name="co_assignees",
            label=say("Co-assignees"),
            kind="choices",
            options=bodies,
            value=co_assignees,
        ),
    )
