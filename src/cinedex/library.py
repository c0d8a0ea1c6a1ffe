"""The one service layer: films in, answers out. The CLI, the server and the web page are thin edges of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from cinedex import plugins
from cinedex.compliance.counted import ADDED, row_of
from cinedex.compliance.edits import EditList, Margins, Wish, edit_list
from cinedex.compliance.judge import EVIDENCE_MAX, Judge
from cinedex.compliance.log import ReviewLog
from cinedex.compliance.marking import evidence_of
from cinedex.compliance.model import Judgement, Pack
from cinedex.compliance.places import Decisions
from cinedex.compliance.read import built_in
from cinedex.compliance.review import Reviewer
from cinedex.errors import CinedexError, NotFoundError
from cinedex.formats.chapters import write_chapters
from cinedex.formats.charts import Charts, write_charts
from cinedex.formats.edl import write_cut
from cinedex.formats.gallery import write_gallery
from cinedex.formats.holdings import holdings_facts
from cinedex.formats.languages import turned
from cinedex.formats.report import write_report
from cinedex.formats.seen import Names
from cinedex.indexing import Indexing
from cinedex.media.films import film_meant
from cinedex.media.probe import probe
from cinedex.media.safecut import safe_copy
from cinedex.models.fetch import obstacle
from cinedex.models.pool import InstalledLoaders, ModelPool
from cinedex.models.registry import registry
from cinedex.models.spec import ModelSpec, RunOptions
from cinedex.models.writer import writer, writing
from cinedex.people.cast import Cast
from cinedex.people.decisions import Entry
from cinedex.people.holdings import holdings
from cinedex.people.keeping import Keeper
from cinedex.people.log import utc_now
from cinedex.people.match import Bounds
from cinedex.people.photos import photo_at
from cinedex.people.scan import Sources
from cinedex.people.telling import told
from cinedex.people.view import Gallery
from cinedex.run.calm import Flicker
from cinedex.run.events import Event, Happening
from cinedex.run.known import Known
from cinedex.run.local import LocalRunner
from cinedex.run.plan import Plan, StepState, closure, identifying, make_plan
from cinedex.search.answer import Answer
from cinedex.search.ask import LISTENED, LOOKED, Asker
from cinedex.search.digest import Digest, digest
from cinedex.search.examples import Like, face_like, sound_like, voice_like
from cinedex.search.finder import Finder
from cinedex.search.index import Index
from cinedex.search.query import SearchResult
from cinedex.search.reel import Purpose, Reel, reel
from cinedex.search.sessions import RedisSessions, Sessions, StoredSessions
from cinedex.search.summary import Summary, summarise
from cinedex.settings import Settings
from cinedex.stages.base import Stage
from cinedex.stages.flicker.fix import Remedy
from cinedex.stages.installed import glossary, installed
from cinedex.store import Store
from cinedex.subtitles.build import Made
from cinedex.subtitles.files import form_of, spelled
from cinedex.subtitles.film import film_cuts, film_rate, film_subtitles
from cinedex.subtitles.guide import Audience, load_guide
from cinedex.subtitles.review import Review, review
from cinedex.subtitles.subtitle import Subtitle
from cinedex.taught import Lessons
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Cue, Flash, Pattern, Row, Shot, Tag, Vector, Voice
from cinedex.timeline.time import Rate, Span, Time
from cinedex.timeline.timeline import State, Timeline
from cinedex.timeline.track import Maker, Track
from cinedex.translate.answers import Judging
from cinedex.translate.film import FilmTranslator

EMBEDDER = "e5-small"
"""The text embedder of the index."""

TAGGER = "efficientnet-lite2"
"""The model that says what pictures look like."""

NAMER = "langid"
"""The model that says which language a text is in."""

HEARER, VOICE_EMBEDDER = "silero-vad", "resemblyzer"
"""The models that listen to recordings of voices."""

LISTENER = "yamnet"
"""The model that says what recordings sound like."""

DETECTOR, FACE_EMBEDDER = "centerface", "dlib-face"
"""The models that look at photos of people."""


class Library:
    """A library of films: a folder or URL of facts, and all that can be done with them.

    >>> library = Library("films")                        # doctest: +SKIP
    >>> movie = library.analyze("night-train.mp4")        # doctest: +SKIP
    >>> shots = library.timeline(movie).track(Shot).rows  # doctest: +SKIP
    """

    def __init__(
        self, url: str | Path | None = None, *, settings: Settings | None = None, stages: Sequence[Stage] | None = None
    ) -> None:
        base = settings or Settings.from_env()
        self.settings = base.but(library=str(url)) if url is not None else base
        self.store = Store(self.settings.library)
        self._stages = stages

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of an analysis: those given, or every installed one with its defaults.

        While recognition is off, which it is until somebody switches it on, people are told apart inside a film, and
        nothing is made that identifies them.
        """
        return self._identifying[self.cast.on]

    @cached_property
    def _identifying(self) -> tuple[tuple[Stage, ...], tuple[Stage, ...]]:
        """The stages while recognition is off, and while it is on."""
        return identifying(self._installed, on=False), identifying(self._installed, on=True)

    @cached_property
    def _installed(self) -> tuple[Stage, ...]:
        if self._stages is not None:
            return tuple(self._stages)
        return installed(self.settings, self.models)

    @cached_property
    def models(self) -> Mapping[str, ModelSpec]:
        """Every described model, by name."""
        return registry(*([self.settings.registry] if self.settings.registry else []))

    @cached_property
    def pool(self) -> ModelPool:
        """Loaded models, shared by everything that this library does."""
        settings = self.settings
        return ModelPool(
            self.models,
            cache=settings.cache / "models",
            options=RunOptions(threads=settings.cores, runtime=settings.runtime),
            offline=settings.offline,
            limit_mib=settings.memory_mib,
            loaders=InstalledLoaders(others=settings.plugins),
        )

    @cached_property
    def index(self) -> Index:
        """What search reads; made from the tracks, and again from them whenever it is lost."""
        sight = (lambda: self.pool.get(self.settings.sight)) if self.settings.sight else None
        return Index(f"{self.store.url.rstrip('/')}/index", lambda: self.pool.get(EMBEDDER), sight)

    @cached_property
    def indexing(self) -> Indexing:
        """Bringing the index up to date, checking it, making it anew."""
        return Indexing(self.index, self.store, self.movies, self.known.plan, self._made, lambda: self.taught)

    # People

    @cached_property
    def cast(self) -> Cast:
        """Who is who in the library: to look at, to name, merge, split, hide, enrol."""
        return Cast(Sources(self.store, self.movies, self.timeline, self._bounds), self.find, by=self.settings.user)

    @cached_property
    def keeper(self) -> Keeper:
        """The privacy of people: recognition on and off, deletion, retention, what is known of somebody."""
        return Keeper(self.cast, self.indexing.unlist)

    def people(self, movie: Movie, *, portraits: bool = False) -> Gallery:
        """Who is in a film, by name where that is known; its `of_row` tells it for a row of the kind `person`."""
        return self.cast.film(movie, portraits=portraits)

    def enrol(self, name: str, photos: Iterable[Path], *, consent: tuple[str, str, str] | None = None) -> Entry:
        """Know somebody by photos from now on, in every film at once. `consent` is who gave it, its basis and a note.

        Raises UsageError for a photo without exactly one clear face, and where recognition is off.
        """
        given = [(path.name, photo_at(path)) for path in photos]
        return self.cast.enrol(
            name, given, lambda: (self.pool.get(DETECTOR), self.pool.get(FACE_EMBEDDER)), consent=consent
        )

    def gallery(self, movie: Movie, to: Path) -> Path:
        """Write one page with everybody in a film."""
        return write_gallery(self.people(movie, portraits=True), to)

    def holdings(self) -> dict[str, Any]:
        """What the library holds of people's faces and voices, by what right, what was deleted, and models in use.

        A page of it is what `cinedex.formats.holdings.render_holdings` makes.
        """
        used = dict.fromkeys(name for stage in self.stages for name in stage.uses)
        models = [self.models[name] for name in used if name in self.models]
        made = utc_now().isoformat(timespec="seconds")
        return holdings_facts(holdings(self.keeper), models, made)

    def _bounds(self, space: str) -> Bounds | None:
        """What nearness means in a space of face prints, by its model's description."""
        spec = next((s for s in self.models.values() if s.space and space in {s.space, f"fake-{s.space}"}), None)
        same = spec.options.get("same") if spec is not None else None
        return Bounds.of(float(same)) if same is not None else None

    @cached_property
    def taught(self) -> Lessons:
        """The tags that users have taught, and teaching, forgetting them; every film's facts show them."""
        return Lessons(
            self.store, self.movies, lambda movie: self.timeline(movie, (Shot, Vector)), self.indexing.update_all
        )

    # Films

    def add(self, source: str | Path, *, anew: bool = True) -> Movie:
        """Take a film in: probe it and record it. The same content under another name is the same film.

        Such a film is then known by the new name and place; unless `anew`, it keeps its own while its file is there.
        """
        movie = probe(source)
        if not anew and (known := self._by_id(movie.id)) is not None and Path(known.uri).is_file():
            return known
        self.store.put_movie(movie)
        return movie

    def movies(self) -> list[Movie]:
        """Every film of the library, by name."""
        return sorted(self.store.movies(), key=lambda m: (m.name.casefold(), m.id))

    def find(self, film: str | Path, *, exactly: bool = False) -> Movie:
        """A film by id, the beginning of an id, name or path; unless `exactly`, by a part of its name alone.

        Raises NotFoundError, UsageError where several fit.
        """
        text = str(film)
        if text[:1].isalnum() and len(text) <= 128 and "/" not in text and (exact := self._by_id(text)) is not None:
            return exact
        return film_meant(text, self.movies(), self.settings.library, exactly=exactly)

    def _by_id(self, text: str) -> Movie | None:
        try:
            return self.store.movie(text)
        except CinedexError:
            return None

    def remove(self, movie: Movie) -> None:
        """Forget a film: its facts and its index rows. The film file stays where it is."""
        self.index.remove(movie.id)
        self.store.remove_movie(movie.id)

    # Analysis

    def plan(self, movie: Movie, stages: Iterable[str] | None = None) -> Plan:
        """What an analysis would do, and why; `stages` picks some by name, with all that they need."""
        chosen = self.stages if stages is None else closure(stages, self.stages)
        return make_plan(movie, chosen, self.store, self.models, self._obstacle)

    def run(
        self,
        sources: Iterable[str | Path | Movie],
        *,
        stages: Iterable[str] | None = None,
        stop: threading.Event | None = None,
        plans: Callable[[Plan], None] = lambda _: None,
    ) -> Iterator[Event]:
        """Analyse films and put them in the index, telling what happens; a film that cannot be used is one event."""
        refused: list[Event] = []
        wanted = None if stages is None else list(stages)
        if wanted is not None:
            closure(wanted, self.stages)

        def planned() -> Iterator[Plan]:
            for source in sources:
                try:
                    movie = source if isinstance(source, Movie) else self.add(source)
                    plan = self.plan(movie, wanted)
                except CinedexError as error:
                    name = source.name if isinstance(source, Movie | Path) else source.rsplit("/", 1)[-1]
                    refused.append(Event(Happening.FAILED, name, "", why=str(error), error=error))
                else:
                    plans(plan)
                    yield plan

        for event in LocalRunner(self.store, self.pool, self.settings).run(planned(), stop):
            while refused:
                yield refused.pop(0)
            if event.what is Happening.FILM_DONE:
                yield from self._indexed(event)
            yield event
        yield from refused

    def analyze(
        self,
        source: str | Path | Movie,
        *,
        stages: Iterable[str] | None = None,
        on_event: Callable[[Event], None] = lambda _: None,
    ) -> Movie:
        """Analyse one film and give it. Raises the first error, after everything else that can be done is done."""
        error: Exception | None = None
        movie_id = source.id if isinstance(source, Movie) else ""
        for event in self.run([source], stages=stages):
            on_event(event)
            movie_id = event.movie_id or movie_id
            error = error or event.error
        if error is not None:
            raise error
        return self.find(movie_id)

    def _indexed(self, event: Event) -> Iterator[Event]:
        try:
            movie = self.store.movie(event.movie_id)
            if movie is not None:
                self.keeper.after(movie)
                self.indexing.update(movie)
        except CinedexError as error:
            yield Event(Happening.FAILED, event.film, event.movie_id, "index", why=str(error), error=error)

    def _obstacle(self, spec: ModelSpec) -> str | None:
        return obstacle(spec, self.settings.cache / "models", offline=self.settings.offline)

    # Answers

    @cached_property
    def known(self) -> Known:
        """What is stored of films by the stages of now, without what people have taught or decided."""
        return Known(self.store, lambda: self.stages, lambda: self.models, self._obstacle)

    def timeline(self, movie: Movie, rows: Collection[type[Row]] | None = None) -> Timeline:
        """All that is known about a film with the stages, parameters and models of now, and what people have added.

        Where only some kinds of `rows` are wanted, no others are read, nor the tags that were taught.
        """
        known = self._made(movie, rows)
        more = self._added(known) if rows is None or {*rows} & {*ADDED} else {}
        return replace(known, tracks={**known.tracks, **more}) if more else known

    def _added(self, known: Timeline) -> dict[tuple[str, str], Track[Any]]:
        """What people have added, by kind, beside what was looked for: a kind that was not stays one."""
        rows = [row for d in self.reviewer.decisions(known.movie).added if (row := row_of(d)) is not None]
        found = ((kind, [r for r in rows if isinstance(r, kind)]) for kind in ADDED)
        maker = Maker("review", 1)
        return {
            (maker.stage, kind.kind): Track.of(kind, there, maker)
            for kind, there in found
            if there and known.state(kind) is State.DONE
        }

    def _made(self, movie: Movie, rows: Collection[type[Row]] | None = None) -> Timeline:
        """What the stages have made of a film; with the tags that were taught unless only some kinds are wanted."""
        known = self.known.timeline(movie, rows)
        taught = self.taught.track(known) if rows is None else None
        return known if taught is None else _with(known, taught)

    def evidence(self, movie: Movie) -> Timeline:
        """The same, of which each track is read when it is asked for: judging needs few of them."""
        known = self.known.unread(movie)
        taught = self.taught.track(known) if next(iter(self.taught), None) is not None else None
        return known if taught is None else _with(known, taught)

    @cached_property
    def flicker(self) -> Flicker:
        """What the standards on flashing say of a film, and what would make it pass."""
        return Flicker(lambda movie: self.timeline(movie, (Flash, Pattern)), self.store)

    def remedies(self, movie: Movie, standard: str) -> tuple[int, list[Remedy]]:
        """How many windows of a film fail a standard on flashing, and the remedies that were found for them so far."""
        found = [known for *_, known in self.flicker.found(movie, self.flicker.verdict(movie, standard))]
        return len(found), [known for known in found if known is not None]

    @property
    def finder(self) -> Finder:
        """Search, questions and summaries. A lost index is made again first."""
        self.indexing.complete()
        return self._finder

    @cached_property
    def _finder(self) -> Finder:
        reranker = (lambda: self.pool.get(self.settings.reranker)) if self.settings.reranker else None
        return Finder(self.index, self.movies, self.cast, lambda: self.pool.get(TAGGER), self.timeline, reranker)

    def search(
        self,
        text: str,
        *,
        limit: int = 10,
        movie: Movie | None = None,
        like: Path | None = None,
        more_like: tuple[Movie, Time] | None = None,
        face: Path | None = None,
        voice: Path | None = None,
        sound: Path | None = None,
    ) -> SearchResult:
        """The moments that fit words and filters, look like a picture, or are like a moment; or none, said honestly.

        `face` is a photo of somebody who is to be on screen, `voice` a recording of somebody who is to speak, `sound`
        one of what is to be heard. Faces and voices raise UsageError where recognition is off.
        """
        examples = self._examples(face, voice, sound)
        return self.finder.search(text, limit=limit, movie=movie, like=like, more_like=more_like, examples=examples)

    def _examples(self, face: Path | None, voice: Path | None, sound: Path | None) -> list[Like]:
        get, found = self.pool.get, list[Like]()
        if face is not None:
            found.append(face_like(face, self.cast, lambda: (get(DETECTOR), get(FACE_EMBEDDER))))
        if voice is not None:
            found.append(voice_like(voice, self.cast, self.timeline, lambda: (get(HEARER), get(VOICE_EMBEDDER))))
        if sound is not None:
            found.append(sound_like(sound, self.movies(), self.timeline, get(LISTENER)))
        return found

    @property
    def edition(self) -> tuple[object, ...]:
        """What searches depend on, as it is now: index, people, films. While it is the same, so is what they find."""
        return self.index.version, self.cast.edition, tuple((m.id, m.name) for m in self.store.movies())

    @cached_property
    def sessions(self) -> Sessions:
        """Where the last turn of each session of questions is kept: in the library, or in the Redis of the settings."""
        redis = self.settings.redis_url
        return RedisSessions(redis, self.store.url) if redis else StoredSessions(self.store)

    def ask(self, question: str, *, movie: Movie | None = None, session: str = "") -> Answer:
        """An answer of claims that cite evidence, with what it rests on; no claims where the library does not say.

        Questions of one `session` may lean on the answer before: "who is with her there?".
        """
        asker = Asker(self.finder, self._looked, writing(self.settings))
        return asker.ask_in(self.sessions, session, question, movie) if session else asker.ask(question, movie)

    def summary(self, movie: Movie, **about: Any) -> Summary:
        """A film in chapters with cited times; see `summarise` for `length`, `scene`, `person`, `topic`."""
        return summarise(self.finder, self.timeline(movie), **about)

    def digest(self, **about: Any) -> Digest:
        """What the library has of a topic or a person, film by film; see `digest` for `length`, `person`, `topic`."""
        return digest(self.finder, self.timeline, **about)

    def reel(self, movie: Movie, seconds: float = 60.0, purpose: Purpose = "highlights") -> Reel:
        """The clips that show a film in so many seconds, cut at shots and where nobody speaks."""
        return reel(self.timeline(movie), seconds, purpose)

    def write_reel(self, movie: Movie, made: Reel, to: Path) -> Path:
        """Write a reel for editing programs: as .edl (CMX 3600) or as .otio."""
        return write_cut(movie, [(c.span, ", ".join(c.why)) for c in made.clips], f"{made.purpose} of {movie.name}", to)

    def chapters(self, movie: Movie, to: Path) -> Path:
        """Write a film's scenes as chapters: .vtt (WebVTT), .ffmeta (FFmpeg's metadata) or .txt (for YouTube)."""
        return write_chapters(movie, [(Span(c.start, c.end), c.title) for c in self.summary(movie).chapters], to)

    def _looked(self, movie: Movie) -> tuple[bool, bool]:
        made = {row for step in self.known.plan(movie).having(StepState.HIT) for row in step.stage.makes}
        return bool(made & LOOKED), bool(made & LISTENED)

    def told(self, movie: Movie) -> tuple[Timeline, Names]:
        """The film's timeline with its people as people have decided, and what they are called, by number."""
        return told(self.timeline(movie), self.people(movie))

    def report(self, movie: Movie, to: Path | None = None) -> Path:
        """Write one self-contained page with all that is known of a film; by default beside where you are."""
        page = to or Path(f"{Path(movie.name).stem or movie.id[:16]}.html")
        timeline, names = self.told(movie)
        return write_report(timeline, page, video=movie.uri, names=names)

    def comply(
        self,
        movie: Movie,
        packs: Iterable[Pack],
        *,
        most: int | None = EVIDENCE_MAX,
        decisions: Decisions | None = None,
    ) -> list[Judgement]:
        """What rule packs say of a film, judged from what is stored: nothing is analysed again.

        `most` bounds the places listed of a finding; all are counted. `decisions` are people's, else those of the log.
        """
        decided = self.reviewer.decisions(movie) if decisions is None else decisions
        judge = Judge(self.evidence(movie), most=most, decisions=decided)
        return [judge.judge(pack) for pack in packs]

    @property
    def shareable(self) -> bool:
        """Whether another process can open the same library by its settings alone."""
        return self._stages is None and not self.settings.library.startswith("memory:")

    @cached_property
    def reviewer(self) -> Reviewer:
        """What people decide about flags: the queue of them, deciding, and the log."""
        return Reviewer(ReviewLog(self.store), self.evidence, lambda: built_in().values(), by=self.settings.user)

    def edits(
        self, movie: Movie, wishes: Sequence[Wish], packs: Iterable[Pack], margins: Margins | None = None
    ) -> EditList:
        """What to skip, mute and blur in a film: wishes by category and strength, among all that the packs look at."""
        timeline = self.evidence(movie)
        decisions = self.reviewer.decisions(movie)
        judge = Judge(timeline, most=None, decisions=decisions)
        added = map(evidence_of, decisions.added)
        return edit_list(timeline, [judge.judge(pack) for pack in packs], wishes, margins, added)

    def safe_copy(self, edits: EditList, to: Path, seen: Callable[[Time], None] = lambda _: None) -> Path:
        """Write a copy of a film with its edits carried out, as MP4; `seen` is told how far the film is read."""
        skip, mute, blur = (edits.spans(act) for act in ("skip", "mute", "blur"))
        return safe_copy(edits.movie, to, skip=skip, mute=mute, blur=blur, seen=seen)

    def charts(self, movie: Movie, to: Path, *, form: Literal["png", "svg"] = "png") -> Charts:
        """Write a film's pictures into a folder: barcode, palette, rhythm, who is on screen when, a poster of it all.

        Says which were left out because their facts are missing, and why.
        """
        timeline, names = self.told(movie)
        return write_charts(timeline, to, form=form, names=names)

    # Subtitles

    def subtitles(
        self,
        movie: Movie,
        style: str = "netflix",
        *,
        language: str | None = None,
        sdh: bool = False,
        audience: Audience = "adult",
        widest: int | None = None,
    ) -> Made:
        """Subtitles of a film that keep a style guide by construction, with the check of them.

        In another `language`, they are made of subtitles that came with the film, or of translations: `translator`'s,
        else the recogniser's. `widest` is the most characters a line that a format has, where the guide allows more.

        Raises NotFoundError for a film without words, and for a language in which there is nothing.
        """
        timeline, notes = turned(self.timeline(movie), language, self.translator)
        try:
            made = film_subtitles(timeline, style, language=language, sdh=sdh, audience=audience, widest=widest)
        except LookupError as missing:
            raise NotFoundError(str(missing), remedy="Analyse the film first.") from missing
        return replace(made, notes=(*made.notes, *notes))

    @cached_property
    def translator(self) -> FilmTranslator:
        """Translation of cues by the writer of the settings, and what it has translated before."""
        names = glossary(self.settings.glossary) if self.settings.glossary else ()
        judging = Judging(lambda: self.pool.get(NAMER), lambda: self.pool.get(EMBEDDER))
        by, tries = writer(self.settings), self.settings.retries
        return FilmTranslator(self.store, lambda movie: self.timeline(movie, (Cue,)), by, judging, names, tries)

    def check_subtitles(
        self,
        file: Path,
        style: str = "netflix",
        *,
        language: str = "en",
        sdh: bool = False,
        audience: Audience = "adult",
        rate: Rate | None = None,
        cuts_from: Movie | None = None,
        against: Movie | None = None,
        retime: bool = False,
        fix: bool = False,
    ) -> Review:
        """Score any subtitle file by a style guide; by a film's cuts, against its voices, and mended if asked for.

        Raises MediaError for a file that holds no subtitles, NotFoundError for facts of a film never computed.
        """
        guide = load_guide(style, language, audience=audience, sdh=sdh)
        by = cuts_from or against
        try:
            cuts = film_cuts(self.timeline(cuts_from)) if cuts_from is not None else ()
            voice = self.timeline(against).track(Voice).rows if against is not None else None
        except LookupError as missing:
            raise NotFoundError(str(missing), remedy="Analyse the film first.") from missing
        if cuts is None and cuts_from is not None:
            raise NotFoundError(f"{cuts_from.name}: shots were not computed", remedy="Analyse the film first.")
        return review(
            file,
            guide,
            rate=rate or (film_rate(by) if by is not None else None),
            cuts=cuts or (),
            voice=voice,
            retime=retime,
            fix=fix,
            last=by.duration if by is not None else None,
        )

    def write_subtitles(
        self, subtitles: Sequence[Subtitle], to: Path, *, form: str | None = None, language: str = ""
    ) -> Path:
        """Write subtitles as srt, vtt, ass, ttml or scc, by the file's name unless `form` is given."""
        to.write_text(spelled(subtitles, form or form_of(to), language), encoding="utf-8", newline="\n")
        return to

    def export(self, movie: Movie, form: str, to: Path, *, language: str | None = None) -> Path:
        """Write a film's facts as one of the installed formats, with all cues in one `language` if that is given.

        Raises NotFoundError for facts never computed, and for a language in which there is nothing.
        """
        write = plugins.load("cinedex.formats", form, others=self.settings.plugins)
        timeline, _ = turned(self.timeline(movie), language, self.translator)
        try:
            write(timeline, to)
        except LookupError as missing:
            raise NotFoundError(str(missing), remedy="Analyse the film first.") from missing
        return to


def _with(known: Timeline, taught: Track[Tag]) -> Timeline:
    return replace(known, tracks={**known.tracks, (taught.maker.stage, Tag.kind): taught})
