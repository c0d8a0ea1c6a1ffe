"""A filter graph for FFmpeg that skips, mutes and blurs: `ffmpeg -i FILM -/filter_complex FILE -map [v] -map [a] OUT`.

Pictures keep their own times less what was skipped before them, so that films of variable rate stay in sync. Sound is
taken in blocks of 64 samples and numbered anew. (`-filter_complex_script FILE` before FFmpeg 7.)
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cinedex.compliance.edits import Act, EditList
from cinedex.errors import UsageError
from cinedex.formats.edits.listed import TEXT_MAX, Listed
from cinedex.timeline.time import FLICKS_PER_SECOND, Span, Time

_MICRO = 1_000_000
_BLUR = "gblur=sigma=40:steps=3"
_TERM = re.compile(r"gte\(t,(\d+\.\d{6})\)\*lt\(t,(\d+\.\d{6})\)")
_FILTERS: tuple[tuple[str, Act], ...] = (
    (r"(?<!a)select='not\(([^']*)\)'", "skip"),
    (r"aselect='not\(([^']*)\)'", "skip"),
    (r"volume=volume=0:enable='([^']*)'", "mute"),
    (r"gblur=[^']*:enable='([^']*)'", "blur"),
)


def write_ffmpeg(edits: EditList) -> str:
    """The graph, with the outputs [v] and [a] as far as the film has pictures and sound (its first sound stream)."""
    skipped = edits.spans("skip")
    chains = []
    if edits.movie.video is not None:
        steps = [f"{_BLUR}:enable='{_inside(edits.spans('blur'))}'"] if edits.spans("blur") else []
        if skipped:
            steps += [f"select='not({_inside(skipped)})'", f"setpts='PTS-({_gone(skipped)})/TB'"]
        chains.append(f"[0:v:0]{','.join(steps) or 'null'}[v]")
    if edits.movie.audio:
        steps = ["aresample=async=1:first_pts=0"]
        steps += [f"volume=volume=0:enable='{_inside(edits.spans('mute'))}'"] if edits.spans("mute") else []
        if skipped:
            steps += [f"aselect='not({_inside(skipped)})'", "asetpts='N/SR/TB'"]
        if len(steps) > 1:
            steps.insert(1, "asetnsamples=n=64:p=0")
        chains.append(f"[0:a:0]{','.join(steps)}[a]")
    return ";\n".join(chains) + "\n"


def read_ffmpeg(text: str, name: str = "filters") -> list[Listed]:
    """The edits of such a graph, each once. Raises UsageError for a file that is none."""
    if len(text) > TEXT_MAX or not re.match(r"\[0:[va]:0\]", text):
        raise UsageError(f"{name}: not a filter graph of edits", remedy="Give one that Cinedex wrote.")
    found: dict[tuple[Act, Span], None] = {}
    for pattern, act in _FILTERS:
        for terms in re.findall(pattern, text):
            found.update({(act, Span(*map(Time.from_seconds, pair))): None for pair in _TERM.findall(terms)})
    return [Listed(span, act) for act, span in sorted(found, key=lambda f: (f[1], f[0]))]


def _inside(spans: Sequence[Span]) -> str:
    """1 inside one of the spans, 0 outside."""
    return "+".join(f"gte(t,{_shown(s.start)})*lt(t,{_shown(s.end)})" for s in spans)


def _gone(spans: Sequence[Span]) -> str:
    """How many seconds were skipped before a picture at T."""
    return "+".join(f"gte(T,{_shown(s.end)})*{_dotted(_micro(s.end) - _micro(s.start))}" for s in spans)


def _micro(at: Time) -> int:
    """A little before a picture that begins then, so that rounding never takes it for the one before."""
    return max(int(at) * _MICRO // FLICKS_PER_SECOND - 1, 0)


def _shown(at: Time) -> str:
    return _dotted(_micro(at))


def _dotted(micro: int) -> str:
    return f"{micro // _MICRO}.{micro % _MICRO:06d}"
