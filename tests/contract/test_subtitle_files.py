"""The contract of subtitle files: what is written comes back, what is hostile is read as text or refused in words."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cinedex.errors import MediaError, UsageError
from cinedex.subtitles.files import FILE_BYTES, FORMS, form_of, parsed, read_subtitles, spelled
from cinedex.subtitles.subtitle import Subtitle
from cinedex.timeline.time import SECOND, Time

TEXT_FORMS = ("srt", "vtt", "ass", "ttml")
SCRIPTS = [
    ("مرحبا بالعالم", "كيف حالك؟"),
    ("नमस्ते दुनिया", "क्षत्रिय"),
    ("こんにちは世界、", "「元気？」"),  # noqa: RUF001 - a Japanese question mark
    ("שלום עולם",),
    ("สวัสดีชาวโลก",),
    ("안녕하세요 세계",),
    ("Tromsø, Ærø", "Zażółć gęślą jaźń…"),
]
HOSTILE = [
    ("Where --> there",),
    ("<script>alert(1)</script> & <b>bold</b>",),
    ("and {\\an8} braces {hidden}", "\\N \\h \\{ }"),
    ("00:00:01,000 00:00:02,000", "1984"),
    ("1984",),
    ("[Events]", "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,forged"),
    ("NOTE this", "WEBVTT"),
    ("&lt;i&gt; &amp;",),
    ("<00:00:01.000>",),
    ("<!DOCTYPE x>", "]]>"),
]


def numbered(texts: list[tuple[str, ...]]) -> list[Subtitle]:
    return [Subtitle(SECOND * (4 * i + 1), SECOND * (4 * i + 4), lines) for i, lines in enumerate(texts)]


@pytest.mark.parametrize("form", TEXT_FORMS)
@pytest.mark.parametrize("texts", [SCRIPTS, HOSTILE], ids=["scripts", "hostile"])
def test_every_script_and_hostile_words_come_back(form: str, texts: list[tuple[str, ...]]):
    before = numbered(texts)
    text = spelled(before, form, "en")
    back = parsed(text.encode())
    assert back.form == form
    assert [s.lines for s in back.subtitles] == texts
    assert [(s.start, s.end) for s in back.subtitles] == [(s.start, s.end) for s in before]
    assert spelled(before, form, "en") == text


LINE = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp", "Co"), exclude_characters="\u2060\ufeff"),
    min_size=1, max_size=40,
).map(lambda t: " ".join(t.split())).filter(bool)  # fmt: skip


@pytest.mark.parametrize("form", TEXT_FORMS)
@settings(max_examples=60, deadline=None)
@example(texts=[["{", "}"]], gaps=[(0, 1)] * 5)
@given(
    texts=st.lists(st.lists(LINE, min_size=1, max_size=3), min_size=1, max_size=5),
    gaps=st.lists(st.tuples(st.integers(0, 500), st.integers(1, 700)), min_size=5, max_size=5),
)
def test_subtitles_come_back_as_they_went(form: str, texts: list[list[str]], gaps: list[tuple[int, int]]):
    at, before = 0, []
    for lines, (gap, length) in zip(texts, gaps, strict=False):
        before.append(Subtitle(_hundredths(at + gap), _hundredths(at + gap + length), tuple(lines)))
        at += gap + length
    back = parsed(spelled(before, form, "en").encode())
    assert [(s.start, s.end, s.lines) for s in back.subtitles] == [(s.start, s.end, s.lines) for s in before]


def _hundredths(count: int) -> Time:
    return Time(count * int(SECOND) // 100)


def test_scc_comes_back_within_a_frame_or_is_refused_in_words():
    before = numbered([("Hello there.", "How are you?"), ("Fine, señor…",)])
    back = parsed(spelled(before, "scc").encode()).subtitles
    assert [s.text for s in back] == ["Hello there.\nHow are you?", "Fine, señor..."]
    assert all(abs(a.start - b.start) < SECOND // 20 for a, b in zip(back, before, strict=True))
    with pytest.raises(UsageError, match="SCC cannot say 'م'"):
        spelled(numbered([("مرحبا",)]), "scc")
    with pytest.raises(UsageError, match="lines of 32 characters"):
        spelled(numbered([("x" * 33,)]), "scc")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is empty"),
        (b"\xef\xbb\xbf \r\n", "it is empty"),
        (b"Nothing here.", "nothing that is known as subtitles"),
        (b"\x00\x01\x02" * 50, "it is no text"),
        (bytes(range(256)) * 4, "."),
        (b"WEBVTT\n\nNOTE only this\n", "without a subtitle"),
        (b"[Script Info]\n\n[Events]\nFormat: Start, End, Text\nDialogue: x,y,z\n", "without a subtitle"),
        (b'<tt xmlns="http://www.w3.org/ns/ttml"><body>', "no whole XML"),
        (b'<!DOCTYPE tt [<!ENTITY a "aa">]><tt xmlns="http://www.w3.org/ns/ttml"><body/></tt>', "declares entities"),
        (b"Scenarist_SCC V1.0\n\nnonsense\n", "."),
        (b"1\n00:00:01,000 --> 00:00:02,000\nA\n" + b"x" * FILE_BYTES, "larger than 8 MiB"),
    ],
)  # fmt: skip
def test_what_is_no_subtitle_file_is_refused_in_words(data: bytes, why: str, tmp_path: Path):
    (tmp_path / "film.srt").write_bytes(data)
    with pytest.raises(MediaError, match=rf"film\.srt: .*{why}"):
        read_subtitles(tmp_path / "film.srt")


def test_a_file_that_is_not_there_is_refused_in_words(tmp_path: Path):
    with pytest.raises(MediaError, match="No such file"):
        read_subtitles(tmp_path / "none.srt")


FIRST, SECOND_LINE = "Я никогда не думал, что ты вернёшься домой.", "Почему же ты здесь, брат мой?"
RUSSIAN = f"1\n00:00:01,000 --> 00:00:03,000\n{FIRST}\n\n2\n00:00:04,000 --> 00:00:06,000\n{SECOND_LINE}\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1251"])
def test_encodings_are_told_apart(encoding: str):
    read = parsed(RUSSIAN.replace("\n", "\r\n").encode(encoding))
    assert read.subtitles[1].text == SECOND_LINE
    assert bool(read.notes) == (encoding == "cp1251")


def test_broken_and_odd_times_are_kept_or_dropped_with_their_words():
    read = parsed(
        b"1\n00:00:05,000 --> 00:00:03,000\nbackwards\n\n2\n00:00:01,000 --> 00:00:09,000\nover\n\n"
        b"3\n00:00:xx,000 --> 00:00:02,000\nbroken\n\n4\n00:00:10,000 --> 00:00:11,000\n<i>slanted</i>\n"
    )
    assert [s.lines for s in read.subtitles] == [("backwards",), ("over",), ("slanted",)]
    assert [s.italic for s in read.subtitles] == [False, False, True]
    assert read.subtitles[0].end < read.subtitles[0].start


@pytest.mark.parametrize(
    "data",
    [
        b"1\n00:00:01,000 --> 00:00:02,000\n" + b"<a" * 200_000,
        b"1\n00:00:01,000 --> 00:00:02,000\n" + b"\n" * 400_000 + b"x",
        b"WEBVTT\n\n" + b"00:00:01.000 --> 00:00:02.000\n{\\" * 10_000,
        b"[Events]\n" + b"Dialogue: " + b"," * 400_000 + b"{" * 100_000,
        b'<tt xmlns="http://www.w3.org/ns/ttml"><body>' + b"<div>" * 5_000,
        b"-->" * 200_000,
    ],
    ids=["tags", "lines", "stamps", "fields", "nested", "arrows"],
)
def test_hostile_files_take_no_long_time(data: bytes):
    began = time.process_time()
    with contextlib.suppress(ValueError):
        parsed(data)
    assert time.process_time() - began < 8


def test_names_ask_for_formats():
    assert [form_of(Path(f"a.{e}")) for e in ("srt", "VTT", "ssa", "xml", "dfxp", "scc")] == [
        "srt", "vtt", "ass", "ttml", "ttml", "scc",
    ]  # fmt: skip
    assert set(TEXT_FORMS) < set(FORMS)
    with pytest.raises(UsageError, match=r"a\.sub: no subtitle format"):
        form_of(Path("a.sub"))
    with pytest.raises(UsageError, match="no subtitle format 'x'"):
        spelled([], "x")


def test_the_language_tells_code_pages_apart():
    for language, encoding, text in (
        ("ja", "euc_jp", "あなたは何を探しているのですか"),
        ("ja", "shift_jis", "私は誰かを探しています。"),
        ("ja", "iso2022_jp", "長い旅でした"),
        ("ko", "euc_kr", "당신은 무엇을 찾고 있습니까"),
        ("ru", "koi8_r", "Я ищу кое-кого."),
        ("zh-Hant", "big5", "你在這裡做什麼,我的朋友?"),
        ("ar", "cp1256", "أنا أبحث عن شخص ما."),
        ("th", "cp874", "ฉันกำลังมองหาใครบางคน"),
    ):
        file = parsed(f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n".encode(encoding), language)
        assert file.subtitles[0].text == text, (language, encoding)
        assert file.notes[0].endswith("which is a guess")
    assert parsed("1\n00:00:01,000 --> 00:00:02,000\nnaïve\n".encode("cp1252"), "ja").subtitles[0].text == "naïve"


def test_times_before_the_film_keep_their_sign():
    text = (
        "1\n-00:00:01,500 --> 00:00:02,000\nBoth - sides\n\n2\n-0:01:00,000 --> -00:00:59,000\nGone\n\n"
        "3\n00:00:05,000 --> 00:00:06,000\n-00:00:01,000\n"
    )
    times = [(s.start.seconds, s.end.seconds, s.text) for s in parsed(text.encode()).subtitles]
    assert times == [(-1.5, 2.0, "Both - sides"), (-60.0, -59.0, "Gone"), (5.0, 6.0, "-00:00:01,000")]
