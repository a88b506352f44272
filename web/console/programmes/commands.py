"""Forms for the commands to a programme. They are shown to whoever acts for its body; what may be done, the domain says."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Response
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

from web.api.programmes import CommandBody, MeetingTold, ProgrammeTold, command_programme
from web.api.sending import Done
from web.console.forms import TYPE, Field, Form, body_of, key_of, one_of
from web.console.sending import beside_fields, put_back, recorded
from web.console.visit import Visit
from web.problems import Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """What is to be drawn again."""

    forms: Sequence[Form]
    status: int


def every_of_programme(visit: Visit, told: ProgrammeTold) -> Sequence[Form]:
    """Of all that may ever be done to it, however it stands: what was sent twice is answered, else refused in its place."""
    say = visit.words.say
    action = visit.url(f"/programmes/{told.id}")
    return (
        Form.of(
            "AdoptProgramme",
            say("Adopt it"),
            action,
            say("Adopt it"),
            said=say("Instructions may be issued under it from then on."),
        ),
        _scheduling(
            visit, action, say("Schedule a meeting"), say("Schedule it"), _meeting_id(visit)
        ),
        _holding(visit, action, say("Put on record that a meeting was held"), _meeting_id(visit)),
        Form.of(
            "CloseProgramme",
            say("Close the programme"),
            action,
            say("Close the programme"),
            said=say("Nothing is issued under it any more; open measures stay open."),
            grave=True,
        ),
    )


def forms_of_programme(visit: Visit, told: ProgrammeTold) -> Sequence[Form]:
    """Of what may be done to it as it stands. None of how it stood: nothing is done to the past."""
    if not visit.is_now:
        return ()
    acts = told.body in visit.asking.reader.acts_for
    offered = {
        "AdoptProgramme": acts and told.phase == "Drafted",
        "ScheduleMeeting": acts and told.phase != "Closed",
        "HoldMeeting": acts or _enters_history(visit, told),
        "CloseProgramme": acts and told.phase == "Adopted",
    }
    return [one for one in every_of_programme(visit, told) if offered[one.type]]


def every_of_meeting(visit: Visit, told: ProgrammeTold, meeting: MeetingTold) -> Sequence[Form]:
    """Of all that may ever be done about a meeting."""
    say = visit.words.say
    action = visit.url(f"/programmes/{told.id}/meetings/{meeting.id}")
    return (
        Form.of(
            "PublishReport",
            say("Publish the report"),
            action,
            say("Publish it"),
            said=say(
                "The figures of the meeting's moment, by what the log holds now. They are published once, and stay as they are."
            ),
            grave=True,
        ),
        _holding(visit, action, say("Put on record that it was held")),
        _scheduling(visit, action, say("Move it"), say("Move it"), called=meeting.title),
    )


def forms_of_meeting(visit: Visit, told: ProgrammeTold, meeting: MeetingTold) -> Sequence[Form]:
    """Of what may be done about one meeting as it stands."""
    if not visit.is_now:
        return ()
    acts = told.body in visit.asking.reader.acts_for
    published = meeting.published_at is not None
    offered = {
        "PublishReport": acts and meeting.held and not published and told.phase != "Drafted",
        "HoldMeeting": not meeting.held and (acts or _enters_history(visit, told)),
        "ScheduleMeeting": acts and not meeting.held and told.phase != "Closed",
    }
    return [one for one in every_of_meeting(visit, told, meeting) if offered[one.type]]


async def carry_out(
    visit: Visit,
    programme: str,
    every: Sequence[Form],
    offered: Sequence[Form],
    sent: FormData,
    path: str,
    meeting: str | None = None,
) -> RedirectResponse | Refused:
    """Have one of the forms' commands recorded, and go to a page; or say what is to be drawn again.

    Args:
        every: those that may have been sent.
        offered: those of them that the page has.
        path: of the page that is gone to.
        meeting: the one that the forms are about.

    Raises `Problem` where a right is lacking, and where the server is at fault.
    """
    form = one_of(every, sent.get(TYPE))
    try:
        said = form.read(sent, visit.zone) | ({"meeting": meeting} if meeting else {})
        body = body_of(CommandBody, said)
        done = await command_programme(
            visit.asking, programme, body, key_of(sent), Response(), None, False
        )
    except Problem as problem:
        refused = await beside_fields(visit, form, sent, problem)
        return Refused(forms=put_back(offered, refused), status=problem.status)
    assert isinstance(done, Done)  # nothing was asked to be foreseen
    return recorded(visit, path, done.position)


def _enters_history(visit: Visit, told: ProgrammeTold) -> bool:
    """Registrars of its body and of those above it enter meetings that were held."""
    return told.body in visit.asking.reader.registers_for


def _scheduling(
    visit: Visit, action: str, title: str, submit: str, *named: Field, called: str = ""
) -> Form:
    """
    Args:
        named: what asks for the meeting, where the page is not that of one.
        called: the meeting, so far.
    """
    say = visit.words.say
    return Form.of(
        "ScheduleMeeting",
        title,
        action,
        submit,
        *named,
        Field(name="title", label=say("Title"), required=True, most=1000, value=called),
        _at(visit, required=True),
    )


def _holding(visit: Visit, action: str, title: str, *named: Field) -> Form:
    """
    Args:
        named: what asks for the meeting, where the page is not that of one.
    """
    say, announced = visit.words.say, visit.words.say("Left empty: as announced.")
    return Form.of(
        "HoldMeeting",
        title,
        action,
        say("Put on record"),
        *named,
        Field(name="title", label=say("Title"), most=1000, help=announced),
        _at(visit, help_=announced),
        said=say("Its moment is final then: reports are as of it."),
    )


def _meeting_id(visit: Visit) -> Field:
    say = visit.words.say
    return Field(
        name="meeting",
        label=say("Meeting's id"),
        required=True,
        most=128,
        help=say("Latin letters, digits, dots and hyphens, such as council-2026-12."),
    )


def _at(visit: Visit, *, required: bool = False, help_: str = "") -> Field:
    label = visit.words.say("Day and time (%(zone)s)", zone=visit.zone)
    return Field(name="at", label=label, kind="moment", required=required, help=help_)
