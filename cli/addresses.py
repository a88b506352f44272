"""Where a person is reached, as options; and the way in which a webhook's secret gets to its receiver."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from audit.new_files import CannotWrite, new_files, writing
from cli.arguments import PersonName
from cli.errors import Refused, UsageError
from cli.options import Place, read_file
from cli.output import console, plain, print_json
from cli.session import open_session, settings_of
from domain.rejections import Code
from eventstore.addresses import checked_service_url, checked_webhook_secret, checked_webhook_url
from operators.people import on_file

_HERE = Place()


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Addresses:
    """They stay outside the log. What may be secret is read from a file if it is written as @FILE."""

    email: str | None = None
    """E-mail address."""
    webhook_url: str | None = None
    """Address that notices are posted to, or @FILE."""
    webhook_secret: str | None = None
    """What they are signed with, or better @FILE; by default one is made (see webhook-secret)."""
    apprise_url: str | None = None
    """Another service's URL as apprise has it, or @FILE."""

    def checked(self) -> "Addresses":
        """With what the files hold. Raises `UsageError`, which names the option and not what it says."""
        if self.webhook_secret is not None and self.webhook_url is None:
            raise UsageError("--webhook-secret needs --webhook-url; give both or neither")
        return replace(
            self,
            webhook_url=_checked("--webhook-url", self.webhook_url, checked_webhook_url),
            webhook_secret=_checked(
                "--webhook-secret", self.webhook_secret, checked_webhook_secret
            ),
            apprise_url=_checked("--apprise-url", self.apprise_url, checked_service_url),
        )


NO_ADDRESSES = Addresses()


def _checked(option: str, given: str | None, check: Callable[[str], str]) -> str | None:
    if given is None:
        return None
    try:
        if given.startswith("@"):
            given = read_file(Path(given[1:])).decode().strip()
        return check(given)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error


async def webhook_secret(
    person: PersonName,
    /,
    *,
    output: Annotated[
        Path, Parameter(name=["--output", "-o"], help="New file, readable by this user only.")
    ],
    place: Place = _HERE,
) -> None:
    """Write the secret that a person's webhook is signed with into a new file, for its receiver."""
    async with open_session(settings_of(place.folder)) as session:
        found = await on_file(session.persons, await session.handler.directory(), person)
    if found is None or found.webhook_secret is None:
        raise Refused(
            Code.UNKNOWN,
            f"no webhook of {person} is on file; `remit change-person --webhook-url` puts one there",
            "person",
        )
    try:
        with new_files(output, mode=0o600) as (part,), writing(output):
            part.write_text(found.webhook_secret + "\n")
    except CannotWrite as error:
        raise UsageError(str(error)) from error
    if place.json:
        print_json({"file": str(output)})
    else:
        console.print(f"written to {plain(str(output))}", soft_wrap=True)
