"""Storyboards: a film's stills in sheets of tiles, and the WebVTT by which players show them over their bar."""

from __future__ import annotations

from dataclasses import dataclass

from cinedex.media.image import sheet
from cinedex.timeline.rows import Picture
from cinedex.timeline.time import Time
from cinedex.timeline.timeline import Timeline

COLUMNS, LINES = 6, 6
"""Tiles of a sheet."""

HEIGHT = 90
"""Pixels of a tile."""

MOST = 3_600
"""Tiles of a film: of longer ones every second, third, ... still is shown."""


@dataclass(frozen=True)
class Tile:
    """A still, the stretch that it stands for, and its place: sheet, and pixels from the sheet's corner."""

    start: Time
    end: Time
    picture: Picture
    sheet: int
    x: int
    y: int


@dataclass(frozen=True)
class Storyboard:
    """A film's tiles, all of one size."""

    tiles: tuple[Tile, ...]
    width: int
    height: int = HEIGHT

    @property
    def sheets(self) -> int:
        """How many sheets there are."""
        return self.tiles[-1].sheet + 1 if self.tiles else 0

    def jpeg(self, number: int) -> bytes:
        """One sheet. Raises IndexError for one that there is not."""
        own = [t for t in self.tiles if t.sheet == number]
        if not own:
            raise IndexError(number)
        return sheet([(t.picture.data, t.x, t.y) for t in own], (self.width, self.height))

    def vtt(self, address: str) -> str:
        """Which tile is shown when; `address` is a sheet's, with {} for its number."""
        parts = ["WEBVTT\n"]
        for tile in self.tiles:
            place = f"{address.format(tile.sheet)}#xywh={tile.x},{tile.y},{self.width},{self.height}"
            parts.append(f"{_stamp(tile.start)} --> {_stamp(tile.end)}\n{place}\n")
        return "\n".join(parts)


def storyboard(timeline: Timeline) -> Storyboard:
    """The stills of a film's shots as tiles. Raises LookupError where there are no stills."""
    stills = [p for p in timeline.track(Picture).rows if p.role == "thumbnail"]
    if not stills:
        raise LookupError(f"{timeline.movie.name}: it has no stills")
    stills = stills[:: -(-len(stills) // MOST)]
    first = stills[0]
    width = max(16, min(4 * HEIGHT, round(HEIGHT * first.width / max(first.height, 1))))
    tiles = []
    for number, picture in enumerate(stills):
        of_sheet, place = divmod(number, COLUMNS * LINES)
        start = picture.start if number else Time(0)
        end = stills[number + 1].start if number + 1 < len(stills) else max(timeline.movie.duration, picture.end)
        line, column = divmod(place, COLUMNS)
        tiles.append(Tile(start, end, picture, of_sheet, column * width, line * HEIGHT))
    return Storyboard(tuple(tiles), width)


def _stamp(time: Time) -> str:
    hours, rest = time.clock.split(":", 1)
    return f"{int(hours):02d}:{rest}"
