"""The policies that were published, and Remit's own, which nobody need publish."""

from collections.abc import Sequence

from domain.directory.state import Directory, PublishedPolicy
from domain.policies import DEFAULT_POLICY, PolicyId

REMITS_OWN = PublishedPolicy(policy=DEFAULT_POLICY, version=0, at=None)


def latest_policies(directory: Directory) -> Sequence[PublishedPolicy]:
    """Of each the latest version, by id; and Remit's own, where nobody published another under its id."""
    latest = directory.policies
    known = [latest[name] for name in sorted(latest)]
    return known if DEFAULT_POLICY.id in latest else [*known, REMITS_OWN]


def versions_of(directory: Directory, policy: PolicyId) -> Sequence[PublishedPolicy]:
    """All of one policy, the latest last; none if it is not known."""
    found = directory.policy_versions.get(policy, ())
    return found or ((REMITS_OWN,) if policy == DEFAULT_POLICY.id else ())
