"""What the report and the terminal say about a film in the same words: its format, and what is known of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cinedex.formats.seen import binned
from cinedex.timeline.movie import AudioStream, Movie, VideoStream
from cinedex.timeline.rows import KINDS, Picture, Quality, Shot, Tag
from cinedex.timeline.time import FLICKS_PER_SECOND
from cinedex.timeline.timeline import State, Timeline
from cinedex.timeline.track import Maker, Ticks, Track

TITLES = {
    "shot": "Shots",
    "transition": "Transitions",
    "cue": "Cues",
    "caption": "Subtitles",
    "subtitling": "Subtitles weighed",
    "translation": "Translations",
    "word": "Words",
    "voice": "Voices",
    "speaker": "Speakers",
    "speaking": "Speaking",
    "sound": "Sounds",
    "loudness": "Loudness",
    "programme": "Programme",
    "scene": "Scenes",
    "person": "People",
    "place": "Places",
    "event": "Events",
    "text": "Text",
    "object": "Objects",
    "framing": "Framing",
    "palette": "Palettes",
    "motion": "Motion",
    "tag": "Tags",
    "picture": "Stills",
    "quality": "Measures",
    "flag": "Flags",
    "flash": "Flashes",
    "pattern": "Stripes",
    "concern": "Concerns",
    "mention": "Mentions",
    "nudity": "Nudity looks",
    "suspect": "First looks",
    "face": "Faces",
    "portrait": "Portraits",
    "area": "Picture area",
    "frame": "Frame index",
    "glance": "Glances",
    "scan": "Scans",
    "hearing": "Hearings",
    "level": "Levels",
    "tracklet": "Tracklets",
    "faceprint": "Faceprints",
    "voiceprint": "Voiceprints",
    "vector": "Vectors",
    "sight": "Sights",
}
"""Kinds in the order in which people ask for them, by the name that they see."""

BEHIND = frozenset({
    "frame", "vector", "sight", "glance", "scan", "hearing", "level", "tracklet", "faceprint", "voiceprint", "face",
    "nudity", "suspect",
    "portrait", "area",
})  # fmt: skip
"""Kinds that serve other kinds: listed when there is something to say about them."""

_BY = "\N{MULTIPLICATION SIGN}"

_CODECS = {
    "h264": "H.264", "hevc": "H.265", "av1": "AV1", "vp8": "VP8", "vp9": "VP9", "mpeg2video": "MPEG-2",
    "mpeg4": "MPEG-4", "prores": "ProRes", "dnxhd": "DNxHD", "aac": "AAC", "ac3": "AC-3", "eac3": "E-AC-3",
    "mp3": "MP3", "opus": "Opus", "vorbis": "Vorbis", "flac": "FLAC", "dts": "DTS", "truehd": "TrueHD",
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What is known of one kind: its state, how many rows, which stages made it, and why others failed."""

    kind: str
    state: State
    rows: int
    makers: tuple[Maker, ...]
    why: tuple[str, ...]
    stages: tuple[str, ...]
    """The stages that were asked for it."""

    @property
    def title(self) -> str:
        """The kind's name for people."""
        return TITLES.get(self.kind, self.kind)

    @property
    def says(self) -> str:
        """The state in a few words: the three states never look alike, and nothing found is not a fourth."""
        if self.state is State.MISSING:
            return "not computed"
        if self.state is State.FAILED:
            return f"failed, {self.rows:,} from other stages" if self.rows else "failed"
        return f"{self.rows:,}" if self.rows else "computed, none found"


def known(timeline: Timeline) -> list[Known]:
    """What is known of every kind, in the order of `TITLES`, then kinds of others' making by name."""
    made = {kind for _, kind in timeline.tracks}
    asked = set(timeline.makers)
    kinds = [k for k in TITLES if k not in BEHIND or k in made or k in asked]
    return [_known(timeline, kind) for kind in [*kinds, *sorted((made | asked) - TITLES.keys())]]


def _known(timeline: Timeline, kind: str) -> Known:
    tracks = {stage: track for (stage, k), track in timeline.tracks.items() if k == kind}
    stages = timeline.makers.get(kind, ())
    why = tuple(f"{stage}: {timeline.failures[stage]}" for stage in stages if stage in timeline.failures)
    if kind in KINDS:
        state = timeline.state(KINDS[kind])
    else:
        state = State.FAILED if why else State.DONE if tracks else State.MISSING
    rows = sum(len(track) for track in tracks.values())
    return Known(kind, state, rows, tuple(t.maker for t in tracks.values()), why, stages)


