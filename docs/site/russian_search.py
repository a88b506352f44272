"""A search that knows the forms of English and of Russian words: the pages hold both.

Sphinx knows many languages, but one at a time. A word in Cyrillic letters is reduced by the Russian rules, any other by
the English ones, and alike where the index is made (here) and where it is asked (in the browser).
"""

from pathlib import Path

import snowballstemmer
from sphinx import search
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

_STEMMERS = Path(search.__file__).parent / "minified-js"
_CYRILLIC = "\u0400-\u04ff"
_CHOICE = f"""
window.Stemmer = function () {{
  const english = new EnglishStemmer(), russian = new RussianStemmer();
  this.stemWord = (word) => (/[{_CYRILLIC}]/.test(word) ? russian : english).stemWord(word);
}};
"""


class SearchEnglishAndRussian(SearchEnglish):
    lang = "en-ru"
    language_name = "English and Russian"
    js_stemmer_rawcode = ""  # the code below, not one of Sphinx's files
    js_stemmer_code = (
        "\n".join(
            (_STEMMERS / f"{name}-stemmer.js").read_text(encoding="utf-8")
            for name in ("base", "english", "russian")
        )
        + _CHOICE
    )

    def __init__(self, options: dict[str, str]) -> None:
        super().__init__(options)
        self._russian = snowballstemmer.stemmer("russian")

    def stem(self, word: str) -> str:
        if any("\u0400" <= letter <= "\u04ff" for letter in word):
            return self._russian.stemWord(word.lower())
        return super().stem(word)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_search_language(SearchEnglishAndRussian)
    return {"parallel_read_safe": True}
