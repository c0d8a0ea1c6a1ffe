"""The stages of an analysis: those that are installed, as the settings would have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cinedex import plugins
from cinedex.errors import UsageError
from cinedex.models.spec import ModelSpec
from cinedex.settings import Settings
from cinedex.stages.base import Stage
from cinedex.stages.events import Events, own_rules
from cinedex.stages.listening import Listening
from cinedex.stages.speech import Speech
from cinedex.stages.translation import Translations
from cinedex.stages.visuals import visuals

_NAMES = 100
"""Names of a glossary: more than the recogniser can bear in mind."""

_LETTERS = 60
"""Letters of one."""


def installed(settings: Settings, models: Mapping[str, ModelSpec]) -> tuple[Stage, ...]:
    """Every installed stage, ours as the settings say. Raises UsageError for a setting that cannot be used."""
    group, others = "cinedex.stages", settings.plugins
    found = (plugins.load(group, name, others=others)() for name in sorted(plugins.found(group, others=others)))
    return (*(_set(stage, settings, models) for stage in found), *visuals(settings.sight, models))


def _set(stage: Stage, settings: Settings, models: Mapping[str, ModelSpec]) -> Stage:
    if isinstance(stage, Events) and settings.rules:
        return Events(rules=own_rules(settings.rules))
    if isinstance(stage, Listening) and settings.sound:
        stage = replace(stage, sound=settings.sound)
    if isinstance(stage, Speech):
        names = glossary(settings.glossary) if settings.glossary else stage.names
        return replace(stage, model=_recogniser(settings.speech, models) or stage.model, names=names)
    if isinstance(stage, Translations):
        return replace(stage, model=_recogniser(settings.speech, models) or stage.model)
    return stage


def _recogniser(name: str, models: Mapping[str, ModelSpec]) -> str:
    fit = [n for n, spec in models.items() if spec.task == "transcribe"]
    if name and name not in fit:
        raise UsageError(f"no model {name!r} recognises speech", remedy=f"Set CINEDEX_SPEECH to: {', '.join(fit)}.")
    return name


def glossary(path: Path) -> tuple[str, ...]:
    """The names in a file, one a line, in order; what follows a # is a remark. Raises UsageError for another file."""
    try:
        with path.open(encoding="utf-8") as file:
            lines = file.read(_NAMES * _LETTERS * 4 + 1).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path}: cannot be read as names ({error})", remedy="Let CINEDEX_GLOSSARY name a text file."
        ) from error
    names = tuple(dict.fromkeys(name for line in lines if (name := " ".join(line.partition("#")[0].split()))))
    if len(names) > _NAMES or any(len(n) > _LETTERS or not n.isprintable() for n in names):
        raise UsageError(
            f"{path}: a glossary has at most {_NAMES} names of {_LETTERS} letters, one a line",
            remedy="Keep those that are said often and spelt unusually.",
        )
    return names
