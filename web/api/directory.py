"""The directory as it stands now: bodies, offices, people, substitutions. Commands to it: `directory_commands`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from domain.directory.events import BodyKind, OfficeKind
from domain.directory.preferences import DEFAULTS, Language, LocalTime, Preferences, QuietHours
from domain.directory.state import Body, Directory, Office, Substitution, Term
from domain.identifiers import PersonId
from domain.reading import Reader
from eventstore.persons import Person
from operators.people import on_file
from web.api.asked import Limit, Page, etag, page
from web.api.asking import Asking, Reading
from web.api.names import After, Id, SomeId, place
from web.problems import ApiCode, Problem, not_found

router = APIRouter(prefix="/directory", tags=["directory"])


class HolderTold(BaseModel):
    """Who holds an office now."""

    person: str
    name: str | None = Field(description="none of whoever was erased")
    since: date
    until: date | None = Field(description="last day in office")
    substitute: str | None = Field(description="who acts, and is told, in their place now")
    substitute_name: str | None


class OfficeOf(BaseModel):
    """An office, with who holds it now."""

    id: str
    body: str
    kind: OfficeKind
    title: str
    closed_on: date | None = Field(description="the first day it is no more")
    holders: Sequence[HolderTold]


class BodyLine(BaseModel):
    """A ministry, agency, region or joint body."""

    id: str
    name: str
    kind: BodyKind
    parent: str | None
    country: str | None
    zone: str
    calendar: str = Field(description="whose working days it counts")
    established_on: date | None
    closed_on: date | None = Field(description="the first day it is no more")
    heir: str | None = Field(description="who has taken over what it had open")


class BodyTold(BodyLine):
    """A body with its offices, those that are closed too."""

    chain: Sequence[str] = Field(description="the bodies above it, the nearest first")
    offices: Sequence[OfficeOf]


class AppointmentTold(BaseModel):
    """An office that a person held, holds or is to hold."""

    office: str
    body: str
    since: date
    until: date | None


class SubstitutionTold(BaseModel):
    """Who acts, and is told, in the offices of an absent person."""

    absent: str
    substitute: str
    since: date
    until: date | None = Field(description="last day of absence")
    offices: Sequence[str] = Field(description="in these; none named: in all")

    @classmethod
    def of(cls, one: Substitution) -> Self:
        return cls(
            absent=one.absent,
            substitute=one.substitute,
            since=one.term.since,
            until=one.term.until,
            offices=one.offices,
        )


class PreferencesTold(BaseModel):
    """How and when a person is told."""

    language: Language
    zone: str | None = Field(description="none: that of the body they are told for")
    quiet: QuietHours | None
    working_days_only: bool
    daily_at: LocalTime | None
    muted: Sequence[str]

    @classmethod
    def of(cls, found: Preferences) -> Self:
        return cls(
            language=found.language,
            zone=found.zone,
            quiet=found.quiet,
            working_days_only=found.working_days_only,
            daily_at=found.daily_at,
            muted=sorted(found.muted),
        )


class ReachedTold(BaseModel):
    """Where and how a person is reached: for themselves, and administrators."""

    channels: Sequence[str]
    email: str | None
    webhook_url: str | None
    apprise_url: str | None
    preferences: PreferencesTold


class PersonTold(BaseModel):
    """A person, by their opaque id."""

    id: str
    name: str | None = Field(description="none of whoever was erased")
    erased: bool
    appointments: Sequence[AppointmentTold]
    substitutions: Sequence[SubstitutionTold] = Field(description="on either side, past ones too")
    reached: ReachedTold | None = Field(
        description="for the person themselves, and administrators with scope `admin`; none for others"
    )


async def _as_of_a_version(asking: Reading, response: Response) -> Asking:
    known = await asking.services.handler.directory_at()
    response.headers.update(etag(known.version))
    return replace(asking, reader=Reader.of(asking.reader.person, known.state, asking.at))


ReadingDirectory = Annotated[Asking, Depends(_as_of_a_version)]
"""Whoever reads what the directory says, told with its version: that of all of it, which is one stream."""


@router.get("/bodies", response_model=Page[BodyLine])
async def list_bodies(
    asking: ReadingDirectory,
    parent: SomeId = None,
    kind: BodyKind | None = None,
    after: After = "",
    limit: Limit = 100,
) -> Page[BodyLine]:
    """By id; those that are no more, and those to come, too."""
    directory = insider(asking)
    found = [
        _line(body, asking)
        for _, body in sorted(directory.bodies.items())
        if body.id > after and parent in (None, body.parent) and kind in (None, body.kind)
    ][: limit + 1]
    return page(found, limit, found[limit - 1].id if len(found) > limit else None)


@router.get("/bodies/{body}", response_model=BodyTold)
async def get_body(asking: ReadingDirectory, body: Id) -> BodyTold:
    """A body, its offices and who holds them now."""
    directory = insider(asking)
    found = directory.bodies.get(body)
    if found is None:
        raise not_found(f"body {body}")
    offices = [one for _, one in sorted(directory.offices.items()) if one.body == body]
    return BodyTold(
        **_line(found, asking).model_dump(),
        chain=directory.chain(body)[1:],
        offices=await _offices(asking, offices),
    )


@router.get("/offices", response_model=Page[OfficeOf])
async def list_offices(
    asking: ReadingDirectory,
    body: SomeId = None,
    kind: OfficeKind | None = None,
    after: After = "",
    limit: Limit = 100,
) -> Page[OfficeOf]:
    """By id, with who holds them now; those that are closed too."""
    directory = insider(asking)
    found = [
        one
        for _, one in sorted(directory.offices.items())
        if one.id > after and body in (None, one.body) and kind in (None, one.kind)
    ][: limit + 1]
    told = await _offices(asking, found)
    return page(told, limit, told[limit - 1].id if len(told) > limit else None)


@router.get("/persons/{person}", response_model=PersonTold)
async def get_person(asking: ReadingDirectory, person: Id) -> PersonTold:
    """A person's name and offices; where they are reached for themselves and administrators alone."""
    own = person == asking.reader.person
    directory = asking.reader.directory if own else insider(asking)
    if person not in directory.channels:
        raise not_found(f"person {person}")
    found = await on_file(asking.services.persons, directory, person)
    private = own or asking.administers
    return PersonTold(
        id=person,
        name=found.name if found else None,
        erased=person in directory.erased,
        appointments=[
            AppointmentTold(
                office=one.office,
                body=directory.offices[one.office].body,
                since=one.term.since,
                until=one.term.until,
            )
            for one in directory.appointments
            if one.person == person
        ],
        substitutions=[
            SubstitutionTold.of(one)
            for one in directory.substitutions
            if person in (one.absent, one.substitute)
        ],
        reached=_reached(directory, person, found) if private else None,
    )


