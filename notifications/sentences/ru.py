"""What notices say in Russian."""

from collections.abc import Mapping
from typing import assert_never

from domain.instruction import events as e
from domain.policies import Target
from notifications.dates import moment, short
from notifications.sentences.said import About, Said

_TARGETS: Mapping[Target, str] = {
    "lead": "ответственному исполнителю",
    "controller": "контролёру",
    "issuer": "автору поручения",
    "issuer-head": "руководителю органа, давшего поручение",
    "superior": "вышестоящему органу исполнителя",
}
_ON = "Работа продолжается, срок прежний."
_NEW = "Работа продолжается в новый срок."
_REPORT = "Ответственный исполнитель докладывает об исполнении или просит о продлении срока."
_VERDICT = "Контролёр снимает поручение с контроля или возвращает его на доработку."
_NOTHING = "Делать больше ничего не нужно."


def said(event: e.NotifyingEvent, about: About) -> Said:
    deadline = short(about.deadline, "ru")
    match event:
        case e.InstructionAssigned():
            return Said(
                f"Назначено исполнение: срок {deadline}",
                "Ответственный исполнитель принимает поручение или отклоняет его, указав причину.",
            )
        case e.AssignmentDeclined():
            return Said(
                f"Исполнение отклонено: {event.reason}",
                "Автор поручения назначает другого ответственного исполнителя.",
            )
        case e.ControllerSet():
            if event.controller is None:
                return Said(
                    "Контролёра нет: поручение завершит доклад об исполнении",
                    "Доклад ответственного исполнителя завершит поручение.",
                )
            return Said(
                f"Контролёр: {about.name(event.controller)}", f"После доклада: {_lower(_VERDICT)}"
            )
        case e.ProgressRequested():
            return Said(
                f"Запрошены сведения о ходе исполнения, срок {deadline}"
                + (f": {event.text}" if event.text else ""),
                "Исполнители сообщают о ходе работы.",
            )
        case e.ExtensionRequested():
            by = moment(event.decide_by, about.deadline.zone, "ru")
            return Said(
                f"Просьба о продлении срока, новый срок {short(event.until, 'ru')}: {event.reason}",
                f"Контролёр, а если его нет — автор поручения, решает до {by}; "
                "позже просьба теряет силу.",
            )
        case e.ExtensionWithdrawn():
            return Said(f"Просьба о продлении отозвана: срок прежний, {deadline}", _ON)
        case e.ExtensionApproved():
            return Said(f"Срок продлён: {short(event.deadline, 'ru')}", _NEW)
        case e.ExtensionRefused():
            return Said(f"В продлении срока отказано: {event.reason}", _ON)
        case e.ExtensionExpired():
            return Said(
                f"Просьба о продлении вовремя не рассмотрена: срок прежний, {deadline}", _ON
            )
        case e.DeadlineChanged():
            return Said(f"Срок изменён: {short(event.deadline, 'ru')}: {event.reason}", _NEW)
        case e.JointReportSubmitted():
            return Said(
                f"{about.name(event.body)}: доложено об исполнении, остальные ещё нет: срок {deadline}",
                "Докладывает каждый из совместных исполнителей; последний доклад завершает исполнение.",
            )
        case e.CompletionReported():
            return Said("Доложено об исполнении, ожидается снятие с контроля", _VERDICT)
        case e.ReportWithdrawn():
            return Said("Доклад об исполнении отозван, работа продолжается", _REPORT)
        case e.InstructionCompleted():
            return Said("Исполнено", _NOTHING)
        case e.ReturnedForRework():
            return Said(
                f"Возвращено на доработку: {event.reason}",
                "Ответственный исполнитель устраняет замечания и докладывает снова.",
            )
        case e.Suspended():
            return Said(
                f"Приостановлено: {event.reason}", "До возобновления никакие сроки не наступают."
            )
        case e.Resumed():
            return Said(
                f"Возобновлено: срок {short(event.deadline, 'ru')}",
                "Работа продолжается с того места, где была остановлена.",
            )
        case e.Cancelled():
            return Said(f"Отменено: {event.reason}", _NOTHING)
        case e.Reopened():
            return Said(f"Возвращено в работу: {event.reason}", _REPORT)
        case e.BodySucceeded():
            heir, body = about.name(event.heir), about.name(event.body)
            return Said(
                f"Вместо органа «{body}» — «{heir}»",
                f"То, что было поручено органу «{body}», продолжает «{heir}».",
            )
        case e.MilestonesSet():
            named = "; ".join(f"{m.title}: {short(m.due, 'ru')}" for m in event.milestones)
            return Said(
                f"Установлены контрольные точки: {named}"
                if named
                else "Контрольных точек больше нет",
                "Ответственный исполнитель называет достигнутую точку в сведениях о ходе исполнения.",
            )
        case e.MilestoneMissed():
            return Said(
                f"Контрольная точка не достигнута{_late(late=event.late)}: "
                f"{about.title(event.milestone)}",
                "Ответственный исполнитель сообщает о ходе работы и называет точку, когда она достигнута.",
            )
        case e.ReminderDue():
            return Said(f"Напоминание: срок {deadline}{_late(late=event.late)}", _REPORT)
        case e.Escalated():
            return Said(
                f"Эскалация — {_target(event, about)}{_late(late=event.late)}: {event.reason}",
                "Тот, кому она направлена, берёт вопрос на себя и подтверждает эскалацию.",
            )
        case _:
            assert_never(event)


def _target(event: e.Escalated, about: About) -> str:
    known = _TARGETS.get(event.to)
    return f"«{about.name(event.to.removeprefix('body:'))}»" if known is None else known


def _late(*, late: bool) -> str:
    return " (с опозданием)" if late else ""


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
