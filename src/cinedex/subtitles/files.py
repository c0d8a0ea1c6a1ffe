r"""Subtitle files, hostile until read: SubRip, WebVTT, ASS by pysubs2; TTML/IMSC and SCC by ttconv (both only here).

Other programs show `<b>`, `{\an8}`, `\N` and time stamps in a text as markup. Where words hold such, U+2060 (a word
joiner, which shows nothing) goes between its characters when written, and is taken out again when read.
"""

from __future__ import annotations

import html
import io
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from cinedex.errors import MediaError, UsageError
from cinedex.subtitles.charset import decoded
from cinedex.subtitles.subtitle import Sidecar, Subtitle
from cinedex.timeline.time import FLICKS_PER_SECOND, Time

FORMS = ("srt", "vtt", "ass", "ttml", "scc")
FILE_BYTES = 8 << 20
MOST = 50_000
"""Subtitles of one file, at most."""
_LINES, _CHARACTERS = 20, 500
"""Of one subtitle, and of one of its lines: what is beyond is no subtitle."""
SCC_LINE = 32
"""Characters of a line in SCC."""
_KEEP = "\u2060"
_SUFFIXES = {".ssa": "ass", ".xml": "ttml", ".dfxp": "ttml", ".imsc": "ttml", ".itt": "ttml"}


def read_subtitles(path: Path, language: str = "") -> Sidecar:
    """Read a file by what it holds, whatever it is called. Raises MediaError, with the reason, for what cannot be.

    `language`, where it is known, helps to read what is not Unicode.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES + 1)
    except OSError as wrong:
        raise MediaError(f"{path}: {wrong.strerror or wrong}", remedy="Name a subtitle file.") from wrong
    try:
        return parsed(data, language)
    except ValueError as wrong:
        raise MediaError(f"{path}: {wrong}", remedy=f"Files are read as {', '.join(FORMS)}.") from wrong


def parsed(data: bytes, language: str = "") -> Sidecar:
    """The same from bytes. Raises ValueError with the reason."""
    if len(data) > FILE_BYTES:
        raise ValueError(f"larger than {FILE_BYTES >> 20} MiB; no subtitle file is")
    text, note = decoded(data, language)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    form = _form(text)
    try:
        found = list(_READERS[form](text))
    except ValueError:
        raise
    except Exception as wrong:  # the parsers raise whatever their formats' oddities bring about
        raise ValueError(f"it cannot be read as {form} ({type(wrong).__name__}: {str(wrong)[:200]})") from wrong
    if not found:
        raise ValueError(f"it is {form} without a subtitle in it")
    if len(found) > MOST:
        raise ValueError(f"it has more than {MOST:,} subtitles")
    return Sidecar(form, tuple(found), (note,) if note else ())


def form_of(path: Path) -> str:
    """The format that a file's name asks for. Raises UsageError for others."""
    form = _SUFFIXES.get(path.suffix.lower(), path.suffix.lower().removeprefix("."))
    if form not in FORMS:
        raise UsageError(f"{path.name}: no subtitle format", remedy=f"There are: {', '.join(FORMS)}.")
    return form


def spelled(subtitles: Sequence[Subtitle], form: str, language: str = "") -> str:
    """The subtitles as a file's text. Raises UsageError for what a format cannot say, such as Arabic in SCC."""
    if form not in FORMS:
        raise UsageError(f"there is no subtitle format {form!r}", remedy=f"There are: {', '.join(FORMS)}.")
    if form in {"ttml", "scc"}:
        return _by_ttconv(subtitles, form, language)
    import pysubs2  # noqa: PLC0415 - only subtitle files need it

    file = pysubs2.SSAFile()
    for subtitle in subtitles:
        start = _ms(subtitle.start)
        event = pysubs2.SSAEvent(start=start, end=max(_ms(subtitle.end), start + 1))
        event.text = r"\N".join(_escaped(line, form) for line in subtitle.lines)
        file.events.append(event)
    if form == "ass":
        file.info["ScriptType"], file.info["WrapStyle"] = "v4.00+", "2"
        return str(file.to_string("ass"))
    return str(file.to_string(form, keep_html_tags=True, keep_ssa_tags=True, keep_unknown_html_tags=True))


def _form(text: str) -> str:
    head = text[:20_000].lstrip()
    if head.startswith("WEBVTT"):
        return "vtt"
    if head.startswith("Scenarist_SCC"):
        return "scc"
    if head.startswith("<") and re.search(r"<(?:\w+:)?tt[\s>]", head):
        return "ttml"
    if re.search(r"^\[(?:Script Info|V4\+? Styles|Events)\]", head.split("-->")[0], re.MULTILINE | re.IGNORECASE):
        return "ass"
    if "-->" in text:
        return "srt"
    raise ValueError("it holds nothing that is known as subtitles" if text.strip() else "it is empty")


