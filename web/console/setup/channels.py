"""Channels: which are set up here, and whether one's own reach one."""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from operators.trials import Trial, try_channels
from web.api.asked import invalid
from web.api.directory import get_person
from web.console.forms import Option
from web.console.setup import choices
from web.console.visit import Acting, Visit, Visiting
from web.form_sent import sent_form
from web.services import rates_of

router = APIRouter()

PATH = "/setup/channels"
_ALL = "all"


@router.get(PATH)
async def show_channels(visit: Visiting) -> HTMLResponse:
    """Those of this installation, and the visitor's own."""
    return await _page(visit)


@router.post(PATH)
async def send_trial(visit: Acting) -> HTMLResponse:
    """Send a test notice to the visitor themself, by one of their channels or by all; how it went is told at once."""
    request = visit.asking.request
    wanted = (await sent_form(request)).get("channel")
    services, reader = visit.asking.services, visit.asking.reader
    own = reader.directory.channels[reader.person]
    if wanted != _ALL and wanted not in own:
        raise invalid("channel", "is none of yours")
    await rates_of(request).of_trial(request.scope, reader.person)
    tried = await try_channels(
        services.persons,
        reader.directory,
        reader.person,
        services.channels,
        own if wanted == _ALL else [str(wanted)],
    )
    return await _page(visit, tried)


async def _page(visit: Visit, tried: Sequence[Trial] = ()) -> HTMLResponse:
    told = await get_person(visit.asking, visit.asking.reader.person)
    return await visit.drawing.page(
        visit,
        "setup/channels.html",
        active="setup",
        told=told,
        names=dict(choices.channels(visit.words)),
        here={channel.name for channel in visit.asking.services.channels},
        said=_said(visit),
        tried=tried,
    )


def _said(visit: Visit) -> Sequence[Option]:
    """Each channel, with what it needs to be set up."""
    say = visit.words.say
    return [
        ("email", say("Needs a mail server: REMIT_SMTP_HOST.")),
        (
            "webhook",
            say(
                "Always there; into networks that are not public with REMIT_WEBHOOK_NETWORKS alone."
            ),
        ),
        ("apprise", say("Needs the services that are allowed: REMIT_APPRISE_SERVICES.")),
        ("log", say("Always there: a line in the process's log.")),
    ]
