from __future__ import annotations

import json
from pathlib import Path

import pytest

from cinedex.errors import UsageError
from cinedex.models.registry import licence_table, registry
from cinedex.models.spec import HubFile, LocalFile, PackageFile

FILE = """
[[mine.files]]
name = "weights.bin"
sha256 = "{sha}"
size = 10
parts = [{{ local = "weights.bin" }}]
""".format(sha="0" * 64)

HEAD = """
[mine]
task = "tag"
adapter = "tagger"
tier = "hub"
licence = { name = "MIT", status = "stated" }
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "models.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_core_models_are_pinned_to_files_of_packages():
    core = [s for s in registry().values() if s.tier == "core"]
    tasks = {"transitions", "voice", "transcribe", "tag", "embed-text", "objects", "detect-faces", "embed-faces"}
    assert {s.task for s in core} == tasks | {
        "find-text",
        "read-text",
        "name-language",
        "sounds",
        "segment-speakers",
        "embed-voices",
        "nudity",
    }
    for spec in core:
        assert spec.summary
        assert spec.card.startswith("https://")
        assert spec.licence.name
        assert spec.size == sum(f.size for f in spec.files)
        assert all(isinstance(part, PackageFile) for f in spec.files for part in f.parts)


def test_our_own_model_comes_beside_the_core_ones(tmp_path: Path):
    spec = registry(write(tmp_path, HEAD + 'space = "clip"\nmemory_mib = 7\noptions = { size = [3, 4] }\n' + FILE))[
        "mine"
    ]
    assert spec.files[0].parts == (LocalFile(str(tmp_path / "weights.bin")),)
    assert (spec.space, spec.memory_mib, spec.options) == ("clip", 7, {"size": [3, 4]})
    assert len(spec.pin) == 16


def test_a_hub_file_needs_a_commit(tmp_path: Path):
    part = '{{ repo = "org/model", revision = "{}", path = "onnx/model.onnx" }}'
    good = FILE.replace('{ local = "weights.bin" }', part.format("a" * 40))
    spec = registry(write(tmp_path, HEAD + good))["mine"]
    assert spec.files[0].parts == (HubFile("org/model", "a" * 40, "onnx/model.onnx"),)
    with pytest.raises(UsageError, match="commit of 40"):
        registry(write(tmp_path, HEAD + good.replace("a" * 40, "main")))


def test_options_are_part_of_the_pin_and_the_summary_is_not(tmp_path: Path):
    plain = registry(write(tmp_path, HEAD + FILE))["mine"]
    told = registry(write(tmp_path, HEAD + 'summary = "what it is"\n' + FILE))["mine"]
    tuned = registry(write(tmp_path, HEAD + "options = { threshold = 0.4 }\n" + FILE))["mine"]
    assert plain.pin == told.pin != tuned.pin


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('tier = "hub"', 'tier = "hub"\nweight = 3', "unknown key 'weight'"),
        ('sha256 = "' + "0" * 64, 'sha256 = "' + "0" * 63, "sha256"),
        ('sha256 = "' + "0" * 64, 'sha256 = "' + "A" * 64, "sha256"),
        ("size = 10", "size = -1", "size"),
        ("size = 10", "size = true", "size"),
        ("size = 10", "size = 10\nsum = 3", "unknown key 'sum'"),
        ('name = "weights.bin"', 'name = "../weights.bin"', "plain file name"),
        ('name = "weights.bin"', 'name = ".hidden"', "plain file name"),
        ('tier = "hub"', 'tier = "moon"', "tier"),
        ('task = "tag"', "", "lacks 'task'"),
        ('adapter = "tagger"', "adapter = 3", "not text"),
        ('status = "stated"', 'status = "surely"', "status"),
        ('licence = { name = "MIT", status = "stated" }', "", "licence"),
        ('{ local = "weights.bin" }', "", "no parts"),
        ('{ local = "weights.bin" }', '{ url = "https://x" }', "unknown key 'url'"),
        ('{ local = "weights.bin" }', '{ package = "a b", version = "1", path = "x" }', "package name"),
        ('{ local = "weights.bin" }', '{ package = "--index", version = "1", path = "x" }', "package name"),
        ('{ local = "weights.bin" }', '{ package = "a", version = "1; x", path = "x" }', "version"),
        ('{ local = "weights.bin" }', '{ package = "a", version = "1", path = "../x" }', "relative path"),
        ('{ local = "weights.bin" }', '{ package = "a", version = "1", path = "/etc/x" }', "relative path"),
        ("[mine]", "[MINE]", "name"),
        ("[mine]", "[mine", "not TOML"),
        ("[[mine.files]]", "[mine.files]", "not a list"),
        ("[mine]", "other = 3\n[mine]", "not a table"),
        ('task = "tag"', 'task = "tag"\noptions = { when = 2020-01-01 }', "JSON"),
        ('task = "tag"', 'task = "tag"\nmemory_mib = 0', "memory_mib"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, old: str, new: str, says: str):
    text = HEAD + FILE
    assert old in text
    with pytest.raises(UsageError, match=says) as caught:
        registry(write(tmp_path, text.replace(old, new)))
    assert "models.toml" in str(caught.value)


def test_a_model_without_files_is_refused_unless_it_answers_from_elsewhere(tmp_path: Path):
    with pytest.raises(UsageError, match="no files"):
        registry(write(tmp_path, HEAD))
    assert registry(write(tmp_path, HEAD.replace("hub", "cloud")))["mine"].files == ()


def test_nothing_is_described_twice(tmp_path: Path):
    with pytest.raises(UsageError, match=r"'weights\.bin' twice"):
        registry(write(tmp_path, HEAD + FILE + FILE))
    with pytest.raises(UsageError, match="'whisper-base' is described already"):
        registry(write(tmp_path, (HEAD + FILE).replace("mine", "whisper-base")))


def test_a_registry_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(UsageError, match=r"gone\.toml"):
        registry(tmp_path / "gone.toml")


def test_the_licence_table_is_plain_data_by_name():
    table = licence_table(registry().values())
    assert [row["name"] for row in table] == sorted(registry())
    assert json.loads(json.dumps(table)) == table
    assert {row["status"] for row in table} <= {"verified", "stated", "unverified"}
    assert [row["name"] for row in table if row["status"] == "unverified"] == ["yamnet"]
