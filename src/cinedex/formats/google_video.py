"""Facts in the shape of Google's Video Intelligence answers (AnnotateVideoResponse, v1, as JSON).

For programs that read that service's files. Field names and nesting are those of its REST reference; times are seconds
with an 's', boxes are shares of the picture. What was not computed is left out rather than given as empty; `cinedex`
beside the results says what made them. Scores are ours and mean what our stages say they mean.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from cinedex.timeline.rows import Cue, Face, Object, Row, Shot, Tag, Text, Tracklet, Word
from cinedex.timeline.timeline import State, Timeline

Facts = dict[str, Any]


def write_google_video(timeline: Timeline, to: Path) -> None:
    """Write one AnnotateVideoResponse with what was computed."""
    to.write_text(json.dumps(_response(timeline), ensure_ascii=False, indent=1), encoding="utf-8")


def _response(timeline: Timeline) -> Facts:
    result: Facts = {"inputUri": timeline.movie.name, "segment": _segment(timeline.movie.span)}
    for name, kind, made in _PARTS:
        if timeline.state(kind) is State.DONE:
            result[name] = made(timeline)
    makers = [
        {"stage": stage, "kind": kind, "version": track.maker.version, "models": list(track.maker.models)}
        for (stage, kind), track in sorted(timeline.tracks.items())
    ]
    return {"annotationResults": [result], "cinedex": {"movie": timeline.movie.id, "makers": makers}}


def _shots(timeline: Timeline) -> list[Facts]:
    return [_segment(s) for s in timeline.track(Shot).rows]


def _labels(timeline: Timeline) -> list[Facts]:
    """One annotation a label, with the shots in which it is seen."""
    by: dict[str, list[Tag]] = defaultdict(list)
    for tag in timeline.track(Tag).rows:
        by[tag.label].append(tag)
    return [
        {"entity": _entity(label), "segments": [{"segment": _segment(t), "confidence": _number(t.score)} for t in tags]}
        for label, tags in sorted(by.items())
    ]


def _objects(timeline: Timeline) -> list[Facts]:
    """One annotation a sighting: our objects are not followed from picture to picture."""
    return [
        {
            "entity": _entity(o.label),
            "confidence": _number(o.score),
            "segment": _segment(o),
            "frames": [{"normalizedBoundingBox": _box(o), "timeOffset": _at(o.start)}],
        }
        for o in timeline.track(Object).rows
    ]


def _faces(timeline: Timeline) -> list[Facts]:
    """One annotation a tracklet, with every look at it."""
    seen: dict[int, list[Face]] = defaultdict(list)
    for face in timeline.track(Face).rows:
        seen[face.tracklet].append(face)
    known = {t.number: t for t in timeline.track(Tracklet).rows} if timeline.state(Tracklet) is State.DONE else {}
    found = []
    for number, faces in sorted(seen.items()):
        whole = known.get(number, faces[0])
        objects = [{"normalizedBoundingBox": _box(f), "timeOffset": _at(f.start)} for f in faces]
        track = {"segment": _segment(whole), "timestampedObjects": objects, "confidence": _number(whole.score)}
        found.append({"tracks": [track], "version": "cinedex"})
    return found


def _texts(timeline: Timeline) -> list[Facts]:
    by: dict[str, list[Text]] = defaultdict(list)
    for text in timeline.track(Text).rows:
        by[text.text].append(text)
    return [{"text": text, "segments": [_written(t) for t in rows]} for text, rows in sorted(by.items())]


def _written(text: Text) -> Facts:
    right, low = text.x + text.width, text.y + text.height
    corners = [(text.x, text.y), (right, text.y), (right, low), (text.x, low)]
    box = {"vertices": [{"x": _number(x), "y": _number(y)} for x, y in corners]}
    frames = [{"rotatedBoundingBox": box, "timeOffset": _at(text.start)}]
    return {"segment": _segment(text), "confidence": _number(text.score), "frames": frames}


def _speech(timeline: Timeline) -> list[Facts]:
    """One transcription a cue, with the words that begin in it."""
    words = timeline.track(Word).rows if timeline.state(Word) is State.DONE else []
    found, place = [], 0
    for cue in timeline.track(Cue).rows:
        while place < len(words) and words[place].start < cue.start:
            place += 1
        said = []
        while place < len(words) and words[place].start < cue.end:
            said.append(_word(words[place]))
            place += 1
        best: Facts = {"transcript": cue.text, "confidence": _number(cue.score)}
        found.append({"alternatives": [best | ({"words": said} if said else {})], "languageCode": cue.language})
    return found


def _word(word: Word) -> Facts:
    times = {"startTime": _at(word.start), "endTime": _at(word.end)}
    return times | {"word": word.text.strip(), "confidence": _number(word.score)}


def _entity(label: str) -> Facts:
    return {"description": label, "languageCode": "en-US"}


def _segment(span: Row | Any) -> Facts:
    return {"startTimeOffset": _at(span.start), "endTimeOffset": _at(span.end)}


def _box(seen: Face | Object) -> Facts:
    sides = (seen.x, seen.y, seen.x + seen.width, seen.y + seen.height)
    return dict(zip(("left", "top", "right", "bottom"), _numbers(sides), strict=True))


def _numbers(values: Iterable[float]) -> Sequence[float]:
    return [_number(min(max(v, 0.0), 1.0)) for v in values]


def _number(value: float) -> float:
    return round(float(value), 6)


def _at(time: Any) -> str:
    """Seconds to the microsecond, as the service writes a duration."""
    return f"{time.seconds:.6f}".rstrip("0").rstrip(".") + "s"


_PARTS: tuple[tuple[str, type[Row], Callable[[Timeline], list[Facts]]], ...] = (
    ("shotAnnotations", Shot, _shots),
    ("shotLabelAnnotations", Tag, _labels),
    ("objectAnnotations", Object, _objects),
    ("faceDetectionAnnotations", Face, _faces),
    ("textAnnotations", Text, _texts),
    ("speechTranscriptions", Cue, _speech),
)
