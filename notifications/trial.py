"""A letter that only tries whether a channel reaches somebody: it is about nothing."""

from collections.abc import Mapping

from domain.directory.preferences import Language
from notifications.letter import Letter

_SUBJECT: Mapping[Language, str] = {
    "en": "Test notice from Remit",
    "ru": "Пробное уведомление Remit",
}
_TEXT: Mapping[Language, str] = {
    "en": "You have asked for this test notice on the set-up pages of Remit. This channel reaches you; there is nothing to do.",
    "ru": "Вы запросили это пробное уведомление на страницах настройки Remit. Канал действует; делать ничего не нужно.",
}


def trial_letter(language: Language) -> Letter:
    """The same for everybody: it names nobody and nothing."""
    text = _TEXT[language]
    return Letter(
        subject=_SUBJECT[language],
        text=f"{text}\n",
        html=f'<!doctype html><html lang="{language}"><body><p>{text}</p></body></html>',
    )
