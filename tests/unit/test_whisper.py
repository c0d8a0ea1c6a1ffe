from __future__ import annotations

import ctranslate2
import pytest

from cinedex.models.registry import registry
from cinedex.models.spec import RunOptions
from cinedex.models.whisper import _device


@pytest.mark.parametrize(
    ("name", "told", "cards", "device"),
    [
        ("whisper-base", "cpu", 1, "cpu"),
        ("whisper-base", "cuda", 1, "cuda"),
        ("whisper-large-v3", "cpu", 0, "cpu"),
        ("whisper-large-v3", "cpu", 2, "cuda"),
    ],
)
def test_a_large_model_takes_a_gpu_where_there_is_one(
    name: str, told: str, cards: int, device: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: cards)
    assert _device(registry()[name], RunOptions(device=told)) == device


def test_the_large_model_is_pinned_to_a_revision_of_the_hub():
    spec = registry()["whisper-large-v3"]
    assert (spec.tier, spec.task) == ("hub", "transcribe")
    assert {f.name for f in spec.files} >= {"model.bin", "preprocessor_config.json"}
    assert len({part.revision for f in spec.files for part in f.parts}) == 1  # type: ignore[union-attr]