def _read_srt(text: str) -> Iterator[Subtitle]:
    # The stamp at the end keeps the reader from taking a number that is said last for the next one's.
    lines = [line[:_CHARACTERS] for line in text.split("\n")]
    # It knows no times before the film, as badly moved files have them: they go to the end of its clock and come back.
    moved = [_SRT_BEFORE.sub(_wrapped, line) if "-->" in line else line for line in lines]
    wrapped = "\n".join(moved)
    found = _events(re.sub(r"\n{3,}", "\n\n", wrapped) + "\n\n9\n99:59:59,998 --> 99:59:59,999\n", "srt")[:-1]
    if moved == lines:
        yield from found
        return
    edge = _time(_SRT_EDGE)
    for it in found:
        start, end = (t - edge if t > edge - _time(_SRT_EDGE // 9) else t for t in (it.start, it.end))
        yield replace(it, start=start, end=end)


def _wrapped(stamp: re.Match[str]) -> str:
    hours, minutes, seconds, parts = (int(n) for n in stamp.groups())
    before = min(((hours * 60 + minutes) * 60 + seconds) * 1000 + parts, _SRT_EDGE // 9)
    seconds, parts = divmod(_SRT_EDGE - before, 1000)
    return f" {seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02},{parts:03}"


def _read_vtt(text: str) -> Iterator[Subtitle]:
    """Blocks with a time line, from it on; comments, styles, regions and names of cues are none of what is read."""
    kept = ["WEBVTT"]
    for block in re.split(r"\n{2,}", text):
        stamp = None
        for line in block.split("\n"):
            if "-->" in line:
                stamp = _VTT_STAMP.match(line[:_CHARACTERS])
                kept += ["", stamp[0]] if stamp else []
            elif stamp:
                words = re.sub(r"<[\d:.]{1,16}>", "", line[:_CHARACTERS])
                kept.append(f"{words}{_KEEP}" if words.strip().isdigit() else words)
    yield from _events("\n".join([*kept, "", "99:59:59.998 --> 99:59:59.999", ""]), "vtt")[:-1]


def _read_ass(text: str) -> Iterator[Subtitle]:
    """Its events in the order of fields that the reader expects, whatever order the file has; styles are left out."""
    order, kept = list(_ASS_FIELDS), ["[Script Info]", "ScriptType: v4.00+", "", "[Events]"]
    kept.append("Format: " + ", ".join(_ASS_FIELDS))
    inside = False
    for line in text.split("\n"):
        name, _, rest = line.partition(":")
        if line.startswith("["):
            inside = line.strip().casefold() == "[events]"
        elif inside and name.strip() == "Format":
            order = [f.strip() for f in rest.split(",")]
        elif inside and name.strip() == "Dialogue":
            told = dict(zip(order, rest.split(",", len(order) - 1), strict=False))
            times = [_ASS_STAMP.fullmatch(told.get(f, "").strip()) for f in ("Start", "End")]
            if all(times):
                words = told.get("Text", "")[: _LINES * _CHARACTERS]
                kept.append(f"Dialogue: 0,{told['Start'].strip()},{told['End'].strip()},Default,,0,0,0,,{words}")
    yield from _events("\n".join(kept), "ass")


_SRT_BEFORE = re.compile(r"(?:^|(?<=-->))[ \t]*-[ \t]*(\d{1,2}):(\d{1,2}):(\d{1,2})[,.](\d{1,3})")
_SRT_EDGE = 90 * 3_600_000
_VTT_STAMP = re.compile(r"\s*(?:\d{1,4}:)?\d\d:\d\d\.\d{3}\s+-->\s+(?:\d{1,4}:)?\d\d:\d\d\.\d{3}(?!\d)")
_ASS_STAMP = re.compile(r"\d{1,3}:\d\d:\d\d[.:]\d{1,3}")
_ASS_FIELDS = ("Layer", "Start", "End", "Style", "Name", "MarginL", "MarginR", "MarginV", "Effect", "Text")


def _events(text: str, form: str) -> list[Subtitle]:
    import pysubs2  # noqa: PLC0415 - as above

    made = []
    for event in pysubs2.SSAFile.from_string(text, format_=form):
        told = str(event.text)[: _LINES * _CHARACTERS]
        italic = told.lstrip().startswith("{\\i1}")
        made.append(Subtitle(_time(event.start), _time(event.end), _plain(told, form), italic=italic))
    return made


def _plain(text: str, form: str) -> tuple[str, ...]:
    if form == "ass":
        marks = {r"\{": "{", r"\}": "}", r"\N": "\n", r"\n": " ", r"\h": " "}
        text = re.sub(r"\\[{}Nnh]|\{[^}]*\}", lambda m: marks.get(m[0], ""), text)
    else:
        # Ends of lines first: one after a brace is no tag.
        text = re.sub(r"\{\\[^}\n]*\}", "", text.replace(r"\N", "\n")).replace(r"\h", " ")
        # A time line that is no time line: what follows belongs to a subtitle that cannot be read.
        text = re.split(r"(?:\n\d+)?\n[^\n]*-->", f"\n{text}")[0]
    if form == "vtt":
        text = html.unescape(text)
    return _lines(text)


def _lines(text: str) -> tuple[str, ...]:
    text = text.replace(_KEEP, "")
    lines = ["".join(c if ord(c) >= 32 and c not in "\x7f\x85\u2028\u2029" else " " for c in line).strip()
             for line in text.split("\n")]  # fmt: skip
    return tuple(line[:_CHARACTERS] for line in lines if line)[:_LINES]


def _escaped(line: str, form: str) -> str:
    line = re.sub(r"\\(?=[Nnh{}])", rf"\\{_KEEP}", line)
    if form == "ass":
        return line.replace("{", r"\{").replace("}", r"\}")
    line = re.sub(r"(\d:\d\d)(?=[,.:]\d)", rf"\1{_KEEP}", line).replace("-->", f"-{_KEEP}->")
    if form == "vtt":
        return html.escape(line, quote=False).replace("{\\", f"{{{_KEEP}\\")
    if line.strip().isdigit():
        line += _KEEP
    return re.sub(r"<(?=\s*/?\s*[a-zA-Z])", f"<{_KEEP}", line).replace("{\\", f"{{{_KEEP}\\")


def _read_ttml(text: str) -> Iterator[Subtitle]:
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise ValueError("it declares entities, which subtitles have no use for")
    from ttconv.imsc import reader  # noqa: PLC0415 - only these formats need it

    try:
        tree = ET.ElementTree(ET.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text)))  # noqa: S314 - no DTD, bounded
    except ET.ParseError as wrong:
        raise ValueError(f"it is no whole XML: {wrong}") from wrong
    with _quiet():
        yield from _paragraphs(reader.to_model(tree))


def _read_scc(text: str) -> Iterator[Subtitle]:
    from ttconv.scc import reader  # noqa: PLC0415 - as above

    with _quiet():
        yield from _paragraphs(reader.to_model(text))


def _paragraphs(document: Any) -> Iterator[Subtitle]:
    body = document.get_body() if document is not None else None
    if body is not None:
        yield from _timed(body, Fraction(0), None, 0)


def _timed(element: Any, begin: Fraction, end: Fraction | None, depth: int) -> Iterator[Subtitle]:
    """Every paragraph below an element with its own time: children's times count from their parent's beginning."""
    from ttconv import model  # noqa: PLC0415 - as above

    if depth > 100:
        raise ValueError("its elements are nested too deep")
    start = begin + (element.get_begin() or 0)
    ends = [e for e in (end, None if element.get_end() is None else begin + element.get_end()) if e is not None]
    stop = min(ends) if ends else None
    if not isinstance(element, model.P):
        for child in element:
            if isinstance(child, model.Div | model.P):
                yield from _timed(child, start, stop, depth + 1)
        return
    spans = [s for s in element if isinstance(s, model.Span)]
    if element.get_begin() is None and element.get_end() is None and spans:
        times = [(s.get_begin(), s.get_end()) for s in spans if s.get_begin() is not None or s.get_end() is not None]
        if times:
            begins = [start + (b or 0) for b, _ in times]
            stops = [start + e for _, e in times if e is not None]
            start, stop = min(begins), max(stops) if stops else stop
    lines = _lines("".join(_texts(element)))
    if lines and stop is not None:
        yield Subtitle(Time.from_seconds(start), Time.from_seconds(stop), lines)


def _texts(element: Any) -> Iterator[str]:
    from ttconv import model  # noqa: PLC0415 - as above

    if isinstance(element, model.Rt | model.Rtc | model.Rp):
        return
    for child in element:
        if isinstance(child, model.Text):
            yield re.sub(r"\s+", " ", child.get_text())
        elif isinstance(child, model.Br):
            yield "\n"
        else:
            yield from _texts(child)


def _by_ttconv(subtitles: Sequence[Subtitle], form: str, language: str) -> str:
    if form == "scc":  # it has no such character
        subtitles = [replace(s, lines=tuple(line.replace("…", "...") for line in s.lines)) for s in subtitles]
    document = _document(subtitles, language, center=form == "scc")
    if form == "ttml":
        from ttconv.imsc import writer  # noqa: PLC0415 - as above

        with _quiet(), io.BytesIO() as to:
            writer.from_model(document).write(to, encoding="utf-8", xml_declaration=True)
            return to.getvalue().decode("utf-8")
    return _scc(subtitles, document)


def _document(subtitles: Sequence[Subtitle], language: str, *, center: bool) -> Any:
    from ttconv import model  # noqa: PLC0415 - as above
    from ttconv import style_properties as styles  # noqa: PLC0415 - as above

    document = model.ContentDocument()
    document.set_lang(language)
    region = model.Region("below", document)
    percent = styles.LengthType.Units.pct
    region.set_style(
        styles.StyleProperties.Origin,
        styles.CoordinateType(styles.LengthType(10, percent), styles.LengthType(10, percent)),
    )
    region.set_style(
        styles.StyleProperties.Extent,
        styles.ExtentType(height=styles.LengthType(80, percent), width=styles.LengthType(80, percent)),
    )
    region.set_style(styles.StyleProperties.DisplayAlign, styles.DisplayAlignType.after)
    region.set_style(styles.StyleProperties.TextAlign, styles.TextAlignType.center)
    document.put_region(region)
    body, div = model.Body(document), model.Div(document)
    body.set_region(region)
    body.push_child(div)
    document.set_body(body)
    for subtitle in subtitles:
        p = model.P(document)
        p.set_begin(Fraction(_ms(subtitle.start), 1000))
        p.set_end(Fraction(max(_ms(subtitle.end), _ms(subtitle.start) + 1), 1000))
        if center:
            p.set_style(styles.StyleProperties.TextAlign, styles.TextAlignType.center)
        for number, line in enumerate(subtitle.lines):
            if number:
                p.push_child(model.Br(document))
            span = model.Span(document)
            span.push_child(model.Text(document, line))
            p.push_child(span)
        div.push_child(p)
    return document


def _scc(subtitles: Sequence[Subtitle], document: Any) -> str:
    """SCC's characters are Latin, its lines short, and packets take time; the writer drops what does not fit."""
    from ttconv.scc import writer  # noqa: PLC0415 - as above
    from ttconv.scc.codes.characters import unicode_to_scc  # noqa: PLC0415 - as above

    for subtitle in subtitles:
        for line in subtitle.lines:
            if len(line) > SCC_LINE:
                raise UsageError(
                    f"SCC has lines of {SCC_LINE} characters, and one at {subtitle.start} has {len(line)}",
                    remedy="Take a style guide with shorter lines, or another format.",
                )
            unknown = [c for c in line if c != " " and unicode_to_scc(c) == b" "]
            if unknown:
                raise UsageError(
                    f"SCC cannot say {unknown[0]!r} ({subtitle.start})", remedy="Take another format, such as ttml."
                )
    try:
        with _quiet():
            text = str(writer.from_model(document))
    except RuntimeError as wrong:
        raise UsageError(f"SCC cannot be written: {wrong}", remedy="Take another format, such as ttml.") from wrong
    back = list(_read_scc(text)) if subtitles else []
    if [s.text for s in back] != [s.text for s in subtitles]:
        raise UsageError("SCC has no room for subtitles that follow each other so fast", remedy="Take another format.")
    return text


class _quiet:  # noqa: N801 - reads as a word
    """Without ttconv's running commentary, which is no error of ours."""

    def __enter__(self) -> None:
        self._log = logging.getLogger("ttconv")
        self._level = self._log.level
        self._log.setLevel(logging.CRITICAL + 1)

    def __exit__(self, *_: object) -> None:
        self._log.setLevel(self._level)


def _ms(at: Time) -> int:
    return max((int(at) * 1000 + FLICKS_PER_SECOND // 2) // FLICKS_PER_SECOND, 0)


def _time(milliseconds: int) -> Time:
    return Time(int(milliseconds) * (FLICKS_PER_SECOND // 1000))


_READERS = {"srt": _read_srt, "vtt": _read_vtt, "ass": _read_ass, "ttml": _read_ttml, "scc": _read_scc}
