"""Prints from photographs: exactly one clear face to a photo, nothing of the photo kept but the print."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cinedex.errors import StoreError, UsageError
from cinedex.media.image import PHOTO_BYTES, read_photo
from cinedex.models.chips import aligned
from cinedex.models.tasks import FaceDetector, FaceEmbedder, Floats
from cinedex.people.evidence import unit
from cinedex.store import Store

PLACE = "people/prints"

SIDE = 1024
"""Pixels of a photo's longer side, as the detector sees it."""

CLEAR = 0.5
"""Least score of a face that is enrolled."""

PRESENT = 0.35
"""Least score of another face that makes it unclear who is meant, if it is not much smaller."""

RIVAL = 1 / 9
"""Share of the largest face's area from which another face is not just background."""

SMALLEST = 36
"""Pixels of a face's width at least: a smaller one says too little about whose it is."""


@dataclass(frozen=True)
class Print:
    """A print of a photo: whose space it is in."""

    space: str
    values: Floats


def photo_at(path: Path) -> bytes:
    """A photo's bytes, and not more of an endless file than a photo has. Raises UsageError."""
    try:
        with path.open("rb") as file:
            return file.read(PHOTO_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}", remedy="Name a photo that you may read.") from error


def print_of(photo: bytes, name: str, detector: FaceDetector, embedder: FaceEmbedder) -> Print:
    """The print of the one face in a photo. Raises UsageError where there is none, several, or no photo."""
    try:
        pixels = read_photo(photo, SIDE)
    except ValueError as wrong:
        raise UsageError(f"{name}: {wrong}", remedy="Give a JPEG, PNG or WebP of one person.") from wrong
    found = detector.faces(pixels[None])[0]
    width = pixels.shape[1]
    areas = found[:, 2] * found[:, 3]
    clear = np.flatnonzero(found[:, 4] >= CLEAR)
    if not len(clear):
        raise UsageError(f"{name}: no clear face is seen", remedy="Give a photo of somebody who faces the camera.")
    meant = int(clear[areas[clear].argmax()])
    others = int(((found[:, 4] >= PRESENT) & (areas >= areas[meant] * RIVAL)).sum()) - 1
    if others:
        raise UsageError(
            f"{name}: {others + 1} faces are seen, and it is unclear whose is meant",
            remedy="Cut the photo so that one person is in it.",
        )
    first = found[meant]
    if first[2] * width < SMALLEST:
        raise UsageError(
            f"{name}: the face is {first[2] * width:.0f} pixels wide, too small to tell whose it is",
            remedy=f"At least {SMALLEST} are needed.",
        )
    chips = aligned(pixels, first[5:].reshape(1, 5, 2).astype(np.float64), embedder.size)
    return Print(embedder.space, unit(embedder.prints(chips)[0]))


def keep(store: Store, person: str, made: Print) -> str:
    """Store a print, and give the name by which the log speaks of it."""
    name = f"{person}-{uuid.uuid4().hex[:12]}"
    facts = {"space": made.space, "values": [round(float(v), 6) for v in made.values]}
    store.put(f"{PLACE}/{name}.json", json.dumps(facts).encode())
    return name


def kept(store: Store, names: Sequence[str]) -> list[Print]:
    """Stored prints; those that are gone are left out."""
    found = []
    for name in names:
        data = store.get(f"{PLACE}/{name}.json")
        if data is not None:
            try:
                facts = json.loads(data)
                found.append(Print(str(facts["space"]), unit(np.asarray(facts["values"], np.float32))))
            except (ValueError, KeyError, TypeError) as wrong:
                raise StoreError(
                    f"the print {name} of a photo is damaged: {wrong}", remedy="Enrol it again."
                ) from wrong
    return found


def by_space(store: Store, prints: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Floats]]:
    """All stored prints of people (id to names of prints), stacked, by space and person."""
    found: dict[str, dict[str, list[Floats]]] = {}
    for person, names in prints.items():
        for one in kept(store, names):
            found.setdefault(one.space, {}).setdefault(person, []).append(one.values)
    return {
        space: {person: np.stack([r for r in rows if len(r) == len(rows[0])]) for person, rows in people.items()}
        for space, people in found.items()
    }


def forget(store: Store, people: Sequence[str]) -> int:
    """Delete every stored print of these ids, also those that no entry speaks of."""
    own = [n for n in store.names(PLACE) if n.rpartition("-")[0] in set(people)]
    return sum(store.forget(f"{PLACE}/{name}") for name in own)
