"""A policy as a user names it: the id of a published one, or a file."""

import re
from pathlib import Path

from cli.errors import BadFile, Refused, UsageError
from cli.options import read_file
from domain.directory.state import Directory
from domain.policies import DEFAULT_POLICY, Policy, PolicyId
from domain.rejections import Code
from importing.policy_file import BadPolicyFile, read_policy

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def policy_given(text: str, option: str) -> Policy | PolicyId:
    """The id itself, or the rules of the file.

    Raises:
        UsageError: it is neither, or the file cannot be read.
        BadFile: the file holds no policy.
    """
    if _ID.fullmatch(text):
        return text
    if "." not in text and "/" not in text:
        raise UsageError(
            f"{option} {text} is no id of a policy and no file; `remit policy list` tells the ids, "
            "and a file's name ends in .yaml or .json"
        )
    return policy_in(Path(text))


def policy_in(file: Path) -> Policy:
    """Raises `UsageError` if it cannot be read, `BadFile` if it holds no policy."""
    try:
        return read_policy(read_file(file))
    except BadPolicyFile as error:
        raise BadFile(f"{file}: {error}; nothing was done") from error


def rules_of(text: str, directory: Directory, option: str) -> Policy:
    """The rules that are meant. Raises as `policy_given`, and `Refused` if no such policy is published."""
    given = policy_given(text, option)
    if isinstance(given, Policy):
        return given
    published = directory.policies.get(given)
    if published is not None:
        return published.policy
    if given == DEFAULT_POLICY.id:
        return DEFAULT_POLICY
    raise not_published(given)


def not_published(policy: PolicyId) -> Refused:
    return Refused(
        Code.UNKNOWN,
        f"no policy {policy} is published; `remit policy list` tells those that are",
        "policy",
    )
