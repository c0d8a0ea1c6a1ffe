"""Every setting in one frozen value, read from the environment at the edge and passed down."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

import platformdirs

from cinedex.errors import UsageError
from cinedex.timeline.time import SECOND, Time

Runtime = Literal["auto", "onnx", "openvino"]


def cores_here() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have no users
        return "somebody"


@dataclass(frozen=True, slots=True)
class Settings:
    """How this process works: no part of a key, but for `rules`, `speech`, `sound`, `glossary`; `sight` adds facts."""

    library: str = field(default_factory=lambda: str(Path(platformdirs.user_data_dir("cinedex")) / "library"))
    """Folder or URL (s3://, gs://, memory://) where films' facts are kept. CINEDEX_LIBRARY."""
    cache: Path = field(default_factory=lambda: Path(platformdirs.user_cache_dir("cinedex")))
    """Folder of model files. CINEDEX_CACHE."""
    offline: bool = False
    """Never touch the network. CINEDEX_OFFLINE."""
    cores: int = field(default_factory=cores_here)
    """How many cores an analysis may use. CINEDEX_CORES."""
    memory_mib: int = 2048
    """How much memory the running stages and loaded models may plan for, in MiB. CINEDEX_MEMORY_MIB."""
    reel: Time = SECOND * 600
    """How much film is worked on between two checkpoints. CINEDEX_REEL_SECONDS."""
    retries: int = 2
    """How often work that failed for a passing reason is tried again. CINEDEX_RETRIES."""
    runtime: Runtime = "auto"
    """What runs the neural networks on the CPU: the fastest installed, or one by name. CINEDEX_RUNTIME."""
    sight: str = ""
    """A model of the task embed-picture, which then looks at films so that words find what is seen. Without one, words
    find what is tagged. It adds a stage and changes none of the other facts. CINEDEX_SIGHT."""
    speech: str = ""
    """A model of the task transcribe that hears speech in place of whisper-base. It is part of what is stored.
    CINEDEX_SPEECH."""
    glossary: Path | None = None
    """A text file of names to expect in speech, one a line; they are part of what is stored. CINEDEX_GLOSSARY."""
    sound: str = ""
    """The sound stream to listen to where a film has several: a language ('de') or a number from 1; otherwise the
    programme, which is no commentary and no description for the blind. CINEDEX_SOUND."""
    reranker: str = ""
    """A model of the task rerank, such as reranker-en, that reads the best hits of a search again and puts those that
    answer first. CINEDEX_RERANKER."""
    registry: Path | None = None
    """A TOML file of further models. CINEDEX_REGISTRY."""
    rules: Path | None = None
    """A TOML file of further rules for events; what they say is part of what is stored. CINEDEX_RULES."""
    plugins: bool = True
    """Whether stages, models and formats of other packages are loaded. CINEDEX_PLUGINS."""
    database_url: str = field(default="", repr=False)
    """Where the service keeps jobs, keys and its audit log: postgresql://USER:PASSWORD@HOST/DATABASE. Otherwise in a
    SQLite file. CINEDEX_DATABASE_URL."""
    user: str = field(default_factory=_user)
    """Who decides about people, as the library's log names them. CINEDEX_USER."""

    writer: str = ""
    """An OpenAI-compatible endpoint, such as http://localhost:8080/v1, that phrases answers and translates lines;
    questions with their evidence, and lines to be translated, are sent to it. Without one, answers quote.
    CINEDEX_WRITER."""
    writer_model: str = ""
    """The model that the endpoint is asked for, by its name there. CINEDEX_WRITER_MODEL."""
    writer_key: str = field(default="", repr=False)
    """The endpoint's key, sent to it alone. CINEDEX_WRITER_KEY."""
    redis_url: str = field(default="", repr=False)
    """A Redis (redis://, rediss://, unix://) for what several servers of one library share: sessions of questions,
    which the library keeps otherwise; rates, news of jobs and pictures, which each server keeps otherwise.
    CINEDEX_REDIS_URL."""

    oidc_issuer: str = ""
    """The address of an OpenID Connect provider with which people log in to the server's page, exactly as it calls
    itself; nobody logs in without one. CINEDEX_OIDC_ISSUER."""
    oidc_client: str = ""
    """What the server is called at the provider. CINEDEX_OIDC_CLIENT."""
    oidc_secret: str = field(default="", repr=False)
    """Its secret there; a public client has none. CINEDEX_OIDC_SECRET."""
    oidc_url: str = ""
    """Where browsers reach the server, as https://films.example.org/; the provider sends them back to auth/callback
    below it. CINEDEX_OIDC_URL."""
    oidc_roles: str = ""
    """Which claim gives which scopes, as `groups=film team:read+review, email=anna@example.org:admin, *:read`; who has
    none does not get in. CINEDEX_OIDC_ROLES."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **given: Any) -> Settings:
        """Defaults, then CINEDEX_* variables, then what is `given` (None counts as not given)."""
        env = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for name, read in _READERS.items():
            text = env.get(f"CINEDEX_{name}", "")
            if text:
                try:
                    values[_FIELDS.get(name, name.lower())] = read(text)
                except ValueError as wrong:
                    raise UsageError(f"CINEDEX_{name}={text!r} cannot be used: {wrong}") from None
        settings = cls(**(values | {k: v for k, v in given.items() if v is not None}))
        if settings.cores < 1 or settings.memory_mib < 256 or settings.reel < SECOND * 10 or settings.retries < 0:
            raise UsageError(
                f"impossible settings: cores {settings.cores}, memory {settings.memory_mib} MiB, "
                f"reel {settings.reel.seconds:g} s, retries {settings.retries}",
                remedy="At least 1 core, 256 MiB, reels of 10 s and 0 retries are needed.",
            )
        return settings

    def but(self, **changed: Any) -> Settings:
        """A copy with some settings changed."""
        return replace(self, **changed)


def _flag(text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off"}:
        return False
    raise ValueError("say 1 or 0")


def _sound(text: str) -> str:
    if not (text.isascii() and ((text.isdigit() and text != "0") or (text.isalpha() and 2 <= len(text) <= 3))):
        raise ValueError("say a number from 1, or a language as 'de'")
    return text.lower()


def _runtime(text: str) -> Runtime:
    if text not in get_args(Runtime):
        raise ValueError(f"say one of {', '.join(get_args(Runtime))}")
    return cast("Runtime", text)


_READERS: dict[str, Any] = {
    "LIBRARY": str,
    "CACHE": Path,
    "OFFLINE": _flag,
    "CORES": int,
    "MEMORY_MIB": int,
    "REEL_SECONDS": Time.from_seconds,
    "RETRIES": int,
    "RUNTIME": _runtime,
    "SIGHT": str,
    "SPEECH": str,
    "GLOSSARY": Path,
    "SOUND": _sound,
    "RERANKER": str,
    "REGISTRY": Path,
    "RULES": Path,
    "PLUGINS": _flag,
    "DATABASE_URL": str,
    "USER": str,
    "WRITER": str,
    "WRITER_MODEL": str,
    "WRITER_KEY": str,
    "OIDC_ISSUER": str,
    "OIDC_CLIENT": str,
    "OIDC_SECRET": str,
    "OIDC_URL": str,
    "OIDC_ROLES": str,
    "REDIS_URL": str,
}

_FIELDS = {"REEL_SECONDS": "reel"}
