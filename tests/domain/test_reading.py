"""Who may read what of an instruction, each rule of the table by itself."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from typing import get_args

import pytest

from domain.directory.events import OfficeKind
from domain.directory.state import Appointment, Body, Directory, Office, Substitution, Term
from domain.identifiers import BodyId
from domain.reading import (
    ASPECTS,
    READING,
    RELATIONS,
    Aspect,
    Parties,
    Reader,
    Relation,
    recurrence_parties,
)
from domain.recurrence.terms import Terms

_AT = datetime(2026, 6, 1, tzinfo=UTC)
_SINCE = Term(since=date(2026, 1, 1), until=None)


def _body(body: BodyId, parent: BodyId | None = None) -> Body:
    return Body(
        id=body,
        name=body,
        kind="ministry",
        parent=parent,
        country=None,
        zone="UTC",
        established_on=None,
    )


_BODIES = {b.id: b for b in (_body("top"), _body("mid", "top"), _body("low", "mid"), _body("else"))}


def _directory(kind: OfficeKind, body: BodyId) -> Directory:
    office = Office(id="office", body=body, kind=kind, title="")
    return Directory(
        bodies=_BODIES,
        offices={office.id: office},
        appointments=(Appointment(person="p", office="office", term=_SINCE),),
        substitutions=(
            Substitution(
                absent="p",
                substitute="s",
                term=Term(since=date(2026, 6, 1), until=date(2026, 6, 2)),
                offices=(),
            ),
        ),
    )


def _reader(kind: OfficeKind, body: BodyId, person: str = "p", at: datetime = _AT) -> Reader:
    return Reader.of(person, _directory(kind, body), at)


def _may(kind: OfficeKind, body: BodyId, relation: Relation) -> frozenset[Aspect]:
    who: Parties = {relation: frozenset({"mid"})}
    return _reader(kind, body).aspects(who)


_ALL = ASPECTS
_SEES = frozenset[Aspect]({"summary", "detail", "history"})
_WORKS = _SEES | frozenset[Aspect]({"evidence", "commands"})
_WATCHES = _SEES | frozenset[Aspect]({"attention", "deliveries", "commands"})
_OWN: dict[tuple[str, Relation], frozenset[Aspect]] = {
    ("acting", "issuer"): _ALL,
    ("acting", "controller"): _ALL,
    ("acting", "lead"): _WORKS,
    ("acting", "co-assignee"): _WORKS,
    ("acting", "observer"): frozenset({"summary", "detail", "commands"}),
    ("acting", "told"): _SEES,
    ("operator", "issuer"): _WATCHES,
    ("operator", "controller"): _WATCHES,
    ("registrar", "issuer"): _WORKS,
    **{("auditor", relation): _ALL - {"commands"} for relation in RELATIONS},
}
"""By an office in the very body; what is not here is nothing."""
_ABOVE: dict[tuple[str, Relation], frozenset[Aspect]] = {
    ("acting", "lead"): _SEES,
    ("operator", "issuer"): _WATCHES,
    ("registrar", "issuer"): _WORKS,
    **{("auditor", relation): _ALL - {"commands"} for relation in RELATIONS},
}


@pytest.mark.parametrize("relation", sorted(RELATIONS))
@pytest.mark.parametrize("kind", get_args(OfficeKind))
def test_an_office_reads_what_the_table_says_and_nothing_more(
    kind: OfficeKind, relation: Relation
) -> None:
    group = "acting" if kind in ("head", "officer") else kind
    assert _may(kind, "mid", relation) == _OWN.get((group, relation), frozenset())
    assert _may(kind, "top", relation) == _ABOVE.get((group, relation), frozenset())
    assert _may(kind, "low", relation) == frozenset()
    assert _may(kind, "else", relation) == frozenset()


@pytest.mark.parametrize("kind", get_args(OfficeKind))
def test_of_one_instruction_they_read_what_lists_choose_it_by(kind: OfficeKind) -> None:
    for body, relation, named in product(_BODIES, sorted(RELATIONS), [*_BODIES, "nowhere"]):
        reader = _reader(kind, body)
        who: Parties = {relation: frozenset({named})}
        lists = {aspect for aspect in ASPECTS if reader.scope(aspect).lets(who)}
        assert reader.aspects(who) == lists


def test_a_substitute_reads_what_the_absent_person_may_for_as_long() -> None:
    who: Parties = {"lead": frozenset({"mid"})}
    assert _reader("officer", "mid", "s").aspects(who) == _WORKS
    later = datetime(2026, 6, 4, tzinfo=UTC)
    assert _reader("officer", "mid", "s", later).aspects(who) == frozenset()
    assert _reader("officer", "mid", "nobody").aspects(who) == frozenset()


def test_what_is_above_single_instructions_has_rules_of_its_own() -> None:
    def rights(kind: OfficeKind, body: BodyId) -> tuple[bool, bool, bool, bool]:
        reader = _reader(kind, body)
        return (
            reader.administers,
            reader.audits_log,
            reader.reads_figures_of("mid"),
            reader.reads_figures_of("else"),
        )

    assert rights("administrator", "top") == (True, False, False, False)
    assert rights("auditor", "top") == (False, True, True, False)
    assert rights("auditor", "mid") == (False, False, True, False)
    assert rights("officer", "mid") == (False, False, True, False)
    assert rights("operator", "top") == (False, False, True, False)
    assert rights("head", "low") == (False, False, False, False)
    assert not _reader("head", "mid", "nobody").holds_office


def test_a_recurrence_is_read_as_what_it_issues_would_be_by_heirs_in_place_of_whom_they_follow() -> (
    None
):
    terms = Terms(
        title="Quarterly",
        rule="FREQ=MONTHLY",
        first_day=date(2026, 1, 1),
        number="{n}",
        text="Report",
        issuer="top",
        lead="gone",
        co_assignees=("low",),
    )
    gone = replace(_body("gone"), closed_on=date(2026, 1, 1), heir="mid")
    directory = Directory(bodies={**_BODIES, "gone": gone})
    assert recurrence_parties(terms, directory, _AT) == {
        "issuer": frozenset({"top"}),
        "controller": frozenset[str](),
        "lead": frozenset({"mid"}),
        "co-assignee": frozenset({"low"}),
    }
    assert recurrence_parties(terms, directory, datetime(2025, 1, 1, tzinfo=UTC))["lead"] == {
        "gone"
    }


def test_what_is_audited_is_the_own_body_and_those_below() -> None:
    def audits(kind: OfficeKind, body: BodyId) -> tuple[bool, bool, bool]:
        reader = _reader(kind, body)
        return (reader.audits_any, reader.audits("mid"), reader.audits("top"))

    assert audits("auditor", "top") == (True, True, True)
    assert audits("auditor", "mid") == (True, True, False)
    assert audits("auditor", "else") == (True, False, False)
    assert audits("head", "top") == (False, False, False)


@pytest.mark.parametrize("kind", get_args(OfficeKind))
def test_operators_and_registrars_are_told_by_their_offices(kind: OfficeKind) -> None:
    reader = _reader(kind, "mid")
    assert (reader.operates, reader.registers) == (kind == "operator", kind == "registrar")
    below = {"mid", "low"} if kind == "registrar" else set[BodyId]()
    assert reader.registers_for == below


def test_what_was_a_body_s_is_its_heir_s_and_not_of_those_above_the_old_one_any_more() -> None:
    gone = replace(_body("gone", "else"), closed_on=date(2026, 1, 1), heir="mid")

    def reads(kind: OfficeKind, body: BodyId, at: datetime = _AT) -> tuple[BodyId, bool, bool]:
        directory = _directory(kind, body)
        directory = replace(directory, bodies={**_BODIES, "gone": gone})
        reader = Reader.of("p", directory, at)
        return reader.owner("gone"), reader.audits("gone"), reader.reads_figures_of("gone")

    assert reads("auditor", "mid") == ("mid", True, True)
    assert reads("auditor", "else") == ("mid", False, False)
    assert reads("head", "top") == ("mid", False, True)


def test_a_scope_says_to_read_models_what_it_says_by_itself() -> None:
    reader = _reader("operator", "top")
    scope = reader.scope("summary")
    for relation, body in zip(*scope.pairs, strict=True):
        assert scope.lets({relation: frozenset({body})})  # pyright: ignore[reportArgumentType]
    assert not scope.lets({"lead": frozenset({"mid"})})
    assert {rule.role for rule in READING} >= {"issuer", "controller", "assignee", "auditor"}