@router.get("/substitutions", response_model=Page[SubstitutionTold])
async def list_substitutions(
    asking: ReadingDirectory,
    person: SomeId = None,
    over: Annotated[bool, Query(description="those that are over too")] = False,
    after: After = "",
    limit: Limit = 100,
) -> Page[SubstitutionTold]:
    """In the order in which they were set: those that hold or are to come, of everybody or one person."""
    directory, begin = insider(asking), place(after)
    today = asking.at.date()
    found = [
        (n, SubstitutionTold.of(one))
        for n, one in enumerate(directory.substitutions, start=1)
        if n > begin
        and person in (None, one.absent, one.substitute)
        and (over or not one.term.over(today))
    ][: limit + 1]
    told = [one for _, one in found]
    return page(told, limit, str(found[limit - 1][0]) if len(found) > limit else None)


def insider(asking: Asking) -> Directory:
    """The directory. Raises `Problem` forbidden if whoever asks holds no office."""
    if not asking.reader.holds_office:
        raise Problem(ApiCode.FORBIDDEN, "the directory is for whoever holds an office")
    return asking.reader.directory


def _line(body: Body, asking: Asking) -> BodyLine:
    directory = asking.reader.directory
    return BodyLine(
        id=body.id,
        name=body.name,
        kind=body.kind,
        parent=body.parent,
        country=body.country,
        zone=body.zone,
        calendar=directory.calendar_of(body.id).id,
        established_on=body.established_on,
        closed_on=body.closed_on,
        heir=directory.heir(body.id, asking.at),
    )


async def _offices(asking: Asking, offices: Sequence[Office]) -> Sequence[OfficeOf]:
    directory, at = asking.reader.directory, asking.at
    held = {one.id: directory.holders_with_substitutes(one.id, at) for one in offices}
    people = {person for holders in held.values() for pair in holders for person in pair if person}
    names = await names_of(asking, people)
    return [
        OfficeOf(
            id=one.id,
            body=one.body,
            kind=one.kind,
            title=one.title,
            closed_on=one.closed_on,
            holders=[
                HolderTold(
                    person=person,
                    name=names.get(person),
                    since=term.since,
                    until=term.until,
                    substitute=substitute,
                    substitute_name=names.get(substitute) if substitute else None,
                )
                for person, substitute in held[one.id]
                for term in (_term(asking, person, one),)
            ],
        )
        for one in offices
    ]


async def names_of(asking: Asking, people: Iterable[PersonId]) -> Mapping[PersonId, str]:
    """Of those who are known and not erased. For whoever holds an office."""
    commitments = asking.reader.directory.commitments
    known = {one: commitments[one] for one in people if one in commitments}
    if not known:
        return {}
    found = await asking.services.persons.get(known)
    return {person: file.name for person, file in found.items()}


def _term(asking: Asking, person: PersonId, office: Office) -> Term:
    """The one that runs."""
    directory = asking.reader.directory
    today = directory.bodies[office.body].day(asking.at)
    return next(
        one.term
        for one in directory.appointments
        if (one.person, one.office) == (person, office.id) and one.term.holds(today)
    )


def _reached(directory: Directory, person: PersonId, found: Person | None) -> ReachedTold:
    return ReachedTold(
        channels=directory.channels[person],
        email=found.email if found else None,
        webhook_url=found.webhook_url if found else None,
        apprise_url=found.apprise_url if found else None,
        preferences=PreferencesTold.of(directory.preferences.get(person, DEFAULTS)),
    )
