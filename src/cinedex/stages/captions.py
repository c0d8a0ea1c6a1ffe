"""Subtitles that came with a film, taken in line by line with their language: the tag's word is not enough for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from cinedex.media.views import CaptionChunk, Captions
from cinedex.models.tasks import LanguageNamer
from cinedex.stages.arrays import expect
from cinedex.stages.base import Cost, Inputs, Made, Need, Stage
from cinedex.stages.textwords import clean
from cinedex.subtitles.files import parsed
from cinedex.subtitles.subtitle import Subtitle
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Caption, Flag, Row
from cinedex.timeline.time import SECOND, ZERO, Span, Time

Entry = tuple[Span, str]

_NAMER = "langid"

_SURE = 0.9
"""Probability from which a text's language is believed against its tag."""

_LONGEST = SECOND * 60
"""How long a line of a file stands at most."""

_MOST = 8
"""Lines of print of one."""

_LETTERS = 60
"""Letters of a subtitle below which its tag is believed."""

_TAGS = {
    "eng": "en",
    "ger": "de",
    "deu": "de",
    "fre": "fr",
    "fra": "fr",
    "spa": "es",
    "ita": "it",
    "por": "pt",
    "rus": "ru",
    "dut": "nl",
    "nld": "nl",
    "pol": "pl",
    "swe": "sv",
    "dan": "da",
    "nor": "no",
    "nob": "no",
    "fin": "fi",
    "cze": "cs",
    "ces": "cs",
    "slo": "sk",
    "slk": "sk",
    "hun": "hu",
    "rum": "ro",
    "ron": "ro",
    "gre": "el",
    "ell": "el",
    "tur": "tr",
    "ara": "ar",
    "heb": "he",
    "hin": "hi",
    "tha": "th",
    "vie": "vi",
    "jpn": "ja",
    "kor": "ko",
    "chi": "zh",
    "zho": "zh",
    "ukr": "uk",
    "bul": "bg",
    "hrv": "hr",
    "srp": "sr",
    "slv": "sl",
    "est": "et",
    "lav": "lv",
    "lit": "lt",
    "ind": "id",
    "per": "fa",
    "fas": "fa",
    "cat": "ca",
    "ben": "bn",
    "tam": "ta",
    "tel": "te",
    "mal": "ml",
    "urd": "ur",
    "ice": "is",
    "isl": "is",
    "may": "ms",
}
"""Three-letter codes (ISO 639-2) of languages that have one of two."""


@dataclass(frozen=True)
class ImportedCaptions(Stage):
    """The lines of every text subtitle inside a film and of every subtitle file beside it.

    A line that begins after the film's end is left out. Subtitles that are pictures are not read. A tag (of the stream,
    or between the dots of the file's name) that the text speaks against is flagged `subtitle-language`, a source that
    gives nothing `subtitle-unreadable`, one of which not all is sure `subtitle-doubtful`. `files` are the files' names
    and sums: another text, another result.
    """

    name: ClassVar[str] = "captions"
    version: ClassVar[int] = 2
    makes: ClassVar[tuple[type[Row], ...]] = (Caption, Flag)
    cost: ClassVar[Cost] = Cost(cpus=0.5, memory_mib=64, cpu_seconds_per_minute=0.02, disk_kib_per_minute=1)
    halo: ClassVar[Time | None] = None

    files: tuple[tuple[str, str], ...] = ()

    @property
    def needs(self) -> tuple[Need, ...]:
        """What came with the film."""
        return (Captions(self.files),)

    @property
    def uses(self) -> tuple[str, ...]:
        """What names the language of a text."""
        return (_NAMER,)

    def about(self, movie: Movie) -> Self:
        """With the side-cars of this film."""
        return replace(self, files=tuple((s.name, s.digest) for s in movie.sidecars))

    def run(self, inputs: Inputs) -> Iterator[Made]:
        """The lines of each source, and what is wrong with it."""
        for chunk in expect(CaptionChunk, inputs.chunks):
            found, fault = _read(chunk)
            found = [(span, text) for span, text in found if span.start < inputs.movie.duration]
            if not found and not fault:
                fault = "no line of it lies in the film"
            if fault:
                label, note = "subtitle-doubtful" if found else "subtitle-unreadable", f"{chunk.name}: {fault}"
                yield Flag(start=ZERO, end=inputs.movie.duration, label=label, score=1.0, note=note)
            if not found:
                continue
            language, wrong = self._language(chunk, [text for _, text in found], inputs)
            if wrong:
                yield Flag(
                    start=found[0][0].start,
                    end=max(span.end for span, _ in found),
                    label="subtitle-language",
                    score=1.0,
                    note=f"{chunk.name}: {wrong}",
                )
            for span, text in found:
                yield Caption(start=span.start, end=span.end, text=text, language=language, origin=chunk.name)

    def _language(self, chunk: CaptionChunk, texts: Sequence[str], inputs: Inputs) -> tuple[str, str]:
        """The language, and what is to be said against its tag."""
        tagged = base(chunk.language or _named(chunk.name))
        whole = " ".join(texts)
        if sum(c.isalpha() for c in whole) < _LETTERS:
            return tagged or "und", ""
        namer: LanguageNamer = inputs.model(_NAMER)
        told, probability = namer.languages([whole])[0]
        if probability < _SURE or told == tagged:
            return tagged or told, ""
        return told, f"tagged {tagged!r}, and the text is {told!r}" if tagged else ""


def base(tag: str | None) -> str:
    """The language of a tag without country or script, in two letters where it has two: 'ger' and 'de-AT' are 'de'."""
    code = (tag or "").replace("_", "-").split("-")[0].lower()
    code = _TAGS.get(code, code)
    return code if 2 <= len(code) <= 3 and code.isalpha() and code not in {"und", "mul", "zxx"} else ""


def _named(name: str) -> str:
    """The tag in a file's name: 'night.de.srt', 'night.de.forced.srt'."""
    parts = name.split(".")[1:-1]
    known = set(_TAGS.values())
    return next((p for p in reversed(parts) if base(p) in known), "")


def _read(chunk: CaptionChunk) -> tuple[list[Entry], str]:
    """The chunk's lines, made safe and in order, and what is wrong with them."""
    fault, found = chunk.fault, list(chunk.entries)
    if chunk.data is not None:
        try:
            file = parsed(chunk.data, base(chunk.language or _named(chunk.name)))
        except ValueError as wrong:
            fault = str(wrong)
        else:
            fault = "; ".join(file.notes)
            found = [_entry(s) for s in file.subtitles if s.start < s.end and s.end > ZERO]
    lines = ((span, "\n".join(filter(None, map(clean, text.splitlines()[:_MOST])))) for span, text in found)
    return sorted((line for line in lines if line[1]), key=lambda line: (line[0].start, line[0].end)), fault


def _entry(subtitle: Subtitle) -> Entry:
    start = max(subtitle.start, ZERO)
    return Span(start, min(subtitle.end, start + _LONGEST)), subtitle.text
