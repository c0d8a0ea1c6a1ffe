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


def decoded(data: bytes) -> tuple[str, str]:
    """The text, without mark, and a note where its encoding had to be guessed. Raises ValueError for what is no text."""
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

    best = from_bytes(data[:_SAMPLE], cp_isolation=list(_PAGES)).best()
    if best is None:
        raise ValueError("it is text in no encoding that is known")
    return data.decode(best.encoding, "replace"), f"read as {best.encoding}, which is a guess"
