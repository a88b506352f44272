"""The languages that notices are written in, and the words that stand around what people wrote."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.directory.preferences import Language

Forms = tuple[str, str, str]
"""For one (1, 21 in Russian), for few (2 to 4, 22 to 24 in Russian), for many."""


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
    notices: Forms
    on_instructions: Forms
    completed_meanwhile: str
    """Of an instruction that was closed after what the notice tells."""
    cancelled_meanwhile: str
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
        notices=("{} notice", "{} notices", "{} notices"),
        on_instructions=("on {} instruction", "on {} instructions", "on {} instructions"),
        completed_meanwhile="completed meanwhile",
        cancelled_meanwhile="cancelled meanwhile",
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
        notices=("{} уведомление", "{} уведомления", "{} уведомлений"),
        on_instructions=("по {} поручению", "по {} поручениям", "по {} поручениям"),
        completed_meanwhile="уже исполнено",
        cancelled_meanwhile="уже отменено",
        footer="Отправлено системой Remit: по занимаемой должности Вы получаете такие уведомления. Ответы на "
        "этот адрес никто не читает.",
        calendar="Сроки поручений",
    ),
}


def counted(count: int, forms: Forms, language: Language) -> str:
    """The number with its word. In Russian the form goes by the last digits: 1, 21, but not 11."""
    if language == "en":
        return forms[0 if count == 1 else 1].format(count)
    last = count % 10 if count % 100 not in range(11, 15) else 0
    return forms[0 if last == 1 else 1 if last in (2, 3, 4) else 2].format(count)
