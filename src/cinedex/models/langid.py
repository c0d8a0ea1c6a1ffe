"""Names the language of short texts: langid (M. Lui and T. Baldwin, ACL 2012), as py3langid runs it; imported here."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cinedex.models.spec import ModelSpec, RunOptions

LONGEST = 4000
"""Characters of a text that are looked at."""


class Langid:
    """A `LanguageNamer` by naive Bayes over byte sequences; 97 languages."""

    def __init__(self, weights: Path) -> None:
        from py3langid.langid import LanguageIdentifier  # noqa: PLC0415 - for those who load the model

        self._engine: Any = LanguageIdentifier.from_model_file(weights, norm_probs=True)
        self._lock = threading.Lock()
        self.known = frozenset(str(code) for code in self._engine.labels)

    def languages(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """Code and probability of each text; 'und' and 0 for one without a letter."""
        found = []
        for text in texts:
            if not any(c.isalpha() for c in text):
                found.append(("und", 0.0))
                continue
            with self._lock:
                code, probability = self._engine.classify(text[:LONGEST])
            found.append((str(code), min(1.0, float(probability))))
        return found


def load(spec: ModelSpec, files: Mapping[str, Path], options: RunOptions) -> Langid:
    """The adapter `langid`."""
    del spec, options
    return Langid(next(iter(files.values())))
