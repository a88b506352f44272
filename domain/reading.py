"""Who may read what: the one place that says so. Who may *do* what is for each `decide` to say.

A right to read an instruction follows from an office, and from how the office's body, or one below it, stands to the
instruction *now*: `READING` is the table. A right to an instruction as of an earlier moment is the right to it now;
so a body that has nothing to do with it any more reads nothing of it, and one that was charged today reads its past.

A programme's figures, and the measures that its reports and differences list, are for whoever holds an office in its body
or above it: they see these measures as the programme's body does, whatever they may read of each as an instruction. Others
know of a programme if they may see a line of one of its measures, and then its title, period, sectors and meetings alone.

A recurrence is read as the instructions that it issues would be: by those whom it is to charge and who issue it. Its events,
in whatever form they are told (alone, in an export, in a bundle), are for whoever has its `history`.

What was a body's is its heir's once the body was reorganised away, here as in the rules.

Substitutes read what the absent person could, for as long as the substitution lasts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal, get_args

from domain.directory.events import OfficeKind
from domain.directory.state import ACTING, Directory, Mandate
from domain.identifiers import BodyId, PersonId
from domain.instruction.events import Escalated, InstructionEvent
from domain.instruction.state import Record
from domain.recurrence.terms import Terms

Relation = Literal["issuer", "controller", "lead", "co-assignee", "observer", "told"]
"""How a body stands to an instruction; `told`: it was brought before this body by an escalation."""
RELATIONS: frozenset[Relation] = frozenset(get_args(Relation))

Aspect = Literal[
    "summary", "detail", "history", "evidence", "attention", "deliveries", "proof", "commands"
]
"""What of an instruction: a line in lists, feeds and searches; how it stands, and why; its events, but for those about
notices; its files; who was heard, warned and escalated to; its notices; proofs that all this is in the log. `commands` is
no reading: whose commands are looked at at all. Whether one is allowed, the rules then say."""
ASPECTS: frozenset[Aspect] = frozenset(get_args(Aspect))

Role = Literal[
    "issuer", "controller", "assignee", "superior", "told", "observer", "operator", "registrar", "auditor"
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """Holders of these offices read these aspects of instructions to which their body stands in one of the relations."""

    role: Role
    offices: frozenset[OfficeKind]
    relations: frozenset[Relation]
    below: bool = False
    """Also where a body below theirs stands in it."""
    aspects: frozenset[Aspect]


def _only(*relations: Relation) -> frozenset[Relation]:
    return frozenset(relations)


def _reads(*aspects: Aspect) -> frozenset[Aspect]:
    return frozenset(aspects)


_OPERATOR: frozenset[OfficeKind] = frozenset({"operator"})
_REGISTRAR: frozenset[OfficeKind] = frozenset({"registrar"})
_AUDITOR: frozenset[OfficeKind] = frozenset({"auditor"})
_WATCHES = _reads("summary", "detail", "history", "attention", "deliveries", "commands")

READING: Sequence[Rule] = (
    Rule(role="issuer", offices=ACTING, relations=_only("issuer"), aspects=ASPECTS),
    Rule(role="controller", offices=ACTING, relations=_only("controller"), aspects=ASPECTS),
    Rule(
        role="assignee",
        offices=ACTING,
        relations=_only("lead", "co-assignee"),
        aspects=_reads("summary", "detail", "history", "evidence", "commands"),
    ),
    Rule(
        role="superior",
        offices=ACTING,
        relations=_only("lead"),
        below=True,
        aspects=_reads("summary", "detail", "history"),
    ),
    Rule(
        role="told",
        offices=ACTING,
        relations=_only("told"),
        aspects=_reads("summary", "detail", "history"),
    ),
    Rule(
        role="observer",
        offices=ACTING,
        relations=_only("observer"),
        aspects=_reads("summary", "detail", "commands"),
    ),
    Rule(
        role="operator",
        offices=_OPERATOR,
        relations=_only("issuer"),
        below=True,
        aspects=_WATCHES,
    ),
    Rule(role="operator", offices=_OPERATOR, relations=_only("controller"), aspects=_WATCHES),
    Rule(
        role="registrar",
        offices=_REGISTRAR,
        relations=_only("issuer"),
        below=True,
        aspects=_reads("summary", "detail", "history", "evidence", "commands"),
    ),
    Rule(
        role="auditor",
        offices=_AUDITOR,
        relations=RELATIONS,
        below=True,
        aspects=ASPECTS - {"commands"},
    ),
)

Parties = Mapping[Relation, frozenset[BodyId]]
"""The bodies that stand to one instruction, by how they do."""


def parties(record: Record, events: Iterable[InstructionEvent]) -> Parties:
    """Who stands how to the instruction now.

    Args:
        events: all of its stream, as corrected.
    """
    told = (e for e in events if isinstance(e, Escalated))
    return {
        "issuer": frozenset({record.issuer}),
        "controller": frozenset({record.controller} if record.controller else ()),
        "lead": frozenset(record.leads),
        "co-assignee": frozenset(record.co_assignees),
        "observer": frozenset(record.observers),
        "told": frozenset(body for e in told for body in (e.body, *e.others) if body is not None),
    }


def recurrence_parties(terms: Terms, directory: Directory, at: datetime) -> Parties:
    """Who stands how to a recurrence: as they would to what it issues next, so heirs in place of those they took over from."""

    def by_now(*bodies: BodyId | None) -> frozenset[BodyId]:
        named = (body for body in bodies if body is not None)
        return frozenset(directory.heir(body, at) or body for body in named)

    return {
        "issuer": by_now(terms.issuer),
        "controller": by_now(terms.controller),
        "lead": by_now(terms.lead),
        "co-assignee": by_now(*terms.co_assignees),
    }


@dataclass(frozen=True)
class Scope:
    """Which instructions somebody may read in one aspect: those to which one of these bodies stands so."""

    bodies: Mapping[Relation, frozenset[BodyId]]

    def lets(self, who: Parties) -> bool:
        return any(
            not self.bodies.get(relation, frozenset()).isdisjoint(b) for relation, b in who.items()
        )

    @cached_property
    def pairs(self) -> tuple[list[str], list[BodyId]]:
        """Relations and bodies, pair by pair: what read models are asked with."""
        found = sorted(
            (relation, body) for relation, bodies in self.bodies.items() for body in bodies
        )
        return [relation for relation, _ in found], [body for _, body in found]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """Somebody who asks, with the offices that they act through at the moment."""

    person: PersonId
    mandates: tuple[Mandate, ...]
    directory: Directory
    at: datetime
    """The moment."""

    @classmethod
    def of(cls, person: PersonId, directory: Directory, at: datetime) -> "Reader":
        mandates = directory.mandates(person, at)
        return cls(person=person, mandates=mandates, directory=directory, at=at)

    def scope(self, aspect: Aspect) -> Scope:
        """The instructions of which they may read this."""
        found: dict[Relation, frozenset[BodyId]] = {}
        for rule in READING:
            if aspect in rule.aspects:
                bodies = self._bodies(rule.offices, below=rule.below)
                for relation in rule.relations if bodies else ():
                    found[relation] = found.get(relation, frozenset()) | bodies
        return Scope(found)

    def aspects(self, who: Parties) -> frozenset[Aspect]:
        """What they may read of an instruction with these parties."""
        return frozenset(
            aspect for rule in READING if self._applies(rule, who) for aspect in rule.aspects
        )

    def owner(self, body: BodyId) -> BodyId:
        """Whose it is that was this body's: its heir's, if that has taken over."""
        return self.directory.heir(body, self.at) or body

    def parties_of(self, terms: Terms) -> Parties:
        """Who stands how to a recurrence."""
        return recurrence_parties(terms, self.directory, self.at)

    @property
    def holds_office(self) -> bool:
        """Directory, calendars and policies are for whoever holds any: they are common knowledge in there."""
        return bool(self.mandates)

    @property
    def acts_for(self) -> frozenset[BodyId]:
        """The bodies that they act for, in their own right or for somebody who is absent."""
        return frozenset(m.office.body for m in self.mandates if m.office.kind in ACTING)

    @property
    def operates(self) -> bool:
        """They act on escalations, somewhere."""
        return any(m.office.kind == "operator" for m in self.mandates)

    @property
    def registers(self) -> bool:
        """They enter what happened earlier, somewhere."""
        return any(m.office.kind == "registrar" for m in self.mandates)

    @property
    def registers_for(self) -> frozenset[BodyId]:
        """The bodies whose past they enter: those that they are registrars of, and those below them."""
        return self._bodies(_REGISTRAR, below=True)

    @property
    def administers(self) -> bool:
        """Addresses of others, their tokens: what is needed to keep the directory."""
        return any(m.office.kind == "administrator" for m in self.mandates)

    @property
    def audits_log(self) -> bool:
        """Checkpoints, and the log of who was refused or read what: auditors of a body that stands below none."""
        return any(
            m.office.kind == "auditor" and self.directory.bodies[m.office.body].parent is None
            for m in self.mandates
        )

    @property
    def audits_any(self) -> bool:
        """Checkpoints, and proofs that one continues another, which hold nothing but hashes: auditors of any body."""
        return any(m.office.kind == "auditor" for m in self.mandates)

    def audits(self, body: BodyId) -> bool:
        """All events of programmes that are, or were, this body's: auditors of their owner, or of one above it."""
        return self.owner(body) in self._bodies(_AUDITOR, below=True)

    def reads_figures_of(self, body: BodyId) -> bool:
        """Figures and reports of programmes that are, or were, this body's: whoever holds an office in their owner or
        above it, but for administrators.
        """
        kinds = frozenset(get_args(OfficeKind)) - {"administrator"}
        return self.owner(body) in self._bodies(kinds, below=True)

    def _applies(self, rule: Rule, who: Parties) -> bool:
        """As `scope` would say; looked at from the few bodies that there are, and not from all below theirs."""
        own = self._bodies(rule.offices, below=False)
        named = frozenset[BodyId]().union(*(who.get(one, frozenset()) for one in rule.relations))
        if rule.below:
            named = frozenset(above for one in named for above in self.directory.chain(one))
        return not own.isdisjoint(named)

    def _bodies(self, offices: frozenset[OfficeKind], *, below: bool) -> frozenset[BodyId]:
        own = frozenset(m.office.body for m in self.mandates if m.office.kind in offices)
        return frozenset[BodyId]().union(*map(self.directory.below, own)) if below else own
