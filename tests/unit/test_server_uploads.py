"""Uploads as tus: whole, in parts, after a cut, too large, no film, by two at once."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.test_server import Running

from cinedex.app.server.uploads import _name
from cinedex.errors import UsageError
from cinedex.media.films import FILM_SUFFIXES

TYPE = "application/offset+octet-stream"


@pytest.fixture
def running(tmp_path: Path) -> Running:
    return Running(tmp_path)


def begun(running: Running, length: int, name: str = "a film.mkv") -> str:
    metadata = f"filename {base64.b64encode(name.encode()).decode()}"
    answer = running.client.post("/v1/uploads", headers={"Upload-Length": str(length), "Upload-Metadata": metadata})
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


def patched(running: Running, place: str, at: int, data: bytes) -> tuple[int, int | None]:
    answer = running.client.patch(place, content=data, headers={"Upload-Offset": str(at), "Content-Type": TYPE})
    offset = answer.headers.get("upload-offset")
    return answer.status_code, None if offset is None else int(offset)


def test_a_film_comes_in_parts(running: Running):
    data = running.film.read_bytes()
    place = begun(running, len(data))
    half = len(data) // 2
    assert patched(running, place, 0, data[:half]) == (204, half)
    head = running.client.head(place)
    assert (head.headers["upload-offset"], head.headers["upload-length"]) == (str(half), str(len(data)))
    answer = running.client.patch(
        place, content=data[half:], headers={"Upload-Offset": str(half), "Content-Type": TYPE}
    )
    assert answer.status_code == 200
    film = running.client.get("/v1/films").json()["films"][0]
    assert (film["id"], film["name"]) == (answer.json()["id"], "a film.mkv")
    assert running.client.get(f"/v1/films/{film['id']}/media").content == data
    assert running.client.head(place).status_code == 404


def test_a_film_that_comes_again_is_kept_once(running: Running):
    data = running.film.read_bytes()
    answers = []
    for name in ("a film.mkv", "the same.mkv"):
        place = begun(running, len(data), name)
        headers = {"Upload-Offset": "0", "Content-Type": TYPE}
        answers.append(running.client.patch(place, content=data, headers=headers).json())
    assert [a["known"] for a in answers] == [False, True]
    assert [a["name"] for a in answers] == ["a film.mkv", "a film.mkv"]
    kept = [p for p in running.service.uploads.rglob("*") if p.is_file()]
    assert [p.name for p in kept] == ["a film.mkv"]
    kept[0].unlink()
    place = begun(running, len(data), "the same.mkv")
    again = running.client.patch(place, content=data, headers={"Upload-Offset": "0", "Content-Type": TYPE}).json()
    assert (again["known"], again["name"]) == (False, "the same.mkv"), "its file was gone, so that this one is needed"


def test_bytes_at_another_place_are_refused(running: Running):
    place = begun(running, 100)
    assert patched(running, place, 0, b"x" * 10) == (204, 10)
    assert patched(running, place, 0, b"x" * 10)[0] == 409
    assert patched(running, place, 20, b"x" * 10)[0] == 409
    assert running.client.head(place).headers["upload-offset"] == "10"


def test_more_than_announced_is_refused(running: Running):
    place = begun(running, 10)
    assert patched(running, place, 0, b"x" * 11)[0] == 413


def test_what_is_no_film_is_refused_and_gone(running: Running):
    place = begun(running, 10)
    assert patched(running, place, 0, b"0123456789")[0] == 415
    assert list(running.service.uploads.iterdir()) == []


def test_a_film_too_large_is_refused_before_a_byte_of_it(running: Running):
    running.service.most_bytes = 1000
    metadata = f"filename {base64.b64encode(b'a.mkv').decode()}"
    answer = running.client.post("/v1/uploads", headers={"Upload-Length": "1001", "Upload-Metadata": metadata})
    assert answer.status_code == 413


def test_two_at_once_do_not_mix(running: Running):
    place = begun(running, 100)
    number = place.rsplit("/", 1)[-1]
    part = running.service.uploads / f"{number}.part"
    import fcntl  # noqa: PLC0415 - only here

    with part.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert patched(running, place, 0, b"x")[0] == 423
    assert patched(running, place, 0, b"x") == (204, 1)


@pytest.mark.parametrize("number", ["x", "../state.sqlite", "0" * 32, "%2e%2e"])
def test_no_other_file_is_reached(running: Running, number: str):
    assert running.client.head(f"/v1/uploads/{number}").status_code == 404
    assert running.client.delete(f"/v1/uploads/{number}").status_code in {404, 405}


def test_many_begin_at_once(running: Running):
    """What one has half written down, and what ends meanwhile, is no matter of the others."""
    with ThreadPoolExecutor(8) as pool:
        places = list(pool.map(lambda n: begun(running, 100, f"{n}.mkv"), range(64)))
        gone = pool.submit(lambda: [running.client.delete(place).status_code for place in places[:32]])
        more = list(pool.map(lambda n: begun(running, 100, f"{n}.mkv"), range(64, 96)))
    assert gone.result() == [204] * 32
    assert len(set(places + more)) == 96


def test_an_upload_can_be_given_up(running: Running):
    place = begun(running, 100)
    assert running.client.delete(place).status_code == 204
    assert running.client.head(place).status_code == 404


@given(st.text(max_size=60))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_name_is_never_a_path(text: str):
    metadata = f"filename {base64.b64encode(text.encode('utf-8', 'replace')).decode()}"
    try:
        name = _name(metadata)
    except UsageError:
        return
    assert "/" not in name
    assert "\\" not in name
    assert not name.startswith(".")
    assert Path(name).suffix.lower() in FILM_SUFFIXES


@pytest.mark.parametrize("name", ["../../etc/a.mkv", "..\\a.mkv", "/a.mkv", "a\0\n.mkv"])
def test_paths_in_names_are_cut_off(name: str):
    assert _name(f"filename {base64.b64encode(name.encode()).decode()}") == "a.mkv"
