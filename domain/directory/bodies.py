"""What may be done to bodies."""

from datetime import date

from domain.directory import commands as c
from domain.directory import events as e
from domain.directory.deed import Deed
from domain.directory.state import Body
from domain.identifiers import BodyId
from domain.outcomes import Rejected
from domain.rejections import Code, already_exists, invalid, rejected, unknown
from domain.working_time import zones


def register_body(command: c.RegisterBody, deed: Deed) -> e.BodyRegistered | Rejected:
    if command.body in deed.directory.bodies:
        return already_exists("body", command.body)
    if command.parent is not None:
        if command.parent not in deed.directory.bodies:
            return unknown("parent", command.parent, "register the parent body first")
        parent = _superior(command.parent, deed)
        if isinstance(parent, Rejected):
            return parent
    if command.zone not in zones():
        return invalid("zone", f"{command.zone} is no IANA time zone; try Europe/Minsk")
    return e.BodyRegistered(
        occurred_at=deed.at,
        by=deed.by,
        body=command.body,
        name=command.name,
        body_kind=command.body_kind,
        parent=command.parent,
        country=command.country,
        zone=command.zone,
        established_on=command.established_on,
    )


def establish_body(command: c.EstablishBody, deed: Deed) -> e.BodyEstablished | Rejected:
    body = deed.standing(command.body, "body")
    if isinstance(body, Rejected):
        return body
    if body.established(body.day(deed.at)):
        since = (
            f"is established since {body.established_on}; that day stays"
            if body.established_on
            else "has always been there"
        )
        return invalid("body", f"{body.id} {since}: name one that is still being founded")
    if body.closed(command.on):
        return invalid("on", f"{body.id} is to close on {body.closed_on}; give an earlier day")
    return e.BodyEstablished(occurred_at=deed.at, by=deed.by, body=body.id, on=command.on)


def rename_body(command: c.RenameBody, deed: Deed) -> e.BodyRenamed | Rejected:
    body = deed.standing(command.body, "body")
    if isinstance(body, Rejected):
        return body
    if command.name == body.name:
        return invalid("name", f"{body.id} is called so already; give another name")
    on = deed.taking_effect(command.on, body)
    if isinstance(on, Rejected):
        return on
    return e.BodyRenamed(occurred_at=deed.at, by=deed.by, body=body.id, name=command.name, on=on)


def move_body(command: c.MoveBody, deed: Deed) -> e.BodyMoved | Rejected:
    body = deed.standing(command.body, "body")
    if isinstance(body, Rejected):
        return body
    if command.parent == body.parent:
        return invalid("parent", f"{body.id} stands there already; name another parent")
    if command.parent is not None:
        parent = _superior(command.parent, deed)
        if isinstance(parent, Rejected):
            return parent
        if body.id in deed.directory.chain(parent.id):
            return invalid(
                "parent", f"{parent.id} is {body.id} or stands below it; move that one first"
            )
    on = deed.taking_effect(command.on, body)
    if isinstance(on, Rejected):
        return on
    return e.BodyMoved(occurred_at=deed.at, by=deed.by, body=body.id, parent=command.parent, on=on)


def reorganise_body(command: c.ReorganiseBody, deed: Deed) -> e.BodyReorganised | Rejected:
    """Chains of heirs end: who is made an heir stands, and so has no heir yet."""
    body = _without_heir(command.body, deed)
    if isinstance(body, Rejected):
        return body
    on = deed.taking_effect(command.on, body)
    if isinstance(on, Rejected):
        return on
    if body.closed(body.day(deed.at)) and not body.closed(on):
        return invalid("on", f"{body.id} is closed only from {body.closed_on}; give a later day")
    refusal = _before_it_was_there(body, on, deed) or _no_such_parts(command)
    if refusal is not None:
        return refusal
    for id_ in command.into:
        part = deed.standing(id_, "into")
        if isinstance(part, Rejected):
            return part
        if not part.established(on):
            return rejected(
                Code.BODY_NOT_ESTABLISHED,
                f"{part.id} is established only on {part.established_on}; reorganise by then",
                "into",
            )
    return e.BodyReorganised(
        occurred_at=deed.at,
        by=deed.by,
        body=body.id,
        kind=command.kind,
        into=command.into,
        heir=command.heir,
        on=on,
    )


def _without_heir(body: BodyId, deed: Deed) -> Body | Rejected:
    """One that stands, or was closed and left nobody to take over."""
    known = deed.directory.bodies.get(body)
    if known is not None and known.closed_on is not None and known.heir is None:
        return known
    return deed.standing(body, "body")


def _superior(body: BodyId, deed: Deed) -> Body | Rejected:
    """One that stands and is to stay, or what is put below it would outlive it."""
    known = deed.standing(body, "parent")
    if isinstance(known, Body) and known.closed_on is not None:
        return invalid("parent", f"{body} is to close on {known.closed_on}; name another body")
    return known


def _before_it_was_there(body: Body, on: date, deed: Deed) -> Rejected | None:
    since = deed.directory.there_since(body.id)
    if since is None or on >= since:
        return None
    return invalid("on", f"{body.id} is there only since {since}; give a later day")


def _no_such_parts(command: c.ReorganiseBody) -> Rejected | None:
    if command.body in command.into:
        return invalid("into", f"{command.body} ends with this; name the other bodies only")
    if len(set(command.into)) != len(command.into):
        return invalid("into", "a body is named twice; name each once")
    if command.kind == "merged" and len(command.into) != 1:
        return invalid("into", "a body is merged into one; name one, or call it a split")
    if command.kind == "split" and len(command.into) == 1:
        return invalid(
            "into", "a body is split into several; name two or more, or call it a merger"
        )
    if command.heir not in command.into:
        return invalid(
            "heir", f"{command.heir} is none of the bodies it goes into; name one of them"
        )
    return None


def close_body(command: c.CloseBody, deed: Deed) -> e.BodyClosed | Rejected:
    body = deed.standing(command.body, "body")
    if isinstance(body, Rejected):
        return body
    on = body.day(deed.at) if command.on is None else command.on
    refusal = _before_it_was_there(body, on, deed)
    if refusal is not None:
        return refusal
    left = _standing_below(body, on, deed)
    if left is not None:
        return invalid("body", f"{left} stands below {body.id} then; close or move it first")
    above = deed.directory.bodies.get(body.parent) if body.parent else None
    if above is not None and above.closed_on is not None and above.closed_on < on:
        return invalid(
            "on",
            f"{above.id}, above it, is to close on {above.closed_on}; give that day or earlier",
        )
    return e.BodyClosed(occurred_at=deed.at, by=deed.by, body=body.id, on=on)


def _standing_below(body: Body, on: date, deed: Deed) -> BodyId | None:
    """One that would be left with a superior that is no more."""
    below = (b for b in deed.directory.bodies.values() if b.parent == body.id)
    return next((b.id for b in below if not b.closed(on)), None)
