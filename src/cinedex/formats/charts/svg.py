"""A drawing as SVG: plain shapes and text, every word escaped, the same bytes for the same drawing."""

from __future__ import annotations

import base64
from xml.sax.saxutils import escape, quoteattr

from cinedex.formats.charts.drawing import PAPER, Drawing, Line, Photo, Polygon, Rect, Rgb, Words

FONTS = "Inter, ui-sans-serif, system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', sans-serif"

_IMAGES = frozenset({"jpeg", "png", "webp", "avif"})


def svg(drawing: Drawing) -> bytes:
    """The drawing as a file."""
    size = f'width="{drawing.width}" height="{drawing.height}" viewBox="0 0 {drawing.width} {drawing.height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family={quoteattr(FONTS)} role="img">',
        f"<title>{escape(clean(drawing.title))}</title>",
        f'<rect width="100%" height="100%" fill="{_colour(PAPER)}"/>',
        *(_shape(shape, number) for number, shape in enumerate(drawing.shapes)),
        "</svg>\n",
    ]
    return "\n".join(parts).encode("utf-8")


def _shape(shape: Polygon | Line | Rect | Words | Photo, number: int) -> str:
    match shape:
        case Rect():
            radius = f' rx="{_n(shape.radius)}"' if shape.radius else ""
            box = f'x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.width)}" height="{_n(shape.height)}"'
            return f'<rect {box}{radius} fill="{_colour(shape.fill)}"{_opacity(shape.opacity)}/>'
        case Polygon():
            return f'<polygon points="{_points(shape.points)}" fill="{_colour(shape.fill)}"{_opacity(shape.opacity)}/>'
        case Line():
            look = f'fill="none" stroke="{_colour(shape.stroke)}" stroke-width="{_n(shape.width)}"'
            more = f'{_opacity(shape.opacity)} stroke-linejoin="round"'
            return f'<polyline points="{_points(shape.points)}" {look}{more}/>'
        case Words():
            anchor = "" if shape.anchor == "start" else f' text-anchor="{shape.anchor}"'
            at = f'x="{_n(shape.x)}" y="{_n(shape.y)}" font-size="{_n(shape.size)}"'
            return f'<text {at} fill="{_colour(shape.fill)}"{anchor}>{escape(clean(shape.text))}</text>'
        case Photo():
            return _photo(shape, number)


def _photo(photo: Photo, number: int) -> str:
    if photo.format not in _IMAGES:
        return ""
    middle_x, middle_y = photo.x + photo.size / 2, photo.y + photo.size / 2
    circle = f'<circle cx="{_n(middle_x)}" cy="{_n(middle_y)}" r="{_n(photo.size / 2)}"/>'
    source = f"data:image/{photo.format};base64,{base64.b64encode(photo.data).decode()}"
    box = f'x="{_n(photo.x)}" y="{_n(photo.y)}" width="{_n(photo.size)}" height="{_n(photo.size)}"'
    return (
        f'<clipPath id="c{number}">{circle}</clipPath>'
        f'<image {box} preserveAspectRatio="xMidYMid slice" clip-path="url(#c{number})" href="{source}"/>'
    )


def clean(text: str) -> str:
    """Text that XML can hold: characters that it knows nothing of become question marks."""
    return "".join(c if _is_xml(ord(c)) else "?" for c in text)


def _is_xml(code: int) -> bool:
    return code in {9, 10, 13} or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def _points(points: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _colour(colour: Rgb) -> str:
    return "#" + "".join(f"{min(max(part, 0), 255):02x}" for part in colour)


def _opacity(opacity: float) -> str:
    return "" if opacity >= 1 else f' opacity="{_n(max(opacity, 0))}"'
