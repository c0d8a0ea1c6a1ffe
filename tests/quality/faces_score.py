"""How well faces were found and grouped on a composed film: who each tracklet is, and which of them came together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from tests.quality.faces_film import HEIGHT, WIDTH, FacesFilm, Laid

from cinedex.timeline.rows import Face

_BY_SIZE = (0, 32, 45, 70, 110, 300)
"""Edges of the sizes for which recall is told: the height of the photograph in pixels of 480."""


@dataclass(frozen=True)
class Found:
    """What a stage saw of a composed film. `who` names each tracklet; those of nobody that was laid are left out."""

    recall: str
    all_found: float
    within: float
    elsewhere: int
    who: Mapping[int, str]

    def __str__(self) -> str:
        return (
            f"faces found {self.all_found:.1%} (by height: {self.recall}), {len(self.who)} tracklets, "
            f"{self.within:.1%} of their faces one person's, {self.elsewhere} tracklets elsewhere in the picture"
        )


def followed(film: FacesFilm, faces: Sequence[Face]) -> Found:
    """Every face with what was laid nearest to it, if it lies on it."""
    at = {int(g.start): i for i, g in enumerate(film.glances)}
    votes: dict[int, list[str | None]] = {}
    hit: set[Laid] = set()
    for face in faces:
        here = [laid for laid in film.laid if laid.look == at[int(face.start)]]
        nearest = min(here, key=lambda laid: _off(face, laid), default=None)
        if nearest is not None and _off(face, nearest) > 0.5:
            nearest = None
        if nearest is not None:
            hit.add(nearest)
        votes.setdefault(face.tracklet, []).append(nearest.who if nearest is not None else None)
    best = {number: Counter(seen).most_common(1)[0] for number, seen in votes.items()}
    who = {number: name for number, (name, _) in best.items() if name is not None}
    right = sum(best[number][1] for number in who)
    told = []
    for low, high in pairwise(_BY_SIZE):
        some = [laid for laid in film.laid if low <= laid.height * HEIGHT < high]
        told.append(f"{low}-{high}: {sum(laid in hit for laid in some)}/{len(some)}")
    total = sum(len(votes[number]) for number in who)
    return Found(", ".join(told), len(hit) / len(film.laid), right / max(1, total), len(votes) - len(who), who)


def _off(face: Face, laid: Laid) -> float:
    """How far the middle of a face lies from that of a photograph, in heights of the photograph."""
    across = abs(face.x + face.width / 2 - laid.x) * WIDTH / HEIGHT
    down = abs(face.y + face.height / 2 - laid.y)
    return max(across, down) / laid.height


@dataclass(frozen=True)
class Grouped:
    """Pairs of tracklets: `right` and `wrong` ones that were joined, `missed` ones that were not."""

    right: int
    wrong: int
    missed: int
    purity: float
    characters: int
    people: int
    nobody: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)

    def __str__(self) -> str:
        return (
            f"pairwise F1 {self.f1:.2f} (precision {self.precision:.2f}, recall {self.recall:.2f}), "
            f"purity {self.purity:.2f}, {self.characters} characters of {self.people} people, "
            f"{self.nobody} tracklets nobody's"
        )


def grouped(who: Mapping[int, str], characters: Mapping[int, int]) -> Grouped:
    """Tracklets that belong to no character count as joined with none, and not in the purity."""
    right = wrong = missed = 0
    for one, other in combinations(who, 2):
        joined = one in characters and characters.get(one) == characters.get(other)
        same = who[one] == who[other]
        right, wrong, missed = right + (joined and same), wrong + (joined and not same), missed + (same and not joined)
    groups: dict[int, list[str]] = {}
    for number, name in who.items():
        if number in characters:
            groups.setdefault(characters[number], []).append(name)
    named = sum(len(g) for g in groups.values())
    pure = sum(Counter(g).most_common(1)[0][1] for g in groups.values()) / max(1, named)
    return Grouped(right, wrong, missed, pure, len(groups), len(set(who.values())), len(who) - named)
