"""Translating a film's cues by a writer: asked once for each batch, checked, kept in the library, told honestly.

Every answer is stored as soon as it is there, under a name of all that it depends on: whatever is killed is not paid
for twice, and lines of which an answer was not believed are asked for again in smaller parts.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cinedex.errors import CancelledError, ModelError, NotFoundError
from cinedex.models.tasks import Chat
from cinedex.store import Store, key
from cinedex.subtitles.film import STYLE, code_of
from cinedex.subtitles.guide import load_guide
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Cue, Translation
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track
from cinedex.translate.answers import Judging
from cinedex.translate.lines import TASK, VERSION, Batch, Line, Order, batches, lines_of, tag

STAGE = "written"
"""Under what name answers are stored, and translations of them stand in a timeline."""

_UNTOLD = 0.5
"""The score of a translation: a writer gives no measure of its sureness."""

_USELESS = 8
"""Answers in a row of which nothing is believed, after which no more is asked: a line alone has had its turn then."""

_TOKENS = 8000
"""Of an answer at most: some models think aloud before they write."""


@dataclass(frozen=True, slots=True)
class Translated:
    """A film's cues in another language, as far as they could be made. `rows` name their cues."""

    to: str
    rows: tuple[Translation, ...]
    lines: int
    requests: int = 0
    maker: str = ""
    reasons: tuple[str, ...] = ()
    """Why lines stay as they are."""

    @property
    def left(self) -> int:
        """Lines that stay in their own language."""
        return self.lines - len(self.rows)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of it."""
        if not self.lines:
            return ()
        origins = ", ".join(sorted({r.origin for r in self.rows}))
        of = f" from {origins} by {self.maker}" if self.rows else ""
        first = f"{len(self.rows):,} of {self.lines:,} lines are translated{of}; no person has read them"
        if not self.left:
            return (first,)
        stay = f"{self.left:,} line{' stays as it is' if self.left == 1 else 's stay as they are'}"
        return first, ": ".join(filter(None, (stay, "; ".join(self.reasons))))


@dataclass
class FilmTranslator:
    """Has a writer translate films' cues. Without a writer it knows what was written before."""

    store: Store
    facts: Callable[[Movie], Timeline]
    """A film's cues, at least."""
    writer: Chat | None
    judging: Judging
    names: tuple[str, ...] = ()
    retries: int = 2
    pause: float = 2.0
    """Seconds before an endpoint is asked again, doubled each time, where it does not say when."""
    within: float = 300.0
    """Seconds for an answer: a small machine takes minutes for two dozen lines."""
    stop: threading.Event = field(default_factory=threading.Event)

    def order(self, movie: Movie, to: str) -> Order:
        """What would be asked for a film's cues that are not in a language, a tag such as 'fr' or 'pt-BR'."""
        to = tag(to)
        work = self._work(movie, to)
        open_ = list(work.open())
        sent = [json.dumps(b.payload(to, self.names), ensure_ascii=False) for b in open_]
        return Order(
            to=to,
            lines=len(work.lines),
            known=len(work.found),
            requests=len(open_),
            characters=sum(len(text.encode()) + len(TASK) for text in sent),
            answered=sum(len(line.text.encode()) for b in open_ for line in b.lines),
            maker=work.maker,
            spoken=Counter(line.cue.language for line in work.lines),
        )

    def translate(self, movie: Movie, to: str, *, on_lines: Callable[[int, int], None] = lambda *_: None) -> Translated:
        """Ask for what is not known yet. `on_lines` is told how many of how many lines are done.

        Raises ModelError where the writer gives nothing and nothing was known, CancelledError where it is stopped.
        """
        if self.writer is None:
            raise ModelError("there is no writer", film=movie.name, remedy="Set CINEDEX_WRITER; see the settings.")
        to = tag(to)
        work, judge = self._work(movie, to), self.judging.judge(code_of(to))
        reasons: Counter[str] = Counter()
        requests = useless = 0
        waiting = list(work.open())[::-1]
        while waiting:
            if self.stop.is_set():
                raise CancelledError("interrupted", film=movie.name, remedy="What is translated is kept; run it again.")
            batch = waiting.pop()
            try:
                requests += 1
                taken, why = judge.taken(self._answer(self.writer, batch, to), batch.lines)
            except ModelError as wrong:
                if not work.found:
                    raise ModelError(wrong.what, film=movie.name, remedy=wrong.remedy) from wrong
                reasons[f"{wrong.what.rstrip('.')}; run it again to go on"] += 1
                break
            useless = 0 if taken else useless + 1
            work.keep(batch, taken)
            on_lines(len(work.found), len(work.lines))
            rest = _rest(batch, taken)
            if not rest and len(taken) < len(batch.lines):
                reasons[f"the writer gave {why}"] += 1
            if useless >= _USELESS:
                reasons.clear()
                reasons[f"{useless} answers in a row could not be used ({why}), so no more was asked"] += 1
                break
            waiting += rest[::-1]
        if not work.found and work.lines:
            raise ModelError(
                f"nothing of it could be translated: {'; '.join(reasons)}", film=movie.name,
                remedy="Try another model (CINEDEX_WRITER_MODEL).",
            )  # fmt: skip
        told = tuple(f"{why} ({n} times)" if n > 1 else why for why, n in reasons.most_common())
        return Translated(to, work.rows, len(work.lines), requests, work.maker, told)

    def known(self, movie: Movie, to: str) -> Translated:
        """What was translated before, by the writer of now or else by the one of which most is there."""
        to = tag(to)
        makers = _makers(self.store, movie, to)
        makers = [self.writer.maker, *makers] if self.writer is not None else makers
        works = [self._work(movie, to, maker) for maker in dict.fromkeys(makers)]
        best = max(works, key=lambda w: len(w.found), default=None)
        if best is None:
            return Translated(to, (), 0)
        return Translated(to, best.rows, len(best.lines), 0, best.maker)

    def _work(self, movie: Movie, to: str, maker: str | None = None) -> _Work:
        try:
            cues = self.facts(movie).track(Cue).rows
        except LookupError as missing:
            raise NotFoundError(str(missing), remedy="Analyse the film first.") from missing
        lines = lines_of(cues, code_of(to), load_guide(STYLE, to))
        maker = maker if maker is not None else self.writer.maker if self.writer is not None else ""
        return _Work(self.store, movie, to, maker, lines, self.names)

    def _answer(self, writer: Chat, batch: Batch, to: str) -> str:
        """The answer to a batch; the endpoint is asked again while that may help."""
        for attempt in range(self.retries + 1):
            try:
                return writer.reply(TASK, batch.payload(to, self.names), tokens=_TOKENS, within=self.within)
            except ModelError as wrong:
                if not wrong.heals or attempt == self.retries:
                    raise
                self.stop.wait(getattr(wrong, "wait", 0.0) or self.pause * 2**attempt)
        raise AssertionError("the last attempt answers or raises")


