"""Commands to the directory. Names and addresses of people stay outside the log: here they come in with the command."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, cast

from fastapi import APIRouter, Response
from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, model_validator

from audit.erasure import HalfErased, receipt
from domain.attribution import Command
from domain.directory import commands as c
from domain.identifiers import BodyId, Channel, PersonId
from domain.outcomes import Outcome, Rejected
from domain.rejections import Code
from domain.value import Value
from eventstore.addresses import checked_service_url, checked_webhook_secret, checked_webhook_url
from operators.people import PersonDetails, erase, put_on_file, recorded_before
from operators.waking import recorded_and_woken
from web.api.asked import DryRun, IfMatch, etag
from web.api.asking import Asking, Commanding
from web.api.requests import Key, members, one_of, request_model
from web.api.sending import Done, Foreseen, command_of, ended, foresee, handled
from web.problems import ApiCode, Problem

router = APIRouter(prefix="/directory", tags=["directory"])

_COMMANDS: TypeAdapter[c.AnyDirectoryCommand] = TypeAdapter(c.AnyDirectoryCommand)
_COMMIT = (c.RegisterPerson, c.ReplacePersonDetails)
"""What they commit to is made here."""
_APART = frozenset({"name", "email", "webhook_url", "webhook_secret", "apprise_url"})
"""What the log does not take."""
_NOT_YET = "0" * 64
"""Stands for the commitment where nothing is kept."""


class _Details(Value):
    """What is kept of a person, outside the log."""

    person: PersonId
    on_behalf_of: BodyId | None = Field(
        default=None, description="the body acted for, where the actor holds offices in several"
    )
    name: str = Field(min_length=1, max_length=400, pattern=r"^[^\x00]*$")
    email: str | None = Field(default=None, max_length=320, pattern=r"^[^\s\x00@]+@[^\s\x00@]+$")
    webhook_url: (
        Annotated[str, Field(max_length=2000), AfterValidator(checked_webhook_url)] | None
    ) = Field(default=None, description="that notices are posted to")
    webhook_secret: (
        Annotated[str, Field(max_length=200), AfterValidator(checked_webhook_secret)] | None
    ) = Field(
        default=None,
        description="what they are signed with; by default the one on file, else a new one. It is told to nobody",
    )
    apprise_url: (
        Annotated[str, Field(max_length=2000), AfterValidator(checked_service_url)] | None
    ) = Field(default=None, description="another service's URL, as apprise has it")

    @model_validator(mode="after")
    def _secret_of_something(self) -> Self:
        if self.webhook_secret is not None and self.webhook_url is None:
            raise ValueError("webhook_secret needs a webhook_url; give both or neither")
        return self

    def details(self) -> PersonDetails:
        return PersonDetails(
            person=self.person,
            name=self.name,
            email=self.email,
            webhook_url=self.webhook_url,
            webhook_secret=self.webhook_secret,
            apprise_url=self.apprise_url,
        )


class RegisterPerson(_Details):
    """Make a person known by an opaque id. The log takes a commitment to their name and addresses, and neither."""

    type: Literal["RegisterPerson"]
    channels: tuple[Channel, ...] = Field(default=("log",), description="how notices reach them")


class ReplacePersonDetails(_Details):
    """Put another name or other addresses on file. An address that is not given is on file no more."""

    type: Literal["ReplacePersonDetails"]


if TYPE_CHECKING:
    CommandBody = BaseModel
else:
    CommandBody = one_of(
        [
            *(request_model(o) for o in members(c.AnyDirectoryCommand) if o not in _COMMIT),
            RegisterPerson,
            ReplacePersonDetails,
        ]
    )


class DirectoryDone(Done):
    """The command is on record."""

    waking: bool = Field(
        default=False, description="what is open and may be concerned is told of it just now"
    )
    erased: bool | None = Field(
        default=None, description="of an erasure: something was on file, and is no more"
    )
    receipt: dict[str, Any] | None = Field(
        default=None,
        description="of an erasure, for the person; with proof once a checkpoint covers it",
    )


@router.post("/commands", response_model=DirectoryDone | Foreseen)
async def command_directory(
    asking: Commanding,
    body: CommandBody,
    key: Key,
    response: Response,
    if_match: IfMatch = None,
    dry_run: DryRun = False,
) -> DirectoryDone | Foreseen:
    """Have the directory changed. Administrators may, by a token with scope `admin` as well; a person may set their own
    preferences.
    """
    _require_scope(asking, body)
    if isinstance(body, _Details):
        done = await _commit(asking, body, key, if_match, dry_run=dry_run)
    else:
        command = command_of(_COMMANDS, body, asking, key, expected_version=if_match)
        if dry_run:
            done = await foresee(asking, command)
        elif isinstance(command, c.ErasePerson):
            done = await _erase(asking, command)
        else:
            done = await _record(asking, command)
    if isinstance(done, DirectoryDone) and done.version:  # else nothing is on record
        response.headers.update(etag(done.version))
    return done


def _require_scope(asking: Asking, body: BaseModel) -> None:
    """Raises `Problem` scope-missing. One's own preferences are nobody else's business."""
    said = cast(Any, body)
    own = said.type == c.SetPreferences.__name__ and said.person == asking.reader.person
    if not own and "admin" not in asking.authenticated.scopes:
        raise Problem(
            ApiCode.SCOPE_MISSING, "the token has no scope admin: the directory is kept by it"
        )


async def _record(asking: Asking, command: Command) -> DirectoryDone:
    outcome, waking = await recorded_and_woken(
        command, lambda: handled(asking, command), asking.services.waking.begin
    )
    done = await _done(asking, command, outcome)
    return done.model_copy(update={"waking": waking})


async def _commit(
    asking: Asking, body: _Details, key: str, if_match: int | None, *, dry_run: bool
) -> DirectoryDone | Foreseen:
    """Keep what is to be kept, and commit to it."""

    def command_with(commitment: str) -> c.DirectoryCommand:
        return command_of(
            _COMMANDS,
            body,
            asking,
            key,
            apart=_APART,
            expected_version=if_match,
            commitment=commitment,
        )

    services = asking.services
    if dry_run:
        again = await recorded_before(
            services.store, services.persons, body.details(), command_with, key
        )
        return await foresee(asking, again or command_with(_NOT_YET))
    command, outcome = await put_on_file(
        services.store,
        services.persons,
        asking.reader.directory,
        body.details(),
        command_with,
        lambda command: services.handler.preview(command, asking.at),
        lambda command: handled(asking, command),
        command_id=key,
    )
    return await _done(asking, command, outcome)


async def _erase(asking: Asking, command: c.ErasePerson) -> DirectoryDone:
    """Also of what a registration left that was never recorded: then nothing is recorded of it either.

    Raises `Problem` too-much-contention if somebody puts a name there at the same time.
    """
    services = asking.services
    found = await erase(services.persons, command, lambda command: handled(asking, command))
    if isinstance(found.outcome, Rejected) and found.erased:
        return DirectoryDone(version=0, position=0, next_wake=None, closed=True, erased=True)
    done = await _done(asking, command, found.outcome)
    try:
        told = await receipt(services.store, services.persons, command.person, None, asking.at)
    except HalfErased as error:
        raise Problem(Code.TOO_MUCH_CONTENTION, str(error)) from error
    return done.model_copy(update={"erased": found.erased, "receipt": dict(told)})


async def _done(asking: Asking, command: Command, outcome: Outcome) -> DirectoryDone:
    """Raises `Problem`: the rule that refuses it."""
    done = await ended(asking, command, outcome)
    return DirectoryDone(**done.model_dump())
