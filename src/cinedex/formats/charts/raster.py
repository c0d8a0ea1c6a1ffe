"""A drawing as PNG, by Pillow: drawn twice as large and made smaller, so that edges are smooth.

Text is set in the font that Pillow carries, so that the same drawing is the same picture on every machine; letters that
it lacks come from a font of the machine where one of the usual ones is found, else they are boxes.
"""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from cinedex.formats.charts.drawing import PAPER, Drawing, Line, Photo, Polygon, Rect, Words

_FINER = 2

_FURTHER = ("NotoSansCJK-Regular.ttc", "NotoSans-Regular.ttf", "DejaVuSans.ttf", "Arial Unicode.ttf", "arialuni.ttf")

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def png(drawing: Drawing) -> bytes:
    """The drawing as a file."""
    image = Image.new("RGB", (drawing.width * _FINER, drawing.height * _FINER), PAPER)
    pen = ImageDraw.Draw(image, "RGBA")
    for shape in drawing.shapes:
        if isinstance(shape, Photo):
            _photo(image, shape)
        else:
            _draw(pen, shape)
    small = image.resize((drawing.width, drawing.height), Image.Resampling.BOX)
    out = io.BytesIO()
    small.save(out, "PNG", optimize=True)
    return out.getvalue()


def _draw(pen: ImageDraw.ImageDraw, shape: Polygon | Line | Rect | Words) -> None:
    match shape:
        case Rect():
            box = [shape.x * _FINER, shape.y * _FINER, 0.0, 0.0]
            # Pillow's boxes hold their last row and column.
            box[2] = max(box[0], (shape.x + shape.width) * _FINER - 1)
            box[3] = max(box[1], (shape.y + shape.height) * _FINER - 1)
            fill = (*shape.fill, _alpha(shape.opacity))
            if shape.radius > 0.5:
                pen.rounded_rectangle(box, shape.radius * _FINER, fill=fill)
            else:
                pen.rectangle(box, fill=fill)
        case Polygon():
            pen.polygon([(x * _FINER, y * _FINER) for x, y in shape.points], (*shape.fill, _alpha(shape.opacity)))
        case Line():
            points = [(x * _FINER, y * _FINER) for x, y in shape.points]
            width = max(1, round(shape.width * _FINER))
            pen.line(points, (*shape.stroke, _alpha(shape.opacity)), width, joint="curve" if width > 2 else None)
        case Words():
            _words(pen, shape)


def _words(pen: ImageDraw.ImageDraw, words: Words) -> None:
    """Runs of letters in the first font that has them, one after the other along the baseline."""
    size = round(words.size * _FINER)
    runs: list[tuple[Font, str]] = []
    for letter in words.text:
        font = next((f for f in _fonts(size) if _has(f, letter)), _fonts(size)[0])
        if runs and runs[-1][0] is font:
            runs[-1] = (font, runs[-1][1] + letter)
        else:
            runs.append((font, letter))
    whole = sum(pen.textlength(text, font=font) for font, text in runs)
    x = words.x * _FINER - {"start": 0.0, "middle": whole / 2, "end": whole}[words.anchor]
    for font, text in runs:
        pen.text((x, words.y * _FINER), text, font=font, fill=words.fill, anchor="ls")
        x += pen.textlength(text, font=font)


@lru_cache(maxsize=64)
def _fonts(size: int) -> tuple[Font, ...]:
    found: list[Font] = [ImageFont.load_default(size)]
    for name in _FURTHER:
        try:
            found.append(ImageFont.truetype(name, size))
        except OSError:  # this machine has no such font
            continue
    return tuple(found)


@lru_cache(maxsize=4096)
def _has(font: Font, letter: str) -> bool:
    """Whether the font draws the letter otherwise than one that no font has."""
    if letter.isascii():
        return True
    mine, none = font.getmask(letter), font.getmask("\uffff")
    return mine.size != none.size or bytes(mine) != bytes(none)


def _photo(image: Image.Image, photo: Photo) -> None:
    size = max(1, round(photo.size * _FINER))
    try:
        with Image.open(io.BytesIO(photo.data)) as still:
            side = min(still.size)
            left, top = (still.width - side) // 2, (still.height - side) // 2
            face = still.convert("RGB").crop((left, top, left + side, top + side))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return  # no picture at all: its place stays empty
    mask = Image.new("L", (size, size), 0)
    ImageDraw.Draw(mask).ellipse((0, 0, size - 1, size - 1), fill=255)
    where = (round(photo.x * _FINER), round(photo.y * _FINER))
    image.paste(face.resize((size, size), Image.Resampling.LANCZOS), where, mask)


def _alpha(opacity: float) -> int:
    return round(255 * min(max(opacity, 0.0), 1.0))
