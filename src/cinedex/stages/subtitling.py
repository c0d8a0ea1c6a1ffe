"""Weighing a subtitle that came with a film against what is heard in it: is it of this film, and on time?

Words are matched by runs of three that occur once on both sides. Where enough of them are the same distance apart, at
the film's pace or one of the known retimes, the subtitle is of this film and its times can be put right.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cinedex.models.tasks import UNSPACED
from cinedex.timeline.rows import Caption, Word
from cinedex.timeline.time import FLICKS_PER_SECOND, SECOND, ZERO, Span, Time
from cinedex.timeline.track import Spans

PACES = (1.0, 25 / 23.976, 23.976 / 25, 25 / 24, 24 / 25, 24 / 23.976, 23.976 / 24)
"""Film and subtitle made at other frame rates: by what the subtitle's times are to be multiplied."""

_NEAR = 1.0
"""Seconds by which times of one word may differ: a line's words are spread evenly over it."""

_SLACK = 1.5
"""Seconds around a line within which its words may be heard."""

_ANCHORS = 3
"""Places at which words must fit for times to be told by them."""

_IN_LINE = 0.5
"""Share of the places found that must lie on one line."""

_SHIFTS = 300
"""Steps of 0.1 s, each way, by which a subtitle in another language is moved to see where voice lies under it."""

_ON_TIME = 0.3
"""Seconds: a smaller shift is no more than what words spread evenly are off by."""

_BETTER = 0.1
"""What a shift by voice alone must win to be believed."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """How a subtitle fits: its times are multiplied by `pace`, then moved by `shift` seconds."""

    pace: float = 1.0
    shift: float = 0.0
    anchors: int = 0
    """Places found, of which `inline` (a share) agree on the fit."""
    inline: float = 0.0
    voiced: float = 0.0
    agreed: float = 0.0
    heard: float = 0.0
    """The share of the recognised words that lie under its lines."""

    @property
    def timed(self) -> bool:
        """Whether the words told its times."""
        return self.anchors >= _ANCHORS and self.inline >= _IN_LINE

    def moved(self, span: Span, film: Span) -> Span | None:
        """A line's time in the film; None outside it."""
        start, end = (Time(round(int(t) * self.pace + self.shift * FLICKS_PER_SECOND)) for t in (span.start, span.end))
        start, end = max(start, film.start), min(end, film.end)
        return Span(start, end) if start < end else None


def fit(captions: Sequence[Caption], words: Sequence[Word], voice: Spans, film: Span) -> Fit:
    """The fit of captions to words of the same language and to voice."""
    said = [(_letters(w.text), _middle(w.span)) for w in words]
    said = [(t, at) for t, at in said if t]
    written = [token for c in captions for token in _tokens(c)]
    anchors = _anchors(written, said)
    found = Fit(anchors=len(anchors))
    if len(anchors) >= _ANCHORS:
        found = _line(anchors)
    return _judged(
        found if found.timed else Fit(anchors=found.anchors, inline=found.inline), captions, said, voice, film
    )


