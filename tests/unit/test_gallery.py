"""The gallery page: one file, a strict policy, hostile names as words, odd portraits, nobody and a thousand."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image
from tests.casts import ANN, BEN, HARBOUR, TRAIN, Seen, library_at, put_film

from cinedex.errors import UsageError
from cinedex.formats.gallery import render_gallery, write_gallery
from cinedex.people.view import Gallery

HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)"> {{ 7*7 }} \' " &amp;'


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, str] = {}
        self.words, self._within = "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._within = tag if tag in {"script", "style"} else ""

    def handle_endtag(self, tag: str) -> None:
        self._within = "" if tag in {"script", "style"} else self._within

    def handle_data(self, text: str) -> None:
        if self._within:
            self.inside[self._within] = self.inside.get(self._within, "") + text
        else:
            self.words += text

    def of(self, tag: str, cls: str) -> int:
        return sum(t == tag and cls in (a.get("class") or "").split() for t, a in self.elements)


def gallery(
    tmp_path: Path, *, name: str = "harbour.mp4", seen: tuple[Seen, ...] = HARBOUR, ann: str = "Ann"
) -> Gallery:
    library = library_at(tmp_path / "lib")
    movie = put_film(library, name, seen)
    if seen and ann:
        library.cast.name(f"{movie.id}#1", ann)
    return library.people(movie, portraits=True)


def test_it_shows_everybody_with_their_looks(tmp_path: Path):
    page = Page(render_gallery(gallery(tmp_path)))
    assert page.of("li", "card") == 3
    images = [a for t, a in page.elements if t == "img"]
    assert len(images) == 3 + 2
    assert all((a["src"] or "").startswith("data:image/jpeg;base64,") and a["alt"] for a in images)
    words = re.sub(r"\s+", " ", page.words)
    for said in (
        "Ann",
        "Person 2",
        "1:35",
        "16% of the film",
        "3 characters",
        "1 with a name",
        "1:40 \N{EN DASH} 2:40",
    ):
        assert said in words
    bars = [a["d"] for t, a in page.elements if t == "path" and (a.get("d") or "").startswith("M") and "V10H" in a["d"]]
    assert bars[0] == "M16 0H67V10H16zM166 0H267V10H166zM666 0H675V10H666z"


def test_the_policy_lets_only_the_pages_own_script_and_style_run(tmp_path: Path):
    text = render_gallery(gallery(tmp_path))
    page = Page(text)
    policy = next(a["content"] for t, a in page.elements if t == "meta" and a.get("http-equiv"))
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert (rules["default-src"], rules["img-src"]) == ("'none'", "data:")
    for name in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(page.inside[name].encode()).digest()).decode()
        assert rules[f"{name}-src"] == f"'sha256-{digest}'"
    assert not {"connect-src", "media-src"} & set(rules)
    assert not [a for _, a in page.elements if "style" in a or any(k.startswith("on") for k in a)]
    named = {v for _, a in page.elements for k, v in a.items() if k in {"src", "href"} and v}
    assert all(v.startswith("data:") for v in named)


def test_hostile_text_stays_text(tmp_path: Path):
    made = gallery(tmp_path, name=f"{HOSTILE}.mp4", ann=HOSTILE)
    page = Page(render_gallery(replace(made, notes=(HOSTILE,))))
    calm = Page(render_gallery(replace(gallery(tmp_path / "calm"), notes=("x",))))
    assert [t for t, _ in page.elements] == [t for t, _ in calm.elements]
    assert "{{ 7*7 }}" in page.words


def odd_stills() -> list[tuple[str, bytes]]:
    out = io.BytesIO()
    Image.new("LA", (7, 900), 5).save(out, "PNG")
    return [("heic", b"\0\0\0 ftypheic"), ("jpeg", b""), ("svg", b"<svg onload='alert(1)'/>"), ("png", out.getvalue())]


@pytest.mark.parametrize(("form", "data"), odd_stills())
def test_odd_portraits_harm_nothing(tmp_path: Path, form: str, data: bytes):
    made = gallery(tmp_path)
    odd = {n: replace(p, format=form, data=data) for n, p in made.portraits.items()}
    page = Page(render_gallery(replace(made, portraits=odd)))
    assert page.of("li", "card") == 3
    assert all((a["src"] or "").startswith("data:image/jpeg") for t, a in page.elements if t == "img")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"tracklets": 0}, "No face is seen"),
        ({"tracklets": 4}, "none was clear enough"),
        ({"tracklets": 4, "recognition": False}, "none was clear enough"),
        ({"state": "missing"}, "cinedex analyze"),
        ({"state": "failed"}, "failed"),
    ],
)
def test_nobody_is_said_and_why(tmp_path: Path, changes: dict[str, object], says: str):
    made = replace(gallery(tmp_path, seen=()), **changes)
    page = Page(render_gallery(made))
    assert says in page.words
    assert page.of("li", "card") == 0


def test_who_is_hidden_is_not_on_the_page(tmp_path: Path):
    library = library_at(tmp_path)
    movie = put_film(library, "train.mp4", TRAIN)
    library.cast.hide("train.mp4#1")
    page = Page(render_gallery(library.people(movie, portraits=True)))
    assert page.of("li", "card") == 2
    assert "1 hidden" in page.words


def test_a_thousand_people_are_folded(tmp_path: Path):
    crowd = tuple(Seen(w, w, w / 2, w / 2 + 4 - w / 400, x=w % 9 / 10, portrait=w % 50 == 0) for w in range(1, 1001))
    text = render_gallery(gallery(tmp_path, seen=crowd, ann=""))
    page = Page(text)
    assert page.of("li", "card") == 1000
    assert "940 more" in page.words
    assert len(text) < 4_000_000


def test_a_film_of_no_length_is_drawn(tmp_path: Path):
    library = library_at(tmp_path)
    movie = put_film(library, "still.mp4", [Seen(ANN, 1, 0, 0), Seen(BEN, 2, 0, 0)], seconds=0.0)
    assert Page(render_gallery(library.people(movie, portraits=True))).of("li", "card") == 2


def test_it_is_written_whole_or_not_at_all(tmp_path: Path):
    made = gallery(tmp_path)
    to = write_gallery(made, tmp_path / "page.html")
    assert to.read_text(encoding="utf-8").endswith("</html>")
    with pytest.raises(UsageError, match="cannot be written"):
        write_gallery(made, tmp_path / "gone" / "page.html")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["lib", "page.html"]
