"""Which policies there are, as the directory has them: all versions, and Remit's own."""

from domain.directory import commands as c
from domain.directory.policy_versions import REMITS_OWN, latest_policies, versions_of
from domain.policies import DEFAULT_POLICY, Policy, ReminderRule
from tests.domain.directory_specification import asked, directory_after
from tests.domain.world import NOW, directory

_QUIET = Policy(id="quiet")
_LOUD = Policy(id="quiet", reminders=(ReminderRule(id="half", percent=50),))


def _publish(policy: Policy) -> c.PublishPolicy:
    return c.PublishPolicy(**asked(), policy=policy)


def test_each_version_that_was_published_is_known() -> None:
    known = directory_after(_publish(_QUIET), _publish(_LOUD)).directory
    told = [(one.policy, one.version, one.at) for one in versions_of(known, "quiet")]
    assert told == [(_QUIET, 1, NOW), (_LOUD, 2, NOW)]
    assert versions_of(known, "unknown") == ()


def test_of_each_the_latest_is_listed_and_remits_own_until_another_is_published() -> None:
    assert latest_policies(directory()) == [REMITS_OWN]
    assert versions_of(directory(), DEFAULT_POLICY.id) == (REMITS_OWN,)
    known = directory_after(_publish(_QUIET), _publish(_LOUD)).directory
    assert [one.policy for one in latest_policies(known)] == [_LOUD, DEFAULT_POLICY]
    ours = DEFAULT_POLICY.model_copy(update={"reminders": ()})
    other = directory_after(_publish(ours)).directory
    assert REMITS_OWN not in latest_policies(other)
    assert [one.policy for one in versions_of(other, DEFAULT_POLICY.id)] == [ours]
