"""What text a file's bytes are: by its mark, as Unicode, or in the code page that fits best, said with the result."""

from __future__ import annotations

import codecs

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
_SAMPLE = 1 << 17
_WESTERN = frozenset("àâäáãåæçèéêëìíîïñòóôöõøœùúûüýÿßÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØŒÙÚÛÜ¿¡«»‘’“”–—…°ºª€£·\xa0")  # noqa: RUF001 - as in print
"""What Western European texts hold beside ASCII; those of other regions, read so, hold other signs as well."""


def decoded(data: bytes) -> tuple[str, str]:
    """The text, without mark, and a note where its encoding had to be guessed. Raises ValueError for others."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :] if name == "utf-8" else data, name)
    zeros = data[:4096:2].count(0), data[1:4096:2].count(0)
    if max(zeros) * 5 > min(len(data), 4096) // 2 * 2:
        return _strictly(data, "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le")
    if b"\0" in data[:4096]:
        raise ValueError("it is no text")
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        return _guessed(data)


def _strictly(data: bytes, name: str) -> tuple[str, str]:
    try:
        return data.decode(name), ""
    except UnicodeDecodeError:
        return data.decode(name, "replace"), f"damaged {name.upper()}: what is not readable stands as �"


def _guessed(data: bytes) -> tuple[str, str]:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - only files that are not Unicode need it

    if _western(data[:_SAMPLE].decode("cp1252", "replace")):
        return data.decode("cp1252", "replace"), "read as cp1252, which is a guess"
    best = from_bytes(data[:_SAMPLE], cp_isolation=list(_PAGES)).best()
    if best is None:
        raise ValueError("it is text in no encoding that is known")
    return data.decode(best.encoding, "replace"), f"read as {best.encoding}, which is a guess"


def _western(text: str) -> bool:
    """Whether a text, read as cp1252, looks like one; the guesses of few letters are wrong too often to go first."""
    others = {c for c in text if not c.isascii()}
    letters = [c for c in text if c.isalpha()]
    hungarian = "õ" in others and "ã" not in others
    return others <= _WESTERN and not hungarian and sum(c.isascii() for c in letters) > 0.7 * len(letters)
