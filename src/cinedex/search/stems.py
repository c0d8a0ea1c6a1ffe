"""Forms of words joined by the rules of their own language: Snowball stemmers.

Full text joins English forms by itself; stems of what is said in other languages are put beside it, so that a German
plural finds its singular. Stems of two languages may be the same: which words are really there is looked for in the
text's own language.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from functools import cache, lru_cache, partial
from typing import Any

from cinedex.search.terms import words_of

LANGUAGES = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "eu": "basque",
    "fi": "finnish", "fr": "french", "ga": "irish", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
"""Languages with a stemmer."""

_LONGEST = 40


def forms_of(text: str, language: str) -> list[str]:
    """The stems of a text's words by its language's rules, where they are others than the words, each once.

    None for English and where no stemmer is.
    """
    if language == "en" or language not in LANGUAGES:
        return []
    forms = ((word.casefold(), stem(word, language)) for word in words_of(text))
    return [*dict.fromkeys(form for word, form in forms if form != word)]


def asked(text: str, languages: Iterable[str]) -> list[str]:
    """The stems of a query's words by the rules of every language that there is something in, each once."""
    return [*dict.fromkeys(form for language in sorted(set(languages)) for form in forms_of(text, language))]


def stemmer(language: str) -> Callable[[str], str] | None:
    """What takes the endings off words of a language; None for English, which full text knows, and where none is."""
    return partial(stem, language=language) if language != "en" and language in LANGUAGES else None


@lru_cache(maxsize=50_000)
def stem(word: str, language: str) -> str:
    """A word without its endings, by the language's rules; only casefolded where there are none."""
    folded = unicodedata.normalize("NFC", word.casefold())
    made = _stemmer(language)
    return str(made.stemWord(folded))[:_LONGEST] if made is not None else folded


@cache
def _stemmer(language: str) -> Any:
    import snowballstemmer  # noqa: PLC0415 - only films in other languages need it

    return snowballstemmer.stemmer(LANGUAGES[language]) if language in LANGUAGES else None
