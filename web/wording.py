"""What each problem is called, and what to do about it, in the languages of the API.

The `detail` of a problem, which says what is wrong this time, is in English: it is a rule's own sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.directory.preferences import Language


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    way_out: str


_ENGLISH: Mapping[str, Words] = {
    "already-exists": Words("There is one with this id already", "Choose another id."),
    "already-issued": Words("The instruction is issued already", "Choose another number."),
    "already-published": Words(
        "The report is published already", "Nothing is to be done: it stays as it is."
    ),
    "body-closed": Words("The body is no more", "Name the one that took over, or another."),
    "body-not-established": Words(
        "The body is not established yet", "Charge another one until then."
    ),
    "changed-meanwhile": Words("It has changed meanwhile", "Read it again, and decide anew."),
    "command-id-reused": Words("The key was used for another command", "Send it with a new key."),
    "deadline-after-parent": Words(
        "A part would be due after the whole", "Give an earlier deadline."
    ),
    "deadline-before-parts": Words(
        "The whole would be due before its parts", "Change their deadlines first."
    ),
    "deadline-in-the-past": Words("The deadline has passed", "Give a later one."),
    "deadline-not-later": Words("The deadline would not be later", "Ask for a later day."),
    "deadline-required": Words("A new deadline is needed", "Give one."),
    "extension-already-open": Words("An extension is asked for already", "Wait for the decision."),
    "identity-not-proven": Words("Who sends this is not proven", "Send it through the API."),
    "invalid": Words("A field makes no sense", "Mend the field that is named."),
    "no-escalation": Words("Nothing is escalated", "Nothing is to be done."),
    "no-extension-open": Words("No extension is asked for", "Nothing is to be decided."),
    "no-report": Words("There is no report", "Nothing is to be withdrawn."),
    "not-assigned": Words("Nobody is assigned", "Assign it first."),
    "not-authorised": Words(
        "You may not do this", "Have somebody do it who may; the detail names who."
    ),
    "not-correctable": Words("This cannot be corrected", "Name another event or field."),
    "not-in-this-phase": Words(
        "Not in this phase", "See in which it can be done; the detail names them."
    ),
    "not-issued": Words("There is no such instruction", "Check its number."),
    "number-taken": Words("The number is taken", "Choose another."),
    "occurred-in-the-future": Words("It has not happened yet", "Enter it once it has."),
    "parts-still-open": Words("Parts are still open", "Complete or cancel them first."),
    "programme-not-in-force": Words(
        "The programme is not in force", "Adopt it, or choose another."
    ),
    "too-many-parts": Words("Too many parts at once", "Do it to the parts first."),
    "too-much-contention": Words("Too much happens to it at once", "Send it again."),
    "upgrade-unfinished": Words(
        "Remit is being upgraded", "Send it again once the upgrade is finished."
    ),
    "unknown": Words("What is named is not known", "Mend the id, or register it first."),
    "whole-not-open": Words(
        "The whole is reported or closed", "Have it returned, withdrawn or reopened first."
    ),
    "bad-cursor": Words("The page is not known", "Take `after` as the page before told it."),
    "bad-request": Words("The request cannot be read", "Mend what the detail names."),
    "body-too-large": Words("The body is too large", "Send less; the detail says how much."),
    "body-too-slow": Words("The body took too long", "Send it again, faster."),
    "busy": Words("Others are at it already", "Send the same again a little later."),
    "csrf": Words("The form is not from here", "Load the page again, and send it from there."),
    "evidence-lost": Words(
        "The file is not what was recorded", "Tell the operator: the log has its SHA-256."
    ),
    "forbidden": Words(
        "You have no right to this", "Ask an administrator for the office that has."
    ),
    "in-the-clear": Words("It came without TLS", "Ask by https; revoke a token that was sent so."),
    "internal": Words(
        "Something failed in Remit",
        "Send it again; if it stays so, tell the operator the request id.",
    ),
    "key-required": Words(
        "The Idempotency-Key is missing",
        "Send one that is new for each command, and the same for each repetition.",
    ),
    "method-not-allowed": Words("Not by this method", "Use one that `Allow` names."),
    "no-evidence-store": Words(
        "Files are not kept here", "Have the operator set a place for evidence."
    ),
    "no-room": Words(
        "The server's disk is full", "Send the same again later, and tell the operator."
    ),
    "not-acceptable": Words("Not in the form that is asked for", "Ask for JSON."),
    "not-as-signed": Words(
        "The log is not what was signed", "Tell whoever runs Remit; `remit audit verify` says more."
    ),
    "not-covered": Words(
        "No checkpoint covers it yet", "Ask again once the next checkpoint is signed."
    ),
    "not-found": Words(
        "There is no such thing", "Check the address; it may also be that you may not see it."
    ),
    "not-signed-in": Words("You are not signed in", "Sign in, or send a token."),
    "out-of-reach": Words("A server does not answer", "Send the same again a little later."),
    "outcome-unknown": Words(
        "It is not known whether this was recorded",
        "Send the same again, under the same key: it is recorded once.",
    ),
    "position-not-reached": Words("The lists are not that far yet", "Ask again in a moment."),
    "scope-missing": Words(
        "The token is not for this", "Make one with the scope that the detail names."
    ),
    "too-many-requests": Words("Too many requests", "Wait as long as `Retry-After` says."),
    "too-much": Words("That is too much at a time", "Ask for less; the detail says how much."),
    "unsupported-media-type": Words(
        "Not in this form", "Send `application/json`, or what the detail names."
    ),
    "validation": Words(
        "Something in the request makes no sense", "Mend the fields that are named."
    ),
}
_RUSSIAN: Mapping[str, Words] = {
    "already-exists": Words("Такой идентификатор уже занят", "Выберите другой идентификатор."),
    "already-issued": Words("Поручение уже выдано", "Выберите другой номер."),
    "already-published": Words(
        "Отчёт уже опубликован", "Ничего делать не нужно: он остаётся как есть."
    ),
    "body-closed": Words("Орган больше не существует", "Укажите правопреемника или другой орган."),
    "body-not-established": Words(
        "Орган ещё не образован", "До его образования назначьте другой орган."
    ),
    "changed-meanwhile": Words(
        "За это время всё изменилось", "Прочитайте заново и решите ещё раз."
    ),
    "command-id-reused": Words(
        "Ключ уже использован для другой команды", "Отправьте с новым ключом."
    ),
    "deadline-after-parent": Words(
        "Срок подпоручения позже срока основного поручения", "Назначьте более ранний срок."
    ),
    "deadline-before-parts": Words(
        "Срок основного поручения раньше срока подпоручений", "Сначала измените сроки подпоручений."
    ),
    "deadline-in-the-past": Words("Срок уже прошёл", "Назначьте более поздний."),
    "deadline-not-later": Words("Новый срок не позже прежнего", "Запросите более поздний срок."),
    "deadline-required": Words("Нужен новый срок", "Укажите его."),
    "extension-already-open": Words("Продление уже запрошено", "Дождитесь решения."),
    "identity-not-proven": Words("Отправитель не подтверждён", "Отправьте через API."),
    "invalid": Words("Поле заполнено неверно", "Исправьте указанное поле."),
    "no-escalation": Words("Эскалации нет", "Ничего делать не нужно."),
    "no-extension-open": Words("Продление не запрошено", "Решать нечего."),
    "no-report": Words("Отчёта нет", "Отзывать нечего."),
    "not-assigned": Words("Исполнитель не назначен", "Сначала назначьте исполнителя."),
    "not-authorised": Words(
        "У Вас нет на это полномочий",
        "Обратитесь к тому, у кого они есть; он указан в подробностях.",
    ),
    "not-correctable": Words("Это исправить нельзя", "Укажите другое событие или поле."),
    "not-in-this-phase": Words(
        "В этом состоянии нельзя", "Посмотрите, в каких можно: они указаны в подробностях."
    ),
    "not-issued": Words("Такого поручения нет", "Проверьте номер."),
    "number-taken": Words("Номер занят", "Выберите другой."),
    "occurred-in-the-future": Words("Это ещё не произошло", "Внесите, когда произойдёт."),
    "parts-still-open": Words("Есть незакрытые подпоручения", "Сначала завершите или отмените их."),
    "programme-not-in-force": Words("Программа не действует", "Утвердите её или выберите другую."),
    "too-many-parts": Words(
        "Слишком много подпоручений сразу", "Сначала выполните это для подпоручений."
    ),
    "too-much-contention": Words("Слишком много изменений сразу", "Отправьте ещё раз."),
    "upgrade-unfinished": Words(
        "Идёт обновление системы", "Отправьте ещё раз, когда обновление закончится."
    ),
    "unknown": Words(
        "Указанное неизвестно", "Исправьте идентификатор или сначала зарегистрируйте."
    ),
    "whole-not-open": Words(
        "Основное поручение не в работе",
        "Сначала верните его на доработку, отзовите отчёт или верните поручение в работу.",
    ),
    "bad-cursor": Words("Такой страницы нет", "Возьмите `after` из предыдущей страницы."),
    "bad-request": Words("Запрос не читается", "Исправьте то, что указано в подробностях."),
    "body-too-large": Words(
        "Тело запроса слишком велико", "Отправьте меньше: предел указан в подробностях."
    ),
    "body-too-slow": Words("Тело запроса идёт слишком медленно", "Отправьте ещё раз, быстрее."),
    "busy": Words("Этим уже заняты другие", "Повторите тот же запрос чуть позже."),
    "csrf": Words("Форма пришла не отсюда", "Обновите страницу и отправьте с неё."),
    "evidence-lost": Words(
        "Файл утрачен или изменён", "Сообщите администратору системы: в журнале есть его SHA-256."
    ),
    "forbidden": Words("У Вас нет на это права", "Обратитесь к администратору справочника."),
    "in-the-clear": Words(
        "Запрос пришёл без TLS",
        "Обращайтесь по https; отзовите токен, если он был отправлен так.",
    ),
    "internal": Words(
        "Сбой в системе Remit",
        "Повторите; если не поможет, сообщите администратору системы номер запроса.",
    ),
    "key-required": Words(
        "Нет заголовка Idempotency-Key",
        "Отправьте ключ: новый для каждой команды, тот же при повторе.",
    ),
    "method-not-allowed": Words("Этот метод не подходит", "Возьмите метод из `Allow`."),
    "no-evidence-store": Words(
        "Хранилище файлов не настроено", "Обратитесь к администратору системы."
    ),
    "no-room": Words(
        "На диске сервера нет места", "Повторите запрос позже и сообщите администратору системы."
    ),
    "not-acceptable": Words("В такой форме ответа нет", "Запросите JSON."),
    "not-as-signed": Words(
        "Журнал не тот, что был подписан",
        "Сообщите администратору системы: подробности покажет проверка.",
    ),
    "not-covered": Words(
        "Контрольная точка журнала этого ещё не охватывает",
        "Повторите после следующей контрольной точки.",
    ),
    "not-found": Words(
        "Ничего не найдено", "Проверьте адрес; возможно, у Вас нет права это видеть."
    ),
    "not-signed-in": Words("Вход не выполнен", "Войдите или отправьте токен."),
    "out-of-reach": Words("Сервер не отвечает", "Повторите тот же запрос чуть позже."),
    "outcome-unknown": Words(
        "Неизвестно, записано ли это", "Повторите с тем же ключом: запишется один раз."
    ),
    "position-not-reached": Words("Списки ещё не обновились", "Спросите чуть позже."),
    "scope-missing": Words("Токен не для этого", "Создайте токен с нужной областью."),
    "too-many-requests": Words(
        "Слишком много запросов", "Подождите, сколько сказано в `Retry-After`."
    ),
    "too-much": Words("Слишком много сразу", "Запросите меньше: предел указан в подробностях."),
    "unsupported-media-type": Words(
        "Такая форма не принимается",
        "Отправьте `application/json` или то, что указано в подробностях.",
    ),
    "validation": Words("Запрос заполнен неверно", "Исправьте указанные поля."),
}
WORDING: Mapping[Language, Mapping[str, Words]] = {"en": _ENGLISH, "ru": _RUSSIAN}
"""By the code."""
_INTERNAL = "internal"


def words_for(code: str, language: Language) -> Words:
    """Those of a failure for a code that is not known here: a newer worker's."""
    return WORDING[language].get(code) or WORDING[language][_INTERNAL]