class _Work:
    """One film into one language by one writer: its lines, and what of them is stored."""

    def __init__(
        self, store: Store, movie: Movie, to: str, maker: str, lines: Sequence[Line], names: tuple[str, ...]
    ) -> None:
        self.store, self.movie, self.to, self.maker, self.lines = store, movie, to, maker, lines
        self._names = names
        self.found: dict[int, str] = {}
        self._open: list[Batch] = []
        for batch in batches(lines):
            self._look(batch)

    def open(self) -> Iterator[Batch]:
        """The batches of which nothing is stored yet: the whole ones, and parts of those that were half believed."""
        yield from self._open

    def _look(self, batch: Batch) -> None:
        stored = self.store.manifest(self.movie.id, STAGE, self._key(batch))
        if stored is None:
            self._open.append(batch)
            return
        taken = {int(n): str(text) for n, text in stored["lines"].items()}
        self._take(batch, taken)
        for part in _rest(batch, taken):
            self._look(part)

    def keep(self, batch: Batch, taken: dict[int, str]) -> None:
        """Store what is believed of an answer: of many lines also that it was nothing, so that parts come next time."""
        if not taken and len(batch.lines) == 1:
            return
        self._take(batch, taken)
        facts = {"language": self.to, "maker": self.maker, "version": VERSION, "lines": taken}
        self.store.write(self.movie.id, STAGE, self._key(batch), {}, facts)
        makers = _makers(self.store, self.movie, self.to)
        if self.maker not in makers:
            self.store.put_mark(self.movie.id, _mark(self.to), json.dumps([self.maker, *makers]))

    def _take(self, batch: Batch, taken: dict[int, str]) -> None:
        self.found |= {batch.lines[n - 1].number: text for n, text in taken.items() if 1 <= n <= len(batch.lines)}

    @property
    def rows(self) -> tuple[Translation, ...]:
        """The translations, each in the time of its cue."""
        return tuple(
            Translation(
                start=line.cue.start,
                end=line.cue.end,
                text=self.found[line.number],
                language=code_of(self.to),
                origin=line.cue.language,
                score=_UNTOLD,
                refs=(line.cue.ref,),
            )
            for line in self.lines
            if line.number in self.found
        )

    def _key(self, batch: Batch) -> str:
        """A name of what is asked but for `most`: lines whose times alone have changed are not paid for again."""
        asked: dict[str, Any] = batch.payload(self.to, self._names)
        asked["lines"] = [{k: v for k, v in line.items() if k != "most"} for line in asked["lines"]]
        return key(self.movie.id, STAGE, VERSION, asked, {"writer": self.maker}, [])


def with_written(timeline: Timeline, translated: Translated) -> Timeline:
    """The timeline with a writer's translations as a track of their own, for who wants cues in their language."""
    track = Track.of(Translation, translated.rows, Maker(STAGE, VERSION, models=(translated.maker,)))
    return replace(timeline, tracks={**timeline.tracks, (STAGE, Translation.kind): track})


def _rest(batch: Batch, taken: dict[int, str]) -> list[Batch]:
    """What to ask for next: the stretches of lines that were refused, or halves where all were; nothing of one line."""
    count = len(batch.lines)
    missing = [n for n in range(count) if n + 1 not in taken]
    if not missing or count == 1:
        return []
    if len(missing) == count:
        return [batch.part(0, count // 2), batch.part(count // 2, count)]
    parts, first = [], missing[0]
    for here, following in zip(missing, [*missing[1:], None], strict=True):
        if following != here + 1:
            parts.append(batch.part(first, here + 1))
            first = following if following is not None else first
    return parts


def _makers(store: Store, movie: Movie, to: str) -> list[str]:
    """Who has translated the film into a language, the latest first."""
    try:
        found = json.loads(store.mark(movie.id, _mark(to)) or "[]")
    except ValueError:
        return []
    return [m for m in found if isinstance(m, str)] if isinstance(found, list) else []


def _mark(to: str) -> str:
    return f"{STAGE}-{to.lower()}"
