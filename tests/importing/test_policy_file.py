"""Policies as files: what is meant is what is read, and what cannot be is named with the way out."""

import json
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from domain.policies import Policy, WorkingSpan
from importing.policy_file import MOST_BYTES, MOST_NODES, BadPolicyFile, policy_as_yaml, read_policy
from tests.domain.arbitrary import policies
from tests.programmes import EXAMPLES

_EXAMPLES = sorted((EXAMPLES / "policies").glob("*.yaml"))


@pytest.mark.parametrize("file", _EXAMPLES, ids=lambda file: file.stem)
def test_the_examples_are_policies_named_as_their_files(file: Path) -> None:
    assert read_policy(file.read_bytes()).id == file.stem


@settings(max_examples=60, deadline=None)
@given(policies())
def test_what_is_written_as_yaml_or_json_is_read_as_the_same(policy: Policy) -> None:
    assert read_policy(policy_as_yaml(policy).encode()) == policy
    assert read_policy(policy.model_dump_json().encode()) == policy


def test_hours_days_and_lengths_of_time_are_what_they_look_like() -> None:
    policy = read_policy(
        b"id: plain\n"
        b"reminders:\n"
        b"  - {id: a, offset: P1D working, at: 10:00}\n"
        b"  - {id: b, on: 2026-03-01, at: 09:30}\n"
        b"  - {id: 'no', offset: PT12H}\n"
    )
    a, b, c = policy.reminders
    assert (a.offset, a.at) == (WorkingSpan(length=timedelta(days=1)), time(10))
    assert (b.on, b.at) == (date(2026, 3, 1), time(9, 30))
    assert (c.id, c.offset) == ("no", timedelta(hours=12))


def test_tabs_are_fine_in_json_and_anchors_in_yaml() -> None:
    assert read_policy(b'{\n\t"id": "tabbed"\n}').id == "tabbed"
    shared = read_policy(
        b"id: shared\nreminders: &r\n  - {id: a, offset: P1D}\nvariants: {high: {reminders: *r}}\n"
    )
    assert shared.variants["high"].reminders == shared.reminders


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("id: x\nreminders:\n  - {id: a, offset: 5}\n", "reminders[1].offset", "write P5D, PT12H"),
        ("id: x\nreminders:\n  - {id: a, offset: 5 days}\n", "reminders[1].offset", "no length"),
        ("id: x\nreminders:\n  - {id: a, offset: P1M}\n", "reminders[1].offset", "give weeks"),
        ("id: x\nreminders:\n  - {id: a, offset: P1M working}\n", "reminders[1].offset", "weeks"),
        (
            "id: x\nreminders:\n  - {id: a, offset: P1D, at: 9am}\n",
            "reminders[1].at",
            "write 09:00",
        ),
        ("id: x\nreminders:\n  - {id: a}\n", "reminders[1]", "give exactly one of `offset`"),
        (
            "id: x\nescalation:\n  - {id: a, since: deadline, after: P1D, to: boss}\n",
            "escalation[1].to",
            "boss will not do; write lead, controller",
        ),
        ("id: Big\n", "id", "Big will not do; write small letters"),
        ("reminders: []\n", "id", "it is missing"),
        ("id: x\nremind: []\n", "remind", "there is no such field; docs/policies.md"),
        ("id: x\nid: y\n", "file", "id is given twice"),
        ("id: x\nacknowledge_within: PT0S\n", "acknowledge_within", "give more than none"),
        ("- id: x\n", "file", "it begins with `id:`"),
        ("id: [x\n", "file", "it is no YAML or JSON"),
        ("", "file", "it begins with `id:`"),
        ('{"id": "x"', "file", "it is no YAML or JSON"),
    ],
)
def test_what_cannot_be_is_named_with_the_way_out(text: str, place: str, reason: str) -> None:
    with pytest.raises(BadPolicyFile) as raised:
        read_policy(text.encode())
    [problem] = raised.value.problems
    assert problem.where == place
    assert reason in problem.reason


def test_every_problem_of_a_file_is_named() -> None:
    bad: dict[str, object] = {
        "id": "x",
        "reminders": [{"id": "a"}, {"id": "b", "offset": "P1D", "side": "beside"}],
        "variants": {"urgent": {}},
    }
    with pytest.raises(BadPolicyFile) as raised:
        read_policy(json.dumps(bad).encode())
    assert [problem.where for problem in raised.value.problems] == [
        "reminders[1]",
        "reminders[2].side",
        "variants.urgent",
    ]


def test_what_is_no_text_or_too_long_is_refused() -> None:
    for content, reason in ((b"\xff\xfe", "UTF-8"), (b"#" * (MOST_BYTES + 1), "longer than")):
        with pytest.raises(BadPolicyFile, match=reason):
            read_policy(content)


_DOUBLING = "l0: &l0 {a: 1}\n" + "".join(
    f"l{n}: &l{n} {{a: *l{n - 1}, b: *l{n - 1}}}\n" for n in range(1, 16)
)
_MERGED = "l0: &l0 {a: 1, b: 2, c: 3}\n" + "".join(
    f"l{n}: &l{n} {{<<: [*l{n - 1}, *l{n - 1}, *l{n - 1}]}}\n" for n in range(1, 10)
)


@pytest.mark.parametrize("text", [_DOUBLING, _MERGED, f"x: [{'1, ' * MOST_NODES}]\n"])
def test_what_would_be_many_values_with_its_anchors_written_out_is_refused(text: str) -> None:
    with pytest.raises(BadPolicyFile, match=f"more than {MOST_NODES} values"):
        read_policy(text.encode())


@pytest.mark.parametrize("text", ["x: &x [*x]\n", "x: &x {<<: *x}\n"])
def test_an_anchor_within_itself_is_refused(text: str) -> None:
    with pytest.raises(BadPolicyFile, match="within itself"):
        read_policy(text.encode())


def test_an_anchor_may_be_merged() -> None:
    merged = read_policy(
        b"id: merged\nreminders:\n  - &r {id: a, offset: P1D}\n  - {<<: *r, id: b}\n"
    )
    assert [one.id for one in merged.reminders] == ["a", "b"]


def test_what_is_nested_too_deeply_is_refused() -> None:
    for text in ('{"x":' * 5000 + "1" + "}" * 5000, "[" * 5000):
        with pytest.raises(BadPolicyFile):
            read_policy(text.encode())
