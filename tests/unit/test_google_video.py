"""The shape of Google's annotations: names, nesting, times as its reference has them, nothing made up."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.seen_rows import Seen
from tests.timelines import make_timeline

from cinedex.formats.google_video import write_google_video
from cinedex.timeline.rows import Cue, Face, Shot, Tag, Word
from cinedex.timeline.timeline import Timeline

TIME = re.compile(r"\d+(\.\d{1,6})?s")


def written(timeline: Timeline, folder: Path) -> dict[str, Any]:
    write_google_video(timeline, folder / "a.json")
    (result,) = json.loads((folder / "a.json").read_text())["annotationResults"]
    return dict(result)


def times(value: Any) -> list[str]:
    """Everything that stands where a time must."""
    if isinstance(value, list):
        return [t for v in value for t in times(v)]
    if isinstance(value, dict):
        own = [
            v
            for k, v in value.items()
            if k in {"startTimeOffset", "endTimeOffset", "timeOffset", "startTime", "endTime"}
        ]
        return own + [t for v in value.values() for t in times(v)]
    return []


def test_every_fact_is_in_its_place(tmp_path: Path):
    timeline = make_timeline(8, seen=Seen(3, 4), words=20)
    found = written(timeline, tmp_path)
    assert len(found["shotAnnotations"]) == len(timeline.track(Shot))
    tags = [s for label in found["shotLabelAnnotations"] for s in label["segments"]]
    assert len(tags) == len(timeline.track(Tag))
    seen = [o for face in found["faceDetectionAnnotations"] for t in face["tracks"] for o in t["timestampedObjects"]]
    assert len(seen) == len(timeline.track(Face))
    assert [s["alternatives"][0]["transcript"] for s in found["speechTranscriptions"]] == [
        c.text for c in timeline.track(Cue).rows
    ]
    words = [w["word"] for s in found["speechTranscriptions"] for w in s["alternatives"][0]["words"]]
    assert words == [w.text.strip() for w in timeline.track(Word).rows]
    assert times(found)
    assert all(TIME.fullmatch(t) for t in times(found))


def test_boxes_lie_in_the_picture(tmp_path: Path):
    found = written(make_timeline(8, seen=Seen(3, 4)), tmp_path)
    boxes = [o["frames"][0]["normalizedBoundingBox"] for o in found["objectAnnotations"]]
    assert boxes
    assert all(0 <= b["left"] < b["right"] <= 1 and 0 <= b["top"] < b["bottom"] <= 1 for b in boxes)


def test_what_was_not_computed_is_not_there_and_what_is_empty_is(tmp_path: Path):
    found = written(make_timeline(4, without=(Tag,), empty=(Cue,)), tmp_path)
    assert "shotLabelAnnotations" not in found
    assert found["speechTranscriptions"] == []
