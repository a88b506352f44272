"""What a digest says of its own, in each language; what people wrote stays as they wrote it."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.directory.preferences import Language


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """Titles with a count take it as `{}`."""

    title: str
    """Of the programme, since when, until when."""
    figures: str
    measures: str
    implemented: str
    behind_schedule: str
    past_original: str
    discipline: str
    carried_over: str
    cancelled: str
    proposed: str
    refused: str
    completed: str
    nothing_completed: str
    in_time: str
    late: str
    became_late: str
    late_since: str
    milestone: str
    """After the day, where it is a milestone's."""
    nothing_late: str
    moved: str
    nothing_moved: str
    later: str
    earlier: str
    extension_approved: str
    resumed: str
    escalated: str
    nothing_escalated: str
    due_in_a_week: str
    due_in_two: str
    nothing_due: str
    discipline_changed: str
    no_discipline_changed: str
    nobody: str
    number: str
    lead: str
    submitted: str
    text: str
    deadline: str
    was: str
    now: str
    why: str
    on: str
    to: str
    done: str
    then: str
    restated: str
    overdue: str
    """Of a letter that went out late: when it was due (UTC)."""


WORDING: Mapping[Language, Wording] = {
    "en": Wording(
        title="{}: {} to {}",
        figures="Figures",
        measures="measures",
        implemented="implemented",
        behind_schedule="behind schedule",
        past_original="past the original deadline",
        discipline="execution discipline",
        carried_over="carried over",
        cancelled="cancelled",
        proposed="proposed",
        refused="refused",
        completed="Completed: {}",
        nothing_completed="Nothing was completed.",
        in_time="in time",
        late="late",
        became_late="Became late: {}",
        late_since="late since",
        milestone="milestone",
        nothing_late="Nothing became late.",
        moved="Deadlines moved: {}",
        nothing_moved="No deadline moved.",
        later="later",
        earlier="earlier",
        extension_approved="extension approved",
        resumed="resumed",
        escalated="Escalated: {}",
        nothing_escalated="Nothing was escalated.",
        due_in_a_week="Due in the next 7 days: {}",
        due_in_two="Due in the 7 days after: {}",
        nothing_due="Nothing is due.",
        discipline_changed="Execution discipline that changed",
        no_discipline_changed="No body's changed.",
        nobody="(nobody)",
        number="number",
        lead="lead",
        submitted="submitted",
        text="text",
        deadline="deadline",
        was="was",
        now="is",
        why="why",
        on="on",
        to="to",
        done="done",
        then="then",
        restated="Entered late since then: {} changes of the earlier figures.",
        overdue="This digest was due on {} UTC and is late.",
    ),
    "ru": Wording(
        title="{}: с {} по {}",
        figures="Показатели",
        measures="мероприятий",
        implemented="исполнено",
        behind_schedule="с отставанием от графика",
        past_original="с нарушением первоначального срока",
        discipline="исполнительская дисциплина",
        carried_over="перенесено",
        cancelled="отменено",
        proposed="предложено",
        refused="отклонено",
        completed="Исполнено: {}",
        nothing_completed="Ничего не исполнено.",
        in_time="в срок",
        late="с опозданием",
        became_late="Новые отставания: {}",
        late_since="отстаёт с",
        milestone="этап",
        nothing_late="Новых отставаний нет.",
        moved="Сроки изменены: {}",
        nothing_moved="Сроки не менялись.",
        later="позже",
        earlier="раньше",
        extension_approved="срок продлён",
        resumed="исполнение возобновлено",
        escalated="Эскалировано: {}",
        nothing_escalated="Эскалаций не было.",
        due_in_a_week="Срок в ближайшие 7 дней: {}",
        due_in_two="Срок в следующие 7 дней: {}",
        nothing_due="Сроков нет.",
        discipline_changed="Изменения исполнительской дисциплины",
        no_discipline_changed="Ни у одного органа не изменилась.",
        nobody="(не назначен)",
        number="номер",
        lead="исполнитель",
        submitted="отчёт",
        text="текст",
        deadline="срок",
        was="было",
        now="стало",
        why="основание",
        on="дата",
        to="кому",
        done="исполнено",
        then="было",
        restated="Внесено позднее: изменений прежних показателей — {}.",
        overdue="Срок отправки этой сводки — {} UTC; она отправлена с опозданием.",
    ),
}
