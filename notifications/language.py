"""The languages that notices are written in, and the words that stand around what people wrote."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "ru"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Labels:
    """What stands before and around the facts of a notice. A field for each, so none is forgotten."""

    instruction: str
    deadline: str
    issuer: str
    lead: str
    nobody_yet: str
    """Instead of the lead assignee, while there is none."""
    next_step: str
    end_of_day: str
    """After a day: the deadline is the end of it."""
    several: str
    """Subject of a message that brings several notices; `{count}` is their number."""
    footer: str
    calendar: str
    """The name of a person's calendar of deadlines."""


LABELS: Mapping[Language, Labels] = {
    "en": Labels(
        instruction="Instruction",
        deadline="Deadline",
        issuer="Issued by",
        lead="Lead assignee",
        nobody_yet="not assigned yet",
        next_step="What comes next",
        end_of_day="until the end of the day",
        several="Notices: {count}",
        footer="Sent by Remit, because you hold an office that is told of this. Nobody reads answers to "
        "this address.",
        calendar="Deadlines of instructions",
    ),
    "ru": Labels(
        instruction="Поручение",
        deadline="Срок",
        issuer="Автор поручения",
        lead="Ответственный исполнитель",
        nobody_yet="пока не назначен",
        next_step="Что дальше",
        end_of_day="до конца дня",
        several="Уведомления: {count}",
        footer="Отправлено системой Remit: по Вашей должности Вам положено об этом знать. Ответы на этот "
        "адрес никто не читает.",
        calendar="Сроки поручений",
    ),
}
