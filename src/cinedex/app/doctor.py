"""`cinedex doctor`: tries every engine and place that the work needs, and says what is missing."""

from __future__ import annotations

import platform
import shutil
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from cinedex.errors import CinedexError
from cinedex.library import Library
from cinedex.models.fetch import present


@dataclass(frozen=True)
class Check:
    """One thing tried: whether it works and what was found."""

    name: str
    good: bool
    says: str


def checks(library: Library) -> list[Check]:
    """Every check, in the order a newcomer would mend them."""
    found = [Check("python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}")]
    found += [_engine(name, module) for name, module in _ENGINES.items()]
    found += [_try("library", lambda: _library(library)), _try("cache", lambda: _cache(library))]
    found += [
        _try("models", lambda: _models(library)),
        _try("stages", lambda: ", ".join(s.name for s in library.stages)),
    ]
    return found


_ENGINES = {
    "av": "av",
    "onnxruntime": "onnxruntime",
    "openvino": "openvino",
    "ctranslate2": "ctranslate2",
    "lancedb": "lancedb",
}


def _engine(name: str, module: str) -> Check:
    try:
        import_module(module)
        return Check(name, good=True, says=version(name))
    except (ImportError, OSError, PackageNotFoundError) as missing:
        return Check(name, good=False, says=f"does not load: {missing}. Reinstall cinedex")


def _try(name: str, ask: Callable[[], str]) -> Check:
    try:
        return Check(name, good=True, says=ask())
    except (CinedexError, OSError) as error:
        return Check(name, good=False, says=str(error))


def _library(library: Library) -> str:
    probe = f"doctor-{uuid.uuid4().hex}"
    library.store.note_failure(probe, "doctor", "doctor", "trial write")
    library.store.remove_movie(probe)
    return f"{library.settings.library}: {len(library.movies())} films, can be written"


def _cache(library: Library) -> str:
    library.settings.cache.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(library.settings.cache).free
    return f"{library.settings.cache}: {free / 2**30:.1f} GiB free"


def _models(library: Library) -> str:
    wanted = {name for stage in library.stages for name in stage.uses}
    missing = sorted(
        n for n in wanted if n in library.models and not present(library.models[n], library.settings.cache / "models")
    )
    if missing:
        return f"{', '.join(missing)} not fetched yet; `cinedex models pull` does it (an analysis does it too)"
    return f"{len(wanted)} in use, all here"
