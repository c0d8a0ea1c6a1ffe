"""What a model is, as plain data: task, where its files come from, their sums, its licence and how it is run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class PackageFile:
    """One file inside a package of the user's package index. The package is fetched alone, never installed."""

    package: str
    version: str
    path: str


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of a model hub's repository at a fixed revision."""

    repo: str
    revision: str
    path: str


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file on this machine."""

    path: str


Source: TypeAlias = PackageFile | HubFile | LocalFile


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model: `name` is what it is called for the adapter; parts are joined in order."""

    name: str
    sha256: str
    size: int
    parts: tuple[Source, ...]


Tier: TypeAlias = Literal["core", "extra", "hub", "cloud"]
"""core: its files come with packages; extra: the same, but nothing uses it unless a setting names it; hub: from a model
hub; cloud: it answers from elsewhere and has no files."""


@dataclass(frozen=True, slots=True)
class Licence:
    """Terms of a model's weights. `status` says how well they are known."""

    name: str
    status: Literal["verified", "stated", "unverified"]
    url: str = ""
    note: str = ""


@dataclass(frozen=True)
class ModelSpec:
    """A model, pinned. `adapter` names the loader; `options` are its settings (geometry, thresholds of its card)."""

    name: str
    task: str
    adapter: str
    tier: Tier
    licence: Licence
    files: tuple[ModelFile, ...] = ()
    space: str | None = None
    summary: str = ""
    card: str = ""
    memory_mib: int = 256
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of its files together."""
        return sum(f.size for f in self.files)

    @property
    def pin(self) -> str:
        """A short name of exactly these weights and settings, part of every key of what the model makes."""
        fixed = [self.name, self.adapter, [[f.name, f.sha256] for f in self.files], dict(self.options)]
        return hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Where and how to run a model; never part of a key."""

    threads: int = 0
    """0: as many as the machine has cores."""
    device: str = "cpu"
    runtime: Literal["auto", "onnx", "openvino"] = "auto"


Loader: TypeAlias = Callable[[ModelSpec, Mapping[str, Path], RunOptions], Any]
"""An adapter's `load(spec, files by name, options)`: gives an object that satisfies the task's protocol."""
