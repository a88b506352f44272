"""A policy as a file, YAML or JSON; docs/policies.md describes every field."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import yaml
from pydantic import ValidationError

from domain.policies import Policy
from importing.problems import DirectoryProblem, where

MOST_BYTES = 256 * 1024
"""Of a policy file: what is longer is none."""
MOST_NODES = 10_000
"""Values of a YAML file, with what its anchors stand for written out."""
_SPANS = frozenset(
    {"offset", "after", "every", "acknowledge_within", "accept_within", "extension_decision"}
)
_SPAN = re.compile(r"P\S+( working)?")
_HOUR = re.compile(r"\d{2}:\d{2}(:\d{2})?")
_FIELD = re.compile(r"[a-z_][a-z0-9_]*")
_SAID = {
    "Field required": "it is missing; give it",
    "Extra inputs are not permitted": "there is no such field; docs/policies.md lists them",
}
_TARGETS = "write lead, controller, issuer, issuer-head, superior or body:ID"
_ID = "write small letters, digits and `-`, at most 64"
_AGAIN = {"to": _TARGETS, "id": _ID, "since": "write the id of a rule"}


class BadPolicyFile(ValueError):
    """The file holds no policy: {problems}."""

    def __init__(self, problems: Sequence[DirectoryProblem]) -> None:
        super().__init__(f"it holds no policy: {'; '.join(str(p) for p in problems)}")
        self.problems = tuple(problems)


def read_policy(content: bytes) -> Policy:
    """The one policy of the file. Raises `BadPolicyFile`, naming every field that is not as it must be."""
    data = _data(content)
    if not isinstance(data, dict):
        raise _bad("file", "it begins with `id:` and the fields of one policy")
    try:
        problems = list(_unclear(cast("dict[str, Any]", data)))
    except RecursionError as error:
        raise _bad("file", "it is nested more deeply than any policy") from error
    if problems:
        raise BadPolicyFile(problems)
    try:
        return Policy.model_validate(data)
    except ValidationError as error:
        raise BadPolicyFile(_problems(error)) from error


def policy_as_yaml(policy: Policy) -> str:
    """The file that `read_policy` makes this very policy of."""
    fields = policy.model_dump(mode="json")
    ordered = {"id": fields.pop("id"), **fields}
    return yaml.safe_dump(  # pyright: ignore[reportUnknownMemberType] - typed loosely there
        ordered, sort_keys=False, allow_unicode=True, width=100
    )


def _data(content: bytes) -> object:
    if len(content) > MOST_BYTES:
        raise _bad("file", f"it is longer than {MOST_BYTES} bytes; that is no policy")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad("file", "it is no text in UTF-8") from error
    try:
        if text.lstrip().startswith("{"):  # JSON may be indented by tabs, YAML may not
            return json.loads(text, object_pairs_hook=_each_once)
        return yaml.load(text, _Plain)  # noqa: S506 - derived from the safe loader
    except BadPolicyFile:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _bad("file", f"it is no YAML or JSON: {' '.join(str(error).split())}") from error


class _Plain(yaml.SafeLoader):
    """Plain scalars are words, whole numbers, true, false and null: to YAML 1.1 `10:00` were 600, and `on` true."""

    def construct_document(self, node: yaml.Node) -> Any:
        _require_few_nodes(node)  # before `<<` copies what an anchor stands for
        return super().construct_document(node)  # pyright: ignore[reportUnknownMemberType] - typed loosely there

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        _each_once([(key, None) for key in keys])
        return found


_Plain.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", "n~"),
    ("int", r"0|-?[1-9][0-9]*", "-0123456789"),
    ("merge", r"<<", "<"),
):
    _Plain.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType] - typed loosely there
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )


def _require_few_nodes(root: yaml.Node) -> None:
    """An anchor is one node, however often it is named; but what reads the values walks each as if it were written out.

    Raises `BadPolicyFile` if these were more than a policy has, or if one stands within itself.
    """
    sizes: dict[yaml.Node, int | None] = {}

    def size(node: yaml.Node) -> int:
        if node in sizes:
            known = sizes[node]
            if known is None:
                raise _bad("file", "an anchor stands within itself; write out what is meant")
            return known
        sizes[node] = None
        sizes[node] = found = 1 + sum(size(inner) for inner in _within(node))
        if found > MOST_NODES:
            raise _bad(
                "file",
                f"it has more than {MOST_NODES} values, with its anchors written out; that is no policy",
            )
        return found

    size(root)


def _within(node: yaml.Node) -> Iterator[yaml.Node]:
    match node:
        case yaml.MappingNode():
            for pair in node.value:
                yield from pair
        case yaml.SequenceNode():
            yield from node.value
        case _:
            return


def _each_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    for name, times in Counter(name for name, _ in pairs).items():
        if times > 1 and name != "<<":
            raise ValueError(f"{name} is given twice in one place; keep one")
    return dict(pairs)


def _unclear(
    data: Mapping[str, Any], path: tuple[int | str, ...] = ()
) -> Iterator[DirectoryProblem]:
    """What would be read, but hardly as it was meant: a bare `5` were five seconds."""
    for name, value in data.items():
        here = (*path, str(name))
        if name in _SPANS and value is not None and not _is(_SPAN, value):
            yield _problem(here, f"{value} is no length of time; write P5D, PT12H or `P5D working`")
        elif name == "at" and value is not None and not _is(_HOUR, value):
            yield _problem(here, f"{value} is no hour of a day; write 09:00")
        elif isinstance(value, dict):
            yield from _unclear(cast("dict[str, Any]", value), here)
        elif isinstance(value, list):
            for n, one in enumerate(cast("list[Any]", value)):
                if isinstance(one, dict):
                    yield from _unclear(cast("dict[str, Any]", one), (*here, n))


def _is(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _problems(error: ValidationError) -> list[DirectoryProblem]:
    """One for each place: of a length of time, what is wrong with the kind that was meant."""
    found: dict[str, DirectoryProblem] = {}
    for detail in error.errors(include_url=False, include_context=False):
        loc = [p for p in detail["loc"] if isinstance(p, int) or _FIELD.fullmatch(p)]
        if len(loc) > 1 and loc[-1] == "length":
            loc.pop()
        branch = detail["loc"][-1] if detail["loc"] else ""
        given = str(detail["input"])
        if branch == "WorkingSpan" and "working" not in given:
            continue
        if isinstance(branch, str) and branch.startswith("function-") and "working" in given:
            continue
        name = str(loc[-1]) if loc else ""
        said = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "string_pattern_mismatch" and name in _AGAIN:
            said = f"{given} will not do; {_AGAIN[name]}"
        problem = _problem(loc, _SAID.get(said, said))
        found.setdefault(f"{problem.where} {problem.reason}", problem)
    return list(found.values())


def _problem(path: Sequence[int | str], reason: str) -> DirectoryProblem:
    return DirectoryProblem(where=where(path) or "policy", reason=reason)


def _bad(place: str, reason: str) -> BadPolicyFile:
    return BadPolicyFile([DirectoryProblem(where=place, reason=reason)])
