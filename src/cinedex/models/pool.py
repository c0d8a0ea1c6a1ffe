"""Loaded models, shared by every stage and thread of a process under one memory bound."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from cinedex import plugins
from cinedex.errors import CinedexError, ModelError
from cinedex.models.fetch import pull
from cinedex.models.spec import Loader, ModelSpec, RunOptions

_log = logging.getLogger(__name__)


class InstalledLoaders(Mapping[str, Loader]):
    """The adapters of installed packages by name, each imported when it is first asked for."""

    def __init__(self, *, others: bool = True) -> None:
        self._others = others

    def __getitem__(self, adapter: str) -> Loader:
        if adapter not in plugins.found("cinedex.models", others=self._others):
            raise KeyError(adapter)
        return cast("Loader", plugins.load("cinedex.models", adapter, others=self._others))

    def __iter__(self) -> Iterator[str]:
        return iter(plugins.found("cinedex.models", others=self._others))

    def __len__(self) -> int:
        return len(plugins.found("cinedex.models", others=self._others))


@dataclass
class _Slot:
    """The place of one model. `loading` is held while it loads; all else changes under the pool's own lock."""

    spec: ModelSpec
    loading: threading.Lock = field(default_factory=threading.Lock)
    model: Any = None
    left: Callable[[], Any] = lambda: None
    """Finds a model that was let go of but that somebody still holds."""
    reserved: bool = False
    pins: int = 0
    asked: float = 0.0

    @property
    def takes(self) -> int:
        """MiB that it stands for now, also while it loads or where somebody holds it after the pool let go."""
        return self.spec.memory_mib if self.model is not None or self.reserved or self.left() is not None else 0


class ModelPool:
    """Gives models by name, loading each once when it is first asked for.

    `limit_mib` bounds what the loaded models may take together, by their descriptions: to make room, those asked for
    longest ago are let go of, unless they are pinned. Where all others are pinned, the bound gives way, with a note in
    the log. Any thread may call anything.
    """

    def __init__(
        self,
        specs: Mapping[str, ModelSpec],
        *,
        cache: Path,
        options: RunOptions | None = None,
        offline: bool = False,
        limit_mib: int = 2048,
        loaders: Mapping[str, Loader] | None = None,
    ) -> None:
        # Two engines bring an OpenMP whose threads spin while they wait. Where anything else wants the cores, that made
        # a text's vector take 1.6 s in place of 10 ms; it is read when an engine's library is first loaded.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        self._cache, self._options, self._offline, self._limit = cache, options or RunOptions(), offline, limit_mib
        self._loaders = InstalledLoaders() if loaders is None else loaders
        self._lock = threading.Lock()
        self._slots = {name: _Slot(spec) for name, spec in specs.items()}

    def get(self, name: str) -> Any:
        """The loaded model. Raises ModelError for one that is unknown, cannot be had, or does not load."""
        slot = self._slot(name)
        with self._lock:
            if self._wake(slot):
                return slot.model
        with slot.loading:
            with self._lock:
                if self._wake(slot):
                    return slot.model
                self._make_room(slot)
                slot.reserved = True
            model = None
            try:
                model = self._load(slot.spec)
            finally:
                with self._lock:
                    slot.reserved, slot.model, slot.asked = False, model, time.monotonic()
            return model

    @contextlib.contextmanager
    def use(self, name: str) -> Iterator[Any]:
        """The loaded model, kept loaded until the block ends."""
        slot = self._slot(name)
        with self._lock:
            slot.pins += 1
        try:
            yield self.get(name)
        finally:
            with self._lock:
                slot.pins -= 1
                slot.asked = time.monotonic()

    @property
    def loaded(self) -> tuple[str, ...]:
        """Names of the models that it holds."""
        with self._lock:
            return tuple(name for name, slot in self._slots.items() if slot.model is not None)

    def evict_idle(self, seconds: float) -> tuple[str, ...]:
        """Let go of the unpinned models that nobody asked for in so many seconds; gives their names."""
        before = time.monotonic() - seconds
        with self._lock:
            idle = [s for s in self._slots.values() if s.model is not None and not s.pins and s.asked <= before]
            for slot in idle:
                _let_go(slot)
        return tuple(s.spec.name for s in idle)

    def close(self) -> None:
        """Let go of every model; who still holds one may go on using it."""
        with self._lock:
            for slot in self._slots.values():
                if slot.model is not None:
                    _let_go(slot)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _slot(self, name: str) -> _Slot:
        try:
            return self._slots[name]
        except KeyError:
            raise ModelError(
                f"no model is called {name!r}", remedy=f"There are: {', '.join(sorted(self._slots)) or 'none'}."
            ) from None

    def _wake(self, slot: _Slot) -> bool:
        """Whether the model is there, be it one that was let go of and is held by somebody still."""
        if slot.model is None:
            slot.model = slot.left()
        slot.asked = time.monotonic()
        return slot.model is not None

    def _make_room(self, wanted: _Slot) -> None:
        if wanted.spec.memory_mib > self._limit:
            raise ModelError(
                f"model {wanted.spec.name} takes {wanted.spec.memory_mib} MiB; all models may take {self._limit} MiB",
                remedy="Set CINEDEX_MEMORY_MIB higher.",
            )
        others = [s for s in self._slots.values() if s is not wanted]
        for slot in sorted((s for s in others if s.model is not None and not s.pins), key=lambda s: s.asked):
            if self._fits(wanted, others):
                return
            _let_go(slot)
        if not self._fits(wanted, others):
            _log.info("all loaded models are in use: %s exceeds the bound of %d MiB", wanted.spec.name, self._limit)

    def _fits(self, wanted: _Slot, others: list[_Slot]) -> bool:
        return sum(s.takes for s in others) + wanted.spec.memory_mib <= self._limit

    def _load(self, spec: ModelSpec) -> Any:
        try:
            loader = self._loaders[spec.adapter]
        except KeyError:
            raise ModelError(
                f"model {spec.name} needs the adapter {spec.adapter!r}, which no installed package has",
                remedy=f"There are: {', '.join(sorted(self._loaders)) or 'none'}.",
            ) from None
        files = pull(spec, self._cache, offline=self._offline)
        try:
            return loader(spec, files, self._options)
        except CinedexError:
            raise
        except Exception as error:
            raise ModelError(
                f"model {spec.name} does not load: {type(error).__name__}: {error}",
                remedy=f"`cinedex models verify {spec.name}` checks its files.",
            ) from error


def _let_go(slot: _Slot) -> None:
    try:
        slot.left = weakref.ref(slot.model)
    except TypeError:
        slot.left = lambda: None
    slot.model = None
