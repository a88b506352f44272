"""Which language whoever asks wants to read: `Accept-Language` of RFC 9110."""

from typing import cast, get_args

from domain.directory.preferences import Language

LANGUAGES: frozenset[str] = frozenset(get_args(Language))


def preferred(accept_language: str | None) -> Language:
    """The one wanted most of those there are; English where none is, or the header makes no sense."""
    best: tuple[float, Language] = (0.0, "en")
    for part in (accept_language or "").split(","):
        tag, _, parameter = part.partition(";")
        language = tag.strip().split("-")[0].lower()
        weight = _weight(parameter)
        if language in LANGUAGES and weight > best[0]:
            best = (weight, cast(Language, language))
    return best[1]


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
