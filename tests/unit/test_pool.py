from __future__ import annotations

import gc
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cinedex.errors import ModelError, OfflineError
from cinedex.models.pool import InstalledLoaders, ModelPool
from cinedex.models.spec import Licence, ModelFile, ModelSpec, PackageFile


class Toy:
    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec


class Loading:
    """A loader that counts what it loads."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.names = seconds, []

    def __call__(self, spec: ModelSpec, *_: Any) -> Toy:
        self.names.append(spec.name)
        time.sleep(self.seconds)
        return Toy(spec)


def spec(name: str, mib: int = 10, adapter: str = "toy", files: tuple[ModelFile, ...] = ()) -> ModelSpec:
    return ModelSpec(name, "tag", adapter, "core", Licence("MIT", "stated"), files, memory_mib=mib)


def pool(*specs: ModelSpec, loaders: Mapping[str, Any], limit: int = 100) -> ModelPool:
    return ModelPool({s.name: s for s in specs}, cache=Path("unused"), limit_mib=limit, loaders=loaders)


def test_a_model_is_loaded_when_it_is_first_asked_for_and_then_shared():
    loading = Loading()
    models = pool(spec("a"), loaders={"toy": loading})
    assert loading.names == []
    assert models.get("a") is models.get("a")
    assert loading.names == ["a"]


def test_threads_that_ask_at_once_get_one_model():
    loading, found = Loading(seconds=0.05), []
    models = pool(spec("a"), loaders={"toy": loading})
    threads = [threading.Thread(target=lambda: found.append(models.get("a"))) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert loading.names == ["a"]
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_a_slow_load_does_not_block_another_model():
    started, finish = threading.Event(), threading.Event()

    def slow(spec: ModelSpec, *_: Any) -> Toy:
        started.set()
        assert finish.wait(10)
        return Toy(spec)

    models = pool(spec("slow", adapter="slow"), spec("quick"), loaders={"slow": slow, "toy": Loading()})
    thread = threading.Thread(target=models.get, args=("slow",))
    thread.start()
    assert started.wait(10)
    assert models.get("quick").spec.name == "quick"
    finish.set()
    thread.join()
    assert set(models.loaded) == {"slow", "quick"}


def test_the_model_asked_for_longest_ago_makes_room():
    models = pool(spec("a", 40), spec("b", 40), spec("c", 40), loaders={"toy": Loading()})
    models.get("a")
    models.get("b")
    models.get("a")
    models.get("c")
    assert set(models.loaded) == {"a", "c"}


def test_a_pinned_model_stays_even_where_the_bound_gives_way():
    loading = Loading()
    models = pool(spec("a", 60), spec("b", 60), spec("c", 60), loaders={"toy": loading})
    with models.use("a") as held:
        models.get("b")
        assert set(models.loaded) == {"a", "b"}
        models.get("c")
        assert set(models.loaded) == {"a", "c"}
        assert models.get("a") is held
    models.get("b")
    assert "a" not in models.loaded
    assert loading.names == ["a", "b", "c", "b"]


def test_a_model_let_go_of_that_somebody_holds_is_taken_back_not_loaded_again():
    loading = Loading()
    models = pool(spec("a", 60), spec("b", 60), loaders={"toy": loading})
    held = models.get("a")
    models.get("b")
    assert models.loaded == ("b",)
    assert models.get("a") is held
    del held
    models.close()
    gc.collect()
    models.get("a")
    assert loading.names == ["a", "b", "a"]


def test_a_model_larger_than_the_bound_is_refused():
    with pytest.raises(ModelError, match="CINEDEX_MEMORY_MIB"):
        pool(spec("a", 101), loaders={"toy": Loading()}).get("a")


def test_idle_models_are_let_go_of_and_pinned_ones_are_not():
    with pool(spec("a"), spec("b"), loaders={"toy": Loading()}) as models:
        models.get("a")
        with models.use("b"):
            assert models.evict_idle(3600) == ()
            assert models.evict_idle(0) == ("a",)
        assert models.loaded == ("b",)
    assert models.loaded == ()


def test_an_unknown_model_and_an_unknown_adapter_are_named():
    models = pool(spec("a", adapter="new"), loaders={"toy": Loading()})
    with pytest.raises(ModelError, match=r"no model is called 'b'.*There are: a"):
        models.get("b")
    with pytest.raises(ModelError, match=r"adapter 'new'.*There are: toy"):
        models.get("a")


def test_a_failed_load_is_told_and_may_be_tried_again():
    answers: list[Any] = [ValueError("bad header"), ModelError("no AVX2"), "model"]

    def loader(*_: Any) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    models = pool(spec("a"), loaders={"toy": loader})
    with pytest.raises(ModelError, match=r"a does not load: ValueError: bad header.*verify a"):
        models.get("a")
    with pytest.raises(ModelError, match="no AVX2"):
        models.get("a")
    assert models.get("a") == "model"


def test_files_that_are_not_here_are_not_fetched_offline(tmp_path: Path):
    file = ModelFile("w.bin", "0" * 64, 1, (PackageFile("cinedex-no-such-package", "1.0", "w.bin"),))
    models = ModelPool({"a": spec("a", files=(file,))}, cache=tmp_path, offline=True, loaders={"toy": Loading()})
    with pytest.raises(OfflineError, match="models pull a"):
        models.get("a")


def test_adapters_are_found_by_their_entry_points():
    loaders = InstalledLoaders(others=False)
    known = {
        "transnetv2",
        "silero-vad",
        "whisper",
        "efficientnet-lite",
        "e5-q4",
        "ssd-mobilenet",
        "centerface",
        "yamnet",
    }
    assert set(loaders) == known | {
        "resemblyzer",
        "pyannote-segmentation",
        "dlib-face",
        "ppocr-finder",
        "ppocr-reader",
        "langid",
        "clip-onnx",
        "open-nsfw",
        "cross-encoder-onnx",
    }
    assert len(loaders) == len(set(loaders))
    assert "none-such" not in loaders
    assert callable(loaders["e5-q4"])
