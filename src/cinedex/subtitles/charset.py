"""What text a file's bytes are: by its mark, as Unicode, or in the code page that fits best, said with the result."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PAGES = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874", "koi8_r",
    "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr",
)  # fmt: skip
_SPOKEN = {
    "ar": ("cp1256",), "bg": ("cp1251", "koi8_r"), "cs": ("cp1250",), "el": ("cp1253",), "fa": ("cp1256",),
    "he": ("cp1255",), "hr": ("cp1250",), "hu": ("cp1250",), "ja": ("shift_jis", "euc_jp", "iso2022_jp"),
    "ko": ("euc_kr",), "pl": ("cp1250",), "ro": ("cp1250",), "ru": ("cp1251", "koi8_r"), "sk": ("cp1250",),
    "sr": ("cp1251", "cp1250"), "th": ("cp874",), "tr": ("cp1254",), "uk": ("cp1251", "koi8_r"), "vi": ("cp1258",),
    "zh": ("gb18030", "big5"),
}  # fmt: skip
"""In what files of a language were written before Unicode: bytes alone tell Japanese from Korean badly."""
_SAMPLE = 1 << 17
_WESTERN = frozenset("àâäáãåæçèéêëìíîïñòóôöõøœùúûüýÿßÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØŒÙÚÛÜ¿¡«»‘’“”–—…°ºª€£·\xa0")  # noqa: RUF001 - as in print
"""What Western European texts hold beside ASCII; those of other regions, read so, hold other signs as well."""


def decoded(data: bytes, language: str = "") -> tuple[str, str]:
    """The text, without mark, and a note where its encoding had to be guessed. Raises ValueError for others.

    `language`, as 'ja', is what it should be in: its code pages are tried first.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :] if name == "utf-8" else data, name)
    zeros = data[:4096:2].count(0), data[1:4096:2].count(0)
    if max(zeros) * 5 > min(len(data), 4096) // 2 * 2:
        return _strictly(data, "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le")
    if b"\0" in data[:4096]:
        raise ValueError("it is no text")
    pages = _SPOKEN.get(language.replace("_", "-").split("-")[0].lower(), ())
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _guessed(data, pages)
    if "iso2022_jp" in pages and "\x1b$" in text:  # all its bytes are ASCII
        return data.decode("iso2022_jp", "replace"), "read as iso2022_jp, which is a guess"
    return text, ""


def _strictly(data: bytes, name: str) -> tuple[str, str]:
    try:
        return data.decode(name), ""
    except UnicodeDecodeError:
        return data.decode(name, "replace"), f"damaged {name.upper()}: what is not readable stands as �"


def _guessed(data: bytes, pages: Sequence[str]) -> tuple[str, str]:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - only files that are not Unicode need it

    fitting = {page: _odd(data[:_SAMPLE].decode(page, "replace")) for page in pages if _fits(data, page)}
    likely = [page for page, odd in fitting.items() if odd == min(fitting.values())]
    if likely:
        best = from_bytes(data[:_SAMPLE], cp_isolation=likely).best() if len(likely) > 1 else None
        page = best.encoding if best is not None else likely[0]
        return data.decode(page), f"read as {page}, which is a guess"
    if _western(data[:_SAMPLE].decode("cp1252", "replace")):
        return data.decode("cp1252", "replace"), "read as cp1252, which is a guess"
    best = from_bytes(data[:_SAMPLE], cp_isolation=list(_PAGES)).best()
    if best is None:
        raise ValueError("it is text in no encoding that is known")
    return data.decode(best.encoding, "replace"), f"read as {best.encoding}, which is a guess"


def _fits(data: bytes, page: str) -> bool:
    try:
        data.decode(page)
    except UnicodeDecodeError:
        return False
    return True


def _odd(text: str) -> int:
    """Signs that a text was read by the wrong page: capitals inside words, half-wide kana, characters of no script."""
    inside = sum(b.isupper() and a.isalpha() for a, b in pairwise(text))
    return inside + sum(
        "\uff61" <= c <= "\uff9f" or unicodedata.category(c) in {"Cc", "Co"} for c in text if c not in "\r\n\t"
    )


def _western(text: str) -> bool:
    """Whether a text, read as cp1252, looks like one; the guesses of few letters are wrong too often to go first."""
    others = {c for c in text if not c.isascii()}
    letters = [c for c in text if c.isalpha()]
    hungarian = "õ" in others and "ã" not in others
    return others <= _WESTERN and not hungarian and sum(c.isascii() for c in letters) > 0.7 * len(letters)
