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
    "issuer-head": "руководителю органа, выдавшего поручение",
    "superior": "вышестоящему органу исполнителя",
}
_ON = "Работа продолжается, срок прежний."
_NEW = "Работа продолжается в новый срок."
_REPORT = (
    "Ответственный исполнитель представляет отчёт об исполнении или запрашивает продление срока."
)
_VERDICT = "Контролёр снимает поручение с контроля или возвращает его на доработку."
_NOTHING = "Делать больше ничего не нужно."


def said(event: e.NotifyingEvent, about: About) -> Said:
    deadline = short(about.deadline, "ru")
    match event:
        case e.InstructionAssigned():
            return Said(
                f"Назначен исполнитель: срок {deadline}",
                "Ответственный исполнитель принимает поручение к исполнению или отказывается, указав причину.",
            )
        case e.AssignmentDeclined():
            return Said(
                f"Исполнитель отказался: {event.reason}",
                "Автор поручения назначает другого ответственного исполнителя.",
            )
        case e.ControllerSet():
            if event.controller is None:
                return Said(
                    "Контролёр не назначен: поручение завершит отчёт об исполнении",
                    "Отчёт ответственного исполнителя завершит поручение.",
                )
            return Said(
                f"Контролёр: {about.name(event.controller)}",
                f"После представления отчёта {_lower(_VERDICT)}",
            )
        case e.ProgressRequested():
            return Said(
                f"Запрошены сведения о ходе исполнения, срок {deadline}"
                + (f": {event.text}" if event.text else ""),
                "Исполнители сообщают о ходе исполнения.",
            )
        case e.ExtensionRequested():
            by = moment(event.decide_by, about.deadline.zone, "ru")
            return Said(
                f"Запрошено продление срока до {short(event.until, 'ru')}: {event.reason}",
                f"Контролёр, а если его нет — автор поручения, решает до {by}; "
                "позже запрос теряет силу.",
            )
        case e.ExtensionWithdrawn():
            return Said(f"Запрос о продлении отозван: срок прежний, {deadline}", _ON)
        case e.ExtensionApproved():
            return Said(f"Срок продлён до {short(event.deadline, 'ru')}", _NEW)
        case e.ExtensionRefused():
            return Said(f"В продлении срока отказано: {event.reason}", _ON)
        case e.ExtensionExpired():
            return Said(f"Запрос о продлении вовремя не рассмотрен: срок прежний, {deadline}", _ON)
        case e.DeadlineChanged():
            return Said(
                f"Срок изменён, новый срок {short(event.deadline, 'ru')}: {event.reason}", _NEW
            )
        case e.JointReportSubmitted():
            return Said(
                f"{about.name(event.body)}: отчёт представлен, остальные ещё не представили: срок {deadline}",
                "Отчёт представляет каждый из совместных исполнителей; последний отчёт завершает исполнение.",
            )
        case e.CompletionReported():
            return Said("Представлен отчёт об исполнении, ожидается снятие с контроля", _VERDICT)
        case e.ReportWithdrawn():
            return Said("Отчёт об исполнении отозван, работа продолжается", _REPORT)
        case e.InstructionCompleted():
            return Said("Исполнено", _NOTHING)
        case e.ReturnedForRework():
            return Said(
                f"Возвращено на доработку: {event.reason}",
                "Ответственный исполнитель устраняет замечания и представляет отчёт снова.",
            )
        case e.Suspended():
            return Said(
                f"Приостановлено: {event.reason}", "До возобновления исполнения сроки не идут."
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
                f"Орган «{body}» заменён правопреемником: «{heir}»",
                f"То, что было поручено органу «{body}», продолжает «{heir}».",
            )
        case e.MilestonesSet():
            named = "; ".join(f"{m.title}: {short(m.due, 'ru')}" for m in event.milestones)
            return Said(
                f"Установлены этапы: {named}" if named else "Этапов больше нет",
                "Ответственный исполнитель указывает достигнутый этап в сведениях о ходе исполнения.",
            )
        case e.MilestoneMissed():
            return Said(
                f"Этап не достигнут в срок{_late(late=event.late)}: {about.title(event.milestone)}",
                "Ответственный исполнитель сообщает о ходе исполнения и указывает этап, когда он достигнут.",
            )
        case e.ReminderDue():
            return Said(f"Напоминание: срок {deadline}{_late(late=event.late)}", _REPORT)
        case e.Escalated():
            return Said(
                f"Эскалация — {_target(event, about)}{_late(late=event.late)}: {event.reason}",
                "Тот, кому она направлена, берёт вопрос на себя и принимает эскалацию.",
            )
        case _:
            assert_never(event)


def _target(event: e.Escalated, about: About) -> str:
    known = _TARGETS.get(event.to)
    return f"«{about.name(event.to.removeprefix('body:'))}»" if known is None else known


def _late(*, late: bool) -> str:
    return " (отправлено с опозданием)" if late else ""


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