def fit_by_voice(captions: Sequence[Caption], voice: Spans, film: Span) -> Fit:
    """The fit of captions in a language that is not spoken: where voice lies under them, as they are or moved."""
    step = SECOND // 10
    size = int(film.duration) // int(step) + 1
    speaking, shown = np.zeros(size), np.zeros(size)
    for mask, spans in ((speaking, list(voice)), (shown, [c.span for c in captions])):
        for span in spans:
            mask[int(span.start) // int(step) : -(-int(span.end) // int(step))] = 1
    most = min(_SHIFTS, size - 1)
    total = max(float(shown.sum()), 1.0)
    shares = [float((shown * _rolled(speaking, n)).sum()) / total for n in range(-most, most + 1)]
    best = max(range(len(shares)), key=lambda i: (shares[i], -abs(i - most)))
    by = (best - most) / 10 if shares[best] > shares[most] + _BETTER else 0.0
    return _judged(Fit(shift=by), captions, [], voice, film)


def _rolled(mask: Numbers, by: int) -> Numbers:
    """The mask as seen by what is moved later by `by` steps."""
    out = np.zeros_like(mask)
    if by >= 0:
        out[: len(mask) - by] = mask[by:]
    else:
        out[-by:] = mask[:by]
    return out


def _line(anchors: Sequence[tuple[float, float]]) -> Fit:
    """The pace and shift that most anchors agree on; the film's own pace where another is hardly better."""
    there, here = np.array(anchors).T
    best = Fit(anchors=len(anchors))
    for pace in PACES:
        apart = np.sort(here - there * pace)
        reach = np.searchsorted(apart, apart + 2 * _NEAR, side="right")
        first = int(np.argmax(reach - np.arange(len(apart))))
        inside = apart[first : reach[first]]
        if len(inside) / len(apart) > best.inline + (0.1 if best.inline else 0):
            by = float(np.median(inside))
            best = Fit(pace, 0.0 if pace == 1 and abs(by) < _ON_TIME else by, len(anchors), len(inside) / len(apart))
    return best


def _anchors(written: Sequence[tuple[str, float]], said: Sequence[tuple[str, float]]) -> list[tuple[float, float]]:
    """Times (written, said) of runs of words that each side has exactly once: of three words, or two where few are."""
    found: list[tuple[float, float]] = []
    for length in (3, 2):
        sides = []
        for tokens in (written, said):
            runs = [tuple(t for t, _ in tokens[i : i + length]) for i in range(len(tokens) - length + 1)]
            often = Counter(runs)
            sides.append({run: tokens[i + length // 2][1] for i, run in enumerate(runs) if often[run] == 1})
        found = [(at, sides[1][run]) for run, at in sides[0].items() if run in sides[1]]
        if len(found) >= _ANCHORS:
            break
    return found


def _judged(
    found: Fit, captions: Sequence[Caption], said: Sequence[tuple[str, float]], voice: Spans, film: Span
) -> Fit:
    """The fit with what it makes of voice and words."""
    times = np.array([at for _, at in said])
    voiced = agreed = written = 0
    under = np.zeros(len(said), np.bool_)
    for caption in captions:
        span = found.moved(caption.span, film)
        if span is None:
            continue
        voiced += int(voice.crop(span).total) * 3 >= int(span.duration)
        first, last = np.searchsorted(times, [span.start.seconds - _SLACK, span.end.seconds + _SLACK])
        under[first:last] = True
        line = [t for t, _ in _tokens(caption)]
        written += len(line)
        agreed += (Counter(line) & Counter(t for t, _ in said[first:last])).total()
    return Fit(
        found.pace,
        found.shift,
        found.anchors,
        found.inline,
        voiced / max(1, len(captions)),
        agreed / max(1, written),
        float(under.mean()) if len(said) else 0.0,
    )


def _tokens(caption: Caption) -> list[tuple[str, float]]:
    """A line's words with the times at which they would be said, were it said evenly; no notes in brackets."""
    text = re.sub(r"[\[(（][^\])）]*[\])）]|♪[^♪]*♪?", " ", caption.text)  # noqa: RUF001 - full-width brackets are meant
    words = list(text.replace(" ", "")) if caption.language in UNSPACED else text.replace("-", " ").split()
    words = [w for word in words if (w := _letters(word))]
    start, lasts = caption.start.seconds, (caption.end - caption.start).seconds
    return [(word, start + lasts * (i + 0.5) / len(words)) for i, word in enumerate(words)]


def _letters(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", word).casefold() if c.isalnum())


def _middle(span: Span) -> float:
    return (span.start.seconds + span.end.seconds) / 2


def spoken(words: Sequence[Word]) -> str:
    """The language that is spoken for the longest time; '' where nothing is."""
    times: Counter[str] = Counter()
    for word in words:
        times[word.language] += int(word.end - word.start)
    return times.most_common(1)[0][0] if times else ""


def apart(cue: Span, others: Spans) -> bool:
    """Whether nothing of `others` lies within a second of it."""
    around = Span(max(ZERO, cue.start - SECOND), cue.end + SECOND)
    return not len(others.crop(around))
