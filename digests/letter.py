"""A digest as the letter that goes out."""

from datetime import datetime

from digests.compose import Digest
from digests.pages import as_html, as_text, title_of
from domain.directory.preferences import Language
from notifications.letter import LONGEST_SUBJECT, Letter, one_line


def letter_of(digest: Digest, language: Language, *, overdue_since: datetime | None) -> Letter:
    """`overdue_since`: when it was to go out, if it goes out late: then it says so."""
    return Letter(
        subject=one_line(title_of(digest, language), LONGEST_SUBJECT),
        text=as_text(digest, language, due_at=overdue_since),
        html=as_html(digest, language, due_at=overdue_since),
    )
