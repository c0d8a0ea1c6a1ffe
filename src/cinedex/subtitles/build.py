"""Subtitles by construction: from words to cues that keep a style guide, and cues of a file brought to keep it.

Words are never changed. Where they are spoken faster than they may be read, the check of what was made says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from cinedex.subtitles.check import Verdict, check
from cinedex.subtitles.guide import Guide
from cinedex.subtitles.segment import Draft, divide
from cinedex.subtitles.subtitle import Subtitle, frame_of
from cinedex.subtitles.timing import Limits, Wish, timed
from cinedex.subtitles.tokens import Token, Turn, clean, of_words, pieces, with_sounds, with_speakers
from cinedex.timeline.rows import Sound, Word
from cinedex.timeline.time import ZERO, Rate, Time

_LINGER = Fraction(1, 3)
"""Seconds for which a subtitle had better stand on when its words are said."""


_SLOWEST = 3
"""Characters a second below which a file's subtitle stands longer than its words can be spread over."""


@dataclass(frozen=True, slots=True)
class Made:
    """Subtitles with the guide that they keep, the check of them, and what could not be done."""

    subtitles: tuple[Subtitle, ...]
    guide: Guide
    verdict: Verdict
    notes: tuple[str, ...] = ()


def build(
    words: Sequence[Word],
    guide: Guide,
    rate: Rate,
    *,
    cuts: Sequence[Time] = (),
    turns: Sequence[Turn] = (),
    sounds: Sequence[Sound] = (),
    last: Time | None = None,
) -> Made:
    """Make subtitles of words, in time order; `cuts` move their edges, `turns` give hyphens, `sounds` brackets.

    `last` is the film's end.
    """
    frames = cut_frames(cuts, rate)
    tokens, notes = of_words(words, guide, rate), list[str]()
    if turns:
        tokens = with_speakers(tokens, turns, rate)
    if sounds:
        tokens, left = with_sounds(tokens, sounds, guide, rate)
        notes += [f"{left} sounds are told nowhere: people speak all the while"] if left else []
        if not guide.sounds:
            notes.append(f"the guide has no sound descriptions in {guide.language!r}")
    linger = ceil(_LINGER * rate.fraction)
    return _made(divide(tokens, guide, rate, frames), guide, rate, frames, last, notes, linger)


def mend(
    subtitles: Sequence[Subtitle], guide: Guide, rate: Rate, *, cuts: Sequence[Time] = (), last: Time | None = None
) -> Made:
    """Bring a file's subtitles to keep a guide, as far as that goes without another word.

    Order, times, gaps, line breaks and the ellipsis are mended; what is too long is divided, what is empty left out.
    A subtitle that fits keeps its lines.
    """
    frames, drafts, notes = cut_frames(cuts, rate), list[Draft](), list[str]()
    for subtitle in sorted(subtitles, key=lambda s: (s.start, s.end)):
        if subtitle.end > ZERO or subtitle.start >= ZERO:
            drafts += _drafts(subtitle, guide, rate)
    if (early := sum(s.start < ZERO and s.end <= ZERO for s in subtitles)) > 0:
        notes.append(f"{early} subtitles end before the film begins and are left out")
    if (gone := sum(not any(line.strip() for line in s.lines) for s in subtitles)) > 0:
        notes.append(f"{gone} subtitles without text are left out")
    return _made(drafts, guide, rate, frames, last, notes)


def cut_frames(cuts: Sequence[Time], rate: Rate) -> list[int]:
    """The frames of cuts, in order."""
    return sorted({frame_of(c, rate) for c in cuts})


def _drafts(subtitle: Subtitle, guide: Guide, rate: Rate) -> Iterator[Draft]:
    lines = tuple(line for text in subtitle.lines for line in [" ".join(clean(text, guide).split())] if line)
    if not lines:
        return
    limits = Limits.of(guide, rate)
    start = max(frame_of(subtitle.start, rate), 0)
    end = max(frame_of(subtitle.end, rate), start + 1)
    length = sum(guide.length(line) for line in lines)
    # Divided over hours, words would stand where nobody looks for them.
    end = min(end, start + max(limits.longest, ceil(length * rate.fraction / _SLOWEST)))
    if end - start < limits.shortest:
        end = start + limits.shortest
    fits = len(lines) <= guide.lines and all(guide.length(line) <= guide.line for line in lines)
    if fits and end - start <= limits.longest * 2:
        yield Draft(lines, start, min(end, start + limits.longest), length)
        return
    tokens: list[Token] = []
    for number, line in enumerate(lines):
        share = (end - start) * number // len(lines), (end - start) * (number + 1) // len(lines)
        tokens += pieces(line, start + share[0], start + share[1], guide.language, tokens, guide)
    yield from divide(tokens, guide, rate)


def _made(
    drafts: Sequence[Draft],
    guide: Guide,
    rate: Rate,
    cuts: Sequence[int],
    last: Time | None,
    notes: list[str],
    linger: int = 0,
) -> Made:
    speed = rate.fraction / guide.speed
    wishes = [Wish(d.start, d.end, ceil(Fraction(d.length) * speed), linger) for d in drafts]
    times = timed(wishes, guide, rate, cuts, None if last is None else rate.count(last))
    made = tuple(
        Subtitle(rate.time(start), rate.time(end), d.lines) for d, (start, end) in zip(drafts, times, strict=True)
    )
    verdict = check(made, guide, rate, cuts)
    late = [(t[0] - w.start) / float(rate) for t, w in zip(times, wishes, strict=True)]
    if late and max(late) > 1:
        notes.append(
            f"{sum(s > 1 for s in late)} subtitles come more than 1 s after their words, up to {max(late):.1f} s"
        )
    return Made(made, guide, verdict, tuple(notes))
