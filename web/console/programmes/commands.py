"""Forms for the commands to a programme. They are shown to whoever acts for its body; what may be done, the domain says."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Response
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

from web.api.programmes import CommandBody, MeetingTold, ProgrammeTold, command_programme
from web.api.sending import Done
from web.console.forms import Field, Form, body_of, key_of, one_of
from web.console.sending import beside_fields, put_back, recorded
from web.console.visit import Visit
from web.problems import Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """What is to be drawn again."""

    forms: Sequence[Form]
    status: int


def forms_of_programme(visit: Visit, told: ProgrammeTold) -> Sequence[Form]:
    """Of what may be done to it as it stands. None of how it stood: nothing is done to the past."""
    if not visit.is_now:
        return ()
    say = visit.words.say
    action = visit.url(f"/programmes/{told.id}")
    acts = told.body in visit.asking.reader.acts_for
    forms: list[Form] = []
    if acts and told.phase == "Drafted":
        forms.append(Form.of("AdoptProgramme", say("Adopt it"), action, say("Adopt it"), said=say("Instructions may be issued under it from then on.")))  # fmt: skip
    if acts and told.phase != "Closed":
        forms.append(
            _scheduling(
                visit, action, say("Schedule a meeting"), say("Schedule it"), _meeting_id(visit)
            )
        )
    if acts or _enters_history(visit, told):
        forms.append(
            _holding(
                visit, action, say("Put on record that a meeting was held"), _meeting_id(visit)
            )
        )
    if acts and told.phase == "Adopted":
        forms.append(
            Form.of(
                "CloseProgramme",
                say("Close the programme"),
                action,
                say("Close the programme"),
                said=say("Nothing is issued under it any more; open measures stay open."),
                grave=True,
            )
        )
    return forms


def forms_of_meeting(visit: Visit, told: ProgrammeTold, meeting: MeetingTold) -> Sequence[Form]:
    """Of what may be done about one meeting."""
    if not visit.is_now:
        return ()
    say = visit.words.say
    action = visit.url(f"/programmes/{told.id}/meetings/{meeting.id}")
    acts = told.body in visit.asking.reader.acts_for
    forms: list[Form] = []
    if meeting.held:
        if acts and meeting.published_at is None and told.phase != "Drafted":
            forms.append(
                Form.of(
                    "PublishReport",
                    say("Publish the report"),
                    action,
                    say("Publish it"),
                    said=say(
                        "The figures of the meeting's moment, by what the log holds now. They are published once, and stay as they are."
                    ),
                    grave=True,
                )
            )
        return forms
    if acts or _enters_history(visit, told):
        forms.append(_holding(visit, action, say("Put on record that it was held")))
    if acts and told.phase != "Closed":
        forms.append(
            _scheduling(visit, action, say("Move it"), say("Move it"), called=meeting.title)
        )
    return forms


async def carry_out(
    visit: Visit,
    programme: str,
    forms: Sequence[Form],
    sent: FormData,
    path: str,
    meeting: str | None = None,
) -> RedirectResponse | Refused:
    """Have one of the forms' commands recorded, and go to a page; or say what is to be drawn again.

    Args:
        path: of the page that is gone to.
        meeting: the one that the forms are about.

    Raises `Problem` where a right is lacking, and where the server is at fault.
    """
    form = one_of(forms, sent.get("type"))
    try:
        said = form.read(sent, visit.zone) | ({"meeting": meeting} if meeting else {})
        body = body_of(CommandBody, said)
        done = await command_programme(
            visit.asking, programme, body, key_of(sent), Response(), None, False
        )
    except Problem as problem:
        refused = await beside_fields(visit, form, sent, problem)
        return Refused(forms=put_back(forms, refused), status=problem.status)
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