def format_facts(movie: Movie) -> list[str]:
    """A film's format in short pieces: length, picture, sound, subtitles, chapters."""
    facts = [length(movie.duration.seconds)]
    facts += _picture_facts(movie.video) if movie.video else ["no picture"]
    facts += [_sound_fact(a) for a in movie.audio[:3]] or ["no sound"]
    more = len(movie.audio) - 3
    facts += [f"{more} more sound streams"] if more > 0 else []
    for number, thing in ((len(movie.subtitles), "subtitle stream"), (len(movie.chapters), "chapter")):
        facts += [f"{number} {thing}{'s' * (number > 1)}"] if number else []
    return facts


def _picture_facts(video: VideoStream) -> list[str]:
    rate = f"{float(video.rate):.5g} fps" if video.rate else ""
    notes = [rate + " on average" if video.variable and rate else rate]
    notes += ["interlaced"] if video.interlaced else []
    notes += [video.hdr] if video.hdr else []
    notes += [f"{video.bits}-bit"] if video.bits > 8 else []
    return [f"{video.display[0]} {_BY} {video.display[1]}", *(n for n in notes if n), codec(video.codec)]


def _sound_fact(audio: AudioStream) -> str:
    return " ".join(part for part in (codec(audio.codec), audio.layout, audio.language or "") if part)


def codec(name: str) -> str:
    """A codec as it is written on boxes."""
    return _CODECS.get(name, name)


def length(seconds: float) -> str:
    """A length in words that fit it: '4.2 s', '1 min 12 s', '2 h 05 min'."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


@dataclass(frozen=True)
class Rhythm:
    """How a film is cut: number of shots, mean and median length, the longest, all in seconds."""

    shots: int
    mean: float
    median: float
    longest: float


def rhythm(shots: Track[Shot] | None) -> Rhythm | None:
    """The cutting rhythm; None where there is no shot."""
    if shots is None or not len(shots):
        return None
    lengths = (shots.spans.ends - shots.spans.starts) / FLICKS_PER_SECOND
    return Rhythm(len(lengths), float(lengths.mean()), float(np.median(lengths)), float(lengths.max()))


def top_tags(tags: Track[Tag] | None, most: int) -> list[tuple[str, str, int, float]]:
    """The tags that weigh most (score x time): label, vocabulary, number of stretches, seconds."""
    if tags is None or not len(tags):
        return []
    weights: dict[tuple[str, str], list[float]] = {}
    lengths = (tags.spans.ends - tags.spans.starts) / FLICKS_PER_SECOND
    columns = (tags.table.column(name).to_pylist() for name in ("label", "vocabulary", "score"))
    for label, vocabulary, score, seconds in zip(*columns, lengths.tolist(), strict=True):
        sums = weights.setdefault((label, vocabulary), [0.0, 0, 0.0])
        sums[0] += score * max(seconds, 0.001)
        sums[1] += 1
        sums[2] += seconds
    order = sorted(weights.items(), key=lambda item: (-item[1][0], item[0]))
    return [(label, vocabulary, int(n), seconds) for (label, vocabulary), (_, n, seconds) in order[:most]]


def measured(quality: Track[Quality] | None, measure: str, edges: Ticks) -> np.ndarray:
    """The mean of a measure in each bin between `edges` (flicks, increasing), NaN where nothing was measured."""
    if quality is None or not len(quality):
        return np.full(len(edges) - 1, np.nan)
    table = quality.table.filter(_is(quality, measure))
    starts, ends = (table.column(name).to_numpy().astype(np.int64) for name in ("start", "end"))
    return binned(starts, ends, table.column("value").to_numpy().astype(np.float64), edges)


def _is(quality: Track[Quality], measure: str) -> np.ndarray:
    encoded = quality.table.column("measure").combine_chunks().dictionary_encode()
    names: Sequence[str] = encoded.dictionary.to_pylist()
    wanted = names.index(measure) if measure in names else -1
    found: np.ndarray = encoded.indices.to_numpy() == wanted
    return found


def stills(timeline: Timeline) -> list[Picture | None]:
    """For every shot the first thumbnail taken from inside it."""
    shots, pictures = timeline.find(Shot), timeline.find(Picture)
    if shots is None:
        return []
    found: list[Picture | None] = [None] * len(shots)
    if pictures is None or not len(pictures) or not len(shots):
        return found
    where = shots.spans.at(pictures.column("at"))
    for index, picture in zip(where.tolist(), pictures.rows, strict=True):
        if index >= 0 and found[index] is None and picture.role == "thumbnail":
            found[index] = picture
    return found
