"""Every version of every policy that was published, as the log has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.directory.events import PolicyPublished
from domain.identifiers import DIRECTORY_STREAM
from domain.policies import DEFAULT_POLICY, Policy, PolicyId
from eventstore.codec import decoded
from eventstore.protocol import EventStore

_PUBLISHED = PolicyPublished.model_fields["type"].default


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyVersion:
    policy: Policy
    version: int
    """0 for Remit's own, which nobody published."""
    at: datetime | None


REMITS_OWN = PolicyVersion(policy=DEFAULT_POLICY, version=0, at=None)


async def policy_versions(store: EventStore) -> Sequence[PolicyVersion]:
    """In the order of publishing."""
    stored = await store.read_stream(DIRECTORY_STREAM)
    published = decoded([one for one in stored if one.type == _PUBLISHED])
    return [
        PolicyVersion(policy=event.policy, version=event.version, at=event.occurred_at)
        for event in published
        if isinstance(event, PolicyPublished)
    ]


async def latest_policies(store: EventStore) -> Sequence[PolicyVersion]:
    """Of each the latest version, by id; and Remit's own, where nobody published another under its id."""
    latest = {one.policy.id: one for one in await policy_versions(store)}
    known = [latest[name] for name in sorted(latest)]
    return known if DEFAULT_POLICY.id in latest else [*known, REMITS_OWN]


async def versions_of(store: EventStore, policy: PolicyId) -> Sequence[PolicyVersion]:
    """All of one policy, the latest last; none if it is not known."""
    found = [one for one in await policy_versions(store) if one.policy.id == policy]
    return found or ([REMITS_OWN] if policy == DEFAULT_POLICY.id else [])
