"""The server's operations and what they answer. Made by `clients/python/generate.py`: changes are lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NotRequired, TypedDict

from cinedex_client.transport import Event, Transport, part


class About(TypedDict):
    """What this server is, and what it lets the caller do."""

    version: str
    you: str
    scopes: list[str]
    recognition: bool
    cores: int
    offline: bool
    writes: bool
    """Whether a writer phrases answers."""
    exports: list[str]
    kinds: list[str]
    stages: list[str]
    upload_bytes: int


class AnswerShape(TypedDict):
    """An answer; no claims says that the library does not know."""

    question: str
    claims: list[ClaimShape]
    evidence: list[EvidenceShape]
    coverage: dict[str, Any]
    notes: list[str]
    plan: list[str]
    dropped: int
    written: bool
    near: list[EvidenceShape]


class AskedJob(TypedDict):
    """An analysis just asked for."""

    id: str
    movie: str
    film: str
    stages: list[str]
    priority: int
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    fraction: float
    progress: dict[str, float]
    """How far each stage is."""
    why: str
    """Why it failed."""
    attempt: int
    made: float
    """When it was asked for, in seconds since 1970."""
    changed: float
    estimated_seconds: float


class Audit(TypedDict):
    """Lines of the audit log, the latest first; `next` is the `before` of the next page."""

    entries: list[Entry]
    next: int | None


class ChapterShape(TypedDict):
    """A stretch of a film."""

    title: str
    people: list[str]
    seconds: list[float]


class CharacterShape(TypedDict):
    """Somebody in a film."""

    label: str
    title: str
    name: str
    person: str
    standing: Literal["confirmed", "recognised", "anonymous"]
    score: float
    hidden: bool
    seconds: float
    appearances: int
    seen: list[list[float]]
    looks: list[dict[str, Any]]
    suggestions: list[dict[str, Any]]
    portrait: str | None
    """The address of a picture of them."""


class Checked(TypedDict):
    """How well subtitles keep a style guide."""

    count: int
    conforming: float
    bad: int
    by_rule: dict[str, int]
    faults: list[dict[str, Any]]
    notes: list[str]


class ClaimShape(TypedDict):
    """A sentence, and the numbers of the evidence for it."""

    text: str
    cites: list[int]


class ClauseRow(TypedDict):
    """A clause of a pack as it stands for a film; times in seconds."""

    id: str
    """PACK/CLAUSE."""
    film: str
    film_name: str
    pack: str
    pack_title: str
    version: int
    text: str
    source: str
    known: str
    verdict: str
    """By the word of who signed it off, if anybody has."""
    measured: str
    """What it comes to without."""
    value: float | None
    unit: str
    allowed: str
    rating: str | None
    found: str
    signed: SignedRow | None
    signed_before: SignedRow | None
    """A sign-off that holds no more."""
    lapsed: str | None
    """Why it does not."""
    places: list[dict[str, Any]]


class Decided(TypedDict):
    """An entry of the log of decisions; `POST /v1/people/undo` takes it back."""

    entry: str
    at: str
    by: str
    acts: list[str]


class DeletedPerson(TypedDict):
    """What a deletion took; nothing of it says who it was."""

    entry: str
    """The entry of the log that records the deletion."""
    films: list[str]
    """The films in which they had been seen, by id."""
    removed: dict[str, int]
    """How many rows of each kind, and of other things, are gone."""


class DigestShape(TypedDict):
    """What a library has of a topic or a person: summaries of the films that have most of it."""

    about: str
    films: list[SummaryShape]
    others: int
    searched: int
    notes: list[str]


class Entry(TypedDict):
    """A line of the audit log."""

    number: int
    """Of the line; the later, the higher."""
    at: float
    """Seconds since 1970."""
    who: str
    key_id: str
    """The key's id; `here` for who needs none."""
    did: str
    what: str
    route: str
    film: str
    result: str
    """`done`, or the HTTP status."""
    request: str
    """The number that the answer carried as X-Request-Id."""
    library: str


class Estimate(TypedDict):
    """What an analysis takes."""

    cpu_seconds: float
    disk_bytes: int


class EvidenceShape(TypedDict):
    """A numbered piece of evidence."""

    number: int
    movie: str
    name: str
    kind: str
    text: str
    seconds: list[float]
    play: str
    still: str


class Film(TypedDict):
    """A film of the library."""

    id: str
    name: str
    seconds: float
    picture: PictureShape | None
    sound: list[SoundShape]
    playable: bool
    """Whether browsers play `media` as it is; others are played from `preview.mp4` or `hls/index.m3u8`."""


class FilmClauses(TypedDict):
    """The clauses of a film."""

    film: str
    clauses: list[ClauseRow]


class FilmFacts(TypedDict):
    """A film, and what is known of it."""

    id: str
    name: str
    seconds: float
    picture: PictureShape | None
    sound: list[SoundShape]
    playable: bool
    """Whether browsers play `media` as it is; others are played from `preview.mp4` or `hls/index.m3u8`."""
    tracks: list[KnownKind]
    failures: dict[str, str]
    """Stages that failed, and why."""


class FilmReview(TypedDict):
    """What there is to review of a film, and what was decided about flags that are not there any more."""

    film: str
    flags: list[ReviewRow]
    lost: list[LostDecision]


class Films(TypedDict):
    """A page of films; `next` is the `after` of the next page."""

    films: list[Film]
    total: int
    next: str | None


class Found(TypedDict):
    """Moments, best first; none says that nothing fits, of what `films` and `moments` say was searched."""

    query: str
    hits: list[Hit]
    films: int
    moments: int
    notes: list[str]
    understood: str
    read: list[str]
    """Filters that plain words were taken for."""


class GalleryShape(TypedDict):
    """Who is in a film."""

    film: str
    name: str
    state: str
    recognition: bool
    """Whether people are recognised in this library; it is off by default."""
    says: str
    characters: list[CharacterShape]
    total: int


class Hit(TypedDict):
    """A found moment.

    `start`, `end`, `at` are ticks of 1/705 600 000 s, `seconds` the same for people.
    """

    movie: str
    name: str
    start: int
    end: int
    seconds: list[float]
    score: float
    words: str
    matched: list[list[int]]
    """Ranges of letters in `words`."""
    why: list[str]
    play: str
    """The address of the film at this moment."""
    still: str
    """The address of a picture of it."""


class Job(TypedDict):
    """An analysis that was asked for."""

    id: str
    movie: str
    film: str
    stages: list[str]
    priority: int
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    fraction: float
    progress: dict[str, float]
    """How far each stage is."""
    why: str
    """Why it failed."""
    attempt: int
    made: float
    """When it was asked for, in seconds since 1970."""
    changed: float


class Jobs(TypedDict):
    """Jobs, the latest first."""

    jobs: list[Job]


class Key(TypedDict):
    """A key, without what is secret of it."""

    id: str
    name: str
    scopes: str
    libraries: list[str]
    made: float
    revoked: float | None
    """From when on it is no key any more."""


class Keys(TypedDict):
    """Every key, also those that were revoked."""

    keys: list[Key]


class KnownKind(TypedDict):
    """A kind of fact that a stage has found."""

    kind: str
    stage: str
    rows: int
    models: list[str]


class LineShape(TypedDict):
    """One line of a summary."""

    kind: str
    text: str
    seconds: list[float]


class LostDecision(TypedDict):
    """A decision whose flag is not there now."""

    number: int
    at: str
    by: str
    decision: str
    note: str
    flag: str
    category: str
    label: str
    start: float
    end: float


class MadeKey(TypedDict):
    """A key just made: the only time that it is seen."""

    id: str
    key: str


class ModelShape(TypedDict):
    """A model, its licence, and whether its files are here."""

    name: str
    task: str
    tier: str
    summary: str
    bytes: int
    here: bool
    licence: dict[str, Any]


class PackShape(TypedDict):
    """A rule pack."""

    name: str
    title: str
    version: int
    about: str
    clauses: int


class Packs(TypedDict):
    """The rule packs that films can be judged by."""

    packs: list[PackShape]


class People(TypedDict):
    """Everybody of the library, a page at a time; `next` is the `after` of the next page."""

    recognition: bool
    people: list[SomebodyShape]
    total: int
    next: int | None


class PictureShape(TypedDict):
    """A film's picture as it is shown."""

    width: int
    height: int
    rate: str
    """Pictures a second, as 25 or 24000/1001."""


class PlanShape(TypedDict):
    """What an analysis would do."""

    film: Film
    steps: list[Step]
    models: list[dict[str, Any]]
    estimate: Estimate


class Recognising(TypedDict):
    """Whether people are recognised from film to film, and by which right."""

    on: bool
    basis: str
    keep_days: int


class RemedyRow(TypedDict):
    """The mildest remedy for a window that flashes too much; times in seconds."""

    start: float
    end: float
    act: Literal["dim", "slow", "skip"]
    amount: float
    harm: float
    before: float
    after: float | None
    limit: float
    passes: bool | None
    """None where it was not tried."""
    says: str


class Remedying(TypedDict):
    """How far the search for remedies is; `remedies` by standard, those that were found so far."""

    state: Literal["none", "queued", "running", "done", "failed"]
    windows: int
    """How many windows fail, over all standards."""
    tried: int
    why: str
    remedies: dict[str, list[RemedyRow]]


class ReviewQueue(TypedDict):
    """A page of flags of many films; `next` is the `after` of the next page."""

    flags: list[ReviewRow]
    total: int
    next: int | None


class ReviewRow(TypedDict):
    """A flag to review; times in seconds.

    What was decided about it is None as long as nobody has.
    """

    id: str
    """Stays the same for a flag that was decided about, also when the film is analysed anew."""
    film: str
    film_name: str
    title: str
    """The word that was said, or what there is a sign of."""
    kind: str
    """The kind of row that was flagged, or 'flashing'."""
    category: str
    severity: str | None
    """From 'mild' to 'very-strong'; None where it is not known."""
    score: float
    start: float
    end: float
    rests_on: list[str]
    clauses: list[str]
    """As PACK/CLAUSE."""
    state: Literal["open", "accepted", "rejected", "corrected", "added", "withdrawn"]
    note: str | None
    by: str | None
    at: str | None


class Rows(TypedDict):
    """A page of one kind of fact; `next` is the `after` of the next page."""

    kind: str
    film: str
    total: int
    next: int | None
    rows: list[dict[str, Any]]


class SegmentShape(TypedDict):
    """A stretch of a film, processed: what is seen, said, and meant, as one vector and as tags."""

    film: str
    start: float
    end: float
    visual: dict[str, list[dict[str, Any]]]
    transcription: dict[str, Any]
    embedding: dict[str, Any]
    tags: list[dict[str, Any]]
    notes: list[str]


class SignedRow(TypedDict):
    """What somebody said of a clause as a whole."""

    decision: Literal["pass", "fail", "not applicable", "waive"]
    by: str
    at: str
    note: str
    version: int
    """Of the pack, when it was signed."""
    times: list[dict[str, float]]
    says: str
    """It in words."""


class SomebodyShape(TypedDict):
    """A person of the library."""

    person: str
    name: str
    hidden: bool
    seconds: float
    seen: list[dict[str, Any]]


class SoundShape(TypedDict):
    """One sound stream."""

    language: str | None
    channels: int


class Step(TypedDict):
    """A stage of a plan."""

    stage: str
    key: str
    state: Literal["hit", "run", "blocked"]
    why: str
    needs: list[str]
    models: list[str]


class Styles(TypedDict):
    """How subtitles can be made."""

    styles: list[str]
    forms: list[str]
    audiences: list[str]


class SummaryShape(TypedDict):
    """A film, or what of it was asked for, in lines and chapters."""

    movie: str
    name: str
    about: str
    lines: list[LineShape]
    chapters: list[ChapterShape]
    moments: int
    notes: list[str]


class FilmsApi:
    """The operations of films."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def films(self, *, text: str | None = None, after: str | None = None, limit: int | None = None) -> Films:
        """Films by name, a page at a time; `next` is the `after` of the next page.

        `text`: Only films with this in their name. `after`: The id that the page before ended with.
        """
        answer: Films = self._transport.json("GET", "/v1/films", query={"text": text, "after": after, "limit": limit})
        return answer

    def add(self, *, path: str | None = None, url: str | None = None) -> Film:
        """Take a film in from an allowed folder of the server, or fetch it.

        The same content is the same film. `path`: Where it is on the server, in an allowed folder. `url`: Where it is
        fetched from, of an allowed origin.
        """
        answer: Film = self._transport.json("POST", "/v1/films", body={"path": path, "url": url})
        return answer

    def film(self, film: str) -> FilmFacts:
        """One film, and what is known, missing and failed of it."""
        answer: FilmFacts = self._transport.json("GET", f"/v1/films/{part(film)}")
        return answer

    def remove(self, film: str) -> None:
        """Forget a film and all that is known of it; its file stays."""
        self._transport.raw("DELETE", f"/v1/films/{part(film)}")

    def plan(self, film: str) -> PlanShape:
        """What an analysis would do, and what it takes, before it is asked for."""
        answer: PlanShape = self._transport.json("GET", f"/v1/films/{part(film)}/plan")
        return answer

    def media(self, film: str) -> Iterator[bytes]:
        """The film itself, whole or in byte ranges (RFC 9110)."""
        return self._transport.stream("GET", f"/v1/films/{part(film)}/media")

    def report(self, film: str) -> str:
        """The film's page: player, lanes, scenes, people, words."""
        return self._transport.text("GET", f"/v1/films/{part(film)}/report")

    def segment(self, film: str, *, start: float, end: float) -> SegmentShape:
        """Process a stretch now: visual analysis, transcription, one vector of both, tags.

        At most two minutes of film.
        """
        answer: SegmentShape = self._transport.json("POST", f"/v1/films/{part(film)}/segment", body={"start": start, "end": end})
        return answer


class PlayingApi:
    """The operations of playing."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def hls(self, film: str) -> str:
        """The film as HLS: H.264 and AAC of at most 720 lines, whatever it is stored in."""
        return self._transport.text("GET", f"/v1/films/{part(film)}/hls/index.m3u8")

    def hls_head(self, film: str) -> Iterator[bytes]:
        """What a player reads before any fragment."""
        return self._transport.stream("GET", f"/v1/films/{part(film)}/hls/init.mp4")

    def hls_fragment(self, film: str, number: int) -> Iterator[bytes]:
        """A fragment, made now unless it was asked for lately."""
        return self._transport.stream("GET", f"/v1/films/{part(film)}/hls/seg-{part(number)}.m4s")

    def preview(self, film: str, *, from_: float | None = None) -> Iterator[bytes]:
        """The film from the fragment with a time on, for a `video` element; `X-Cinedex-From` says where it begins.

        What is played keeps the film's own times: a picture of minute ten says 600 s. `from_`: Seconds.
        """
        return self._transport.stream("GET", f"/v1/films/{part(film)}/preview.mp4", query={"from": from_})


class FactsApi:
    """The operations of facts."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def track(self, film: str, kind: str, *, format: Literal["json", "annotation", "vtt", "arrow"] | None = None, from_: float | None = None, to: float | None = None, text: str | None = None, every: int | None = None, after: int | None = None, limit: int | None = None) -> bytes:
        """The rows of one kind, those that overlap a stretch if one is given; times in seconds, in Arrow in ticks.

        `format`: annotation: W3C Web Annotations. `from_`: Seconds. `to`: Seconds. `text`: Only rows whose text or
        label has this in it. `every`: Only every so many-th row, as curves need. `after`: How many rows to pass over.
        `limit`: 1,000, but all as WebVTT and Arrow.
        """
        return self._transport.raw("GET", f"/v1/films/{part(film)}/tracks/{part(kind)}", query={"format": format, "from": from_, "to": to, "text": text, "every": every, "after": after, "limit": limit})

    def export(self, film: str, *, format: str | None = None, language: str | None = None) -> bytes:
        """The film's facts as a file of an installed format.

        `format`: See /v1/about. `language`: All cues in this language.
        """
        return self._transport.raw("GET", f"/v1/films/{part(film)}/export", query={"format": format, "language": language})


class PicturesApi:
    """The operations of pictures."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def poster(self, film: str, *, height: int | None = None) -> bytes:
        """The still of the longest shot of the film's first half; nothing (204) before the film is analysed.

        `height`: Pixels at most; else as it is kept.
        """
        return self._transport.raw("GET", f"/v1/films/{part(film)}/poster", query={"height": height})

    def still(self, film: str, *, at: float | None = None, height: int | None = None) -> bytes:
        """The still of the shot at a time.

        `at`: Seconds. `height`: Pixels at most; else as it is kept.
        """
        return self._transport.raw("GET", f"/v1/films/{part(film)}/still", query={"at": at, "height": height})

    def storyboard_times(self, film: str) -> str:
        """The film's storyboard as WebVTT, as players show it over their bar."""
        return self._transport.text("GET", f"/v1/films/{part(film)}/storyboard.vtt")

    def storyboard_sheet(self, film: str, sheet: int) -> bytes:
        """One sheet of the storyboard."""
        return self._transport.raw("GET", f"/v1/films/{part(film)}/storyboard/{part(sheet)}.jpg")


class FindingApi:
    """The operations of finding and answering."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def search(self, *, q: str | None = None, film: str | None = None, more_like: str | None = None, limit: int | None = None) -> Found:
        """The moments that fit best, or none, and of how much that is said.

        `q`: Plain words, "phrases", and filters such as person: place: year: `film`: Only in this film: its id or name.
        `more_like`: FILM@SECONDS: a moment that the others are to be like.
        """
        answer: Found = self._transport.json("GET", "/v1/search", query={"q": q, "film": film, "more_like": more_like, "limit": limit})
        return answer

    def ask(self, *, q: str, film: str | None = None, session: str | None = None) -> AnswerShape:
        """An answer of claims that cite evidence, or none where the library does not say.

        `q`: A question in plain words. `film`: Only in this film: its id or name. `session`: Questions of one session
        may lean on each other.
        """
        answer: AnswerShape = self._transport.json("GET", "/v1/ask", query={"q": q, "film": film, "session": session})
        return answer

    def ask_events(self, *, q: str, film: str | None = None, session: str | None = None) -> Iterator[Event]:
        """The same as server-sent events: evidence first, then the claims that cite it, then the whole.

        `q`: A question in plain words. `film`: Only in this film: its id or name. `session`: Questions of one session
        may lean on each other.
        """
        return self._transport.events("GET", "/v1/ask/events", query={"q": q, "film": film, "session": session})

    def summary(self, film: str, *, length: Literal["short", "medium", "long"] | None = None, scene: int | None = None, person: str | None = None, topic: str | None = None) -> SummaryShape:
        """A film in quoted lines and chapters, each with its time.

        `scene`: Only this scene. `person`: Only where this person is on screen. `topic`: Only moments that these words
        find.
        """
        answer: SummaryShape = self._transport.json("GET", f"/v1/films/{part(film)}/summary", query={"length": length, "scene": scene, "person": person, "topic": topic})
        return answer

    def digest(self, *, length: Literal["short", "medium", "long"] | None = None, person: str | None = None, topic: str | None = None) -> DigestShape:
        """What the library has of a topic or a person, film by film, in quoted lines with their times.

        `person`: Only where this person is on screen. `topic`: Only moments that these words find.
        """
        answer: DigestShape = self._transport.json("GET", "/v1/summary", query={"length": length, "person": person, "topic": topic})
        return answer


class PeopleApi:
    """The operations of people."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def everybody(self, *, after: int | None = None, limit: int | None = None, hidden: bool | None = None) -> People:
        """Everybody who is known in the library, and strangers seen in several films.

        `after`: How many to pass over. `hidden`: Also those who are hidden.
        """
        answer: People = self._transport.json("GET", "/v1/people", query={"after": after, "limit": limit, "hidden": hidden})
        return answer

    def recognition(self) -> Recognising:
        """Whether people are recognised from film to film; it is off until somebody switches it on."""
        answer: Recognising = self._transport.json("GET", "/v1/people/recognition")
        return answer

    def switch(self, *, on: bool, basis: str | None = None, keep_days: int | None = None) -> Recognising:
        """Switch recognition on, saying by which right, or off.

        What was named stays. `basis`: By which right: releases, a contract, a law. `keep_days`: Days to keep what is
        not used.
        """
        answer: Recognising = self._transport.json("PUT", "/v1/people/recognition", body={"on": on, "basis": basis, "keep_days": keep_days})
        return answer

    def gallery(self, film: str, *, hidden: bool | None = None, after: int | None = None, limit: int | None = None) -> GalleryShape:
        """Who is in a film, who is seen longest first, with whom the machine thinks that they may be.

        `hidden`: Also those who are hidden. `after`: How many to pass over.
        """
        answer: GalleryShape = self._transport.json("GET", f"/v1/films/{part(film)}/people", query={"hidden": hidden, "after": after, "limit": limit})
        return answer

    def character(self, film: str, label: str) -> CharacterShape:
        """One character of a film."""
        answer: CharacterShape = self._transport.json("GET", f"/v1/films/{part(film)}/people/{part(label)}")
        return answer

    def portrait(self, film: str, label: str, *, look: int | None = None, tracklet: int | None = None) -> bytes:
        """A character's face where it is seen best.

        `look`: Which look of theirs; else the first. `tracklet`: As they look in this tracklet.
        """
        return self._transport.raw("GET", f"/v1/films/{part(film)}/people/{part(label)}/portrait", query={"look": look, "tracklet": tracklet})

    def name(self, *, who: str, name: str) -> Decided:
        """Say who a character is, or what somebody is called; search and every film know it at once.

        `who`: A name, a person's id, or FILM#3.
        """
        answer: Decided = self._transport.json("POST", "/v1/people/name", body={"who": who, "name": name})
        return answer

    def merge(self, *, who: str, other: str) -> Decided:
        """Say that two are one; the first one's name stays.

        `who`: A name, a person's id, or FILM#3. `other`: A name, a person's id, or FILM#3.
        """
        answer: Decided = self._transport.json("POST", "/v1/people/merge", body={"who": who, "other": other})
        return answer

    def split(self, *, who: str, look: int | None = None, tracklets: list[int] | None = None, name: str | None = None) -> Decided:
        """Say that a part of a character is somebody else.

        `who`: A name, a person's id, or FILM#3. `name`: Who it is, if that is known.
        """
        answer: Decided = self._transport.json("POST", "/v1/people/split", body={"who": who, "look": look, "tracklets": tracklets, "name": name})
        return answer

    def hide(self, *, who: str) -> Decided:
        """Leave somebody out of galleries and lists.

        `who`: A name, a person's id, or FILM#3.
        """
        answer: Decided = self._transport.json("POST", "/v1/people/hide", body={"who": who})
        return answer

    def show_again(self, *, who: str) -> Decided:
        """Show somebody again.

        `who`: A name, a person's id, or FILM#3.
        """
        answer: Decided = self._transport.json("POST", "/v1/people/show", body={"who": who})
        return answer

    def confirm(self, *, who: str, person: str | None = None) -> Decided:
        """Say that the machine is right about a character.

        `who`: A name, a person's id, or FILM#3. `person`: Else whom the machine holds likeliest.
        """
        answer: Decided = self._transport.json("POST", "/v1/people/confirm", body={"who": who, "person": person})
        return answer

    def refuse(self, *, who: str, person: str | None = None) -> Decided:
        """Say that the machine is wrong about a character.

        `who`: A name, a person's id, or FILM#3. `person`: Else whom the machine holds likeliest.
        """
        answer: Decided = self._transport.json("POST", "/v1/people/refuse", body={"who": who, "person": person})
        return answer

    def undo(self, *, entry: str | None = None) -> Decided:
        """Take a decision back; undoing an undo brings it again.

        `entry`: Else the last one.
        """
        answer: Decided = self._transport.json("POST", "/v1/people/undo", body={"entry": entry})
        return answer

    def delete(self, *, who: str) -> DeletedPerson:
        """Delete somebody: prints, portraits, names, decisions, what search knows, in every film.

        It cannot be undone. `who`: A name, a person's id, or FILM#3.
        """
        answer: DeletedPerson = self._transport.json("POST", "/v1/people/delete", body={"who": who})
        return answer


class ChecksApi:
    """The operations of checks."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def packs(self) -> Packs:
        """The rule packs that come with Cinedex."""
        answer: Packs = self._transport.json("GET", "/v1/compliance")
        return answer

    def compliance(self, film: str, *, packs: str | None = None, format: Literal["html", "json", "csv"] | None = None) -> bytes:
        """What rule packs say of a film, clause by clause with evidence: pass, fail, needs a human or not measured.

        Remedies for flashing are in it as far as they were looked for: `POST /v1/films/{film}/remedies` does that.
        `packs`: Rule packs, with commas between; none: all.
        """
        return self._transport.raw("GET", f"/v1/films/{part(film)}/compliance", query={"packs": packs, "format": format})

    def remedies(self, film: str, *, packs: str | None = None) -> Remedying:
        """The mildest remedy for each window that flashes too much by the packs, as far as they were looked for.

        `packs`: Rule packs, with commas between; none: all.
        """
        answer: Remedying = self._transport.json("GET", f"/v1/films/{part(film)}/remedies", query={"packs": packs})
        return answer

    def find_remedies(self, film: str, *, packs: str | None = None) -> Remedying:
        """Look for remedies, beside the requests: each window is watched again, once.

        Asking again changes nothing. `packs`: Rule packs, with commas between; none: all.
        """
        answer: Remedying = self._transport.json("POST", f"/v1/films/{part(film)}/remedies", query={"packs": packs})
        return answer

    def styles(self) -> Styles:
        """How subtitles can be made: style guides, formats, audiences."""
        answer: Styles = self._transport.json("GET", "/v1/subtitles")
        return answer

    def subtitles(self, film: str, *, style: str | None = None, language: str | None = None, sdh: bool | None = None, audience: Literal["adult", "child"] | None = None, format: Literal["srt", "vtt", "ass", "ttml", "scc"] | None = None, keep: bool | None = None) -> bytes:
        """A film's subtitles, made of its words so that they keep a style guide.

        `style`: A style guide; `/v1/subtitles` lists them. `language`: As en or pt-BR. `sdh`: For those who do not
        hear. `keep`: As a file to keep, not for a player.
        """
        return self._transport.raw("GET", f"/v1/films/{part(film)}/subtitles", query={"style": style, "language": language, "sdh": sdh, "audience": audience, "format": format, "keep": keep})

    def check(self, data: bytes, *, format: Literal["srt", "vtt", "ass", "ttml", "scc"] | None = None, style: str | None = None, language: str | None = None, sdh: bool | None = None, audience: Literal["adult", "child"] | None = None, cuts_from: str | None = None, against: str | None = None, fix: bool | None = None) -> Checked:
        """Score a subtitle file, which is the request's body, by a style guide.

        `format`: What the file is. `style`: A style guide; `/v1/subtitles` lists them. `language`: As en or pt-BR.
        `cuts_from`: A film whose cuts and frames count. `against`: A film to measure offset and speed by. `fix`: Give
        the file mended too, as far as its words allow.
        """
        answer: Checked = self._transport.json("POST", "/v1/subtitles/check", query={"format": format, "style": style, "language": language, "sdh": sdh, "audience": audience, "cuts_from": cuts_from, "against": against, "fix": fix}, data=data)
        return answer


class ReviewApi:
    """The operations of review."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def film_review(self, film: str, *, packs: str | None = None) -> FilmReview:
        """A film's flags, decided and not, what is strongest and most in doubt first.

        `lost` are decisions whose flag is not among those of now: they are kept, and hold again when it is. `packs`:
        Rule packs, with commas between; none: all.
        """
        answer: FilmReview = self._transport.json("GET", f"/v1/films/{part(film)}/review", query={"packs": packs})
        return answer

    def decide(self, film: str, *, flag: str, decision: Literal["accept", "reject", "correct", "reopen", "withdraw"], note: str | None = None, start: float | None = None, end: float | None = None, category: str | None = None, severity: str | None = None) -> ReviewRow:
        """Decide about a flag; gives it as it then is.

        The decision holds in reports and edit lists from now on. `flag`: The flag's id, or the beginning of it.
        `decision`: `reopen` takes a decision back, `withdraw` takes out a place that somebody added.
        """
        answer: ReviewRow = self._transport.json("POST", f"/v1/films/{part(film)}/review", body={"flag": flag, "decision": decision, "note": note, "start": start, "end": end, "category": category, "severity": severity})
        return answer

    def queue(self, *, packs: str | None = None, state: list[Literal["open", "accepted", "rejected", "corrected", "added"]] | None = None, after: int | None = None, limit: int | None = None) -> ReviewQueue:
        """The flags of all films that wait for a person, what is strongest and most in doubt first.

        `packs`: Rule packs, with commas between; none: all. `state`: Which flags; may be repeated. `after`: How many to
        pass over.
        """
        answer: ReviewQueue = self._transport.json("GET", "/v1/review/queue", query={"packs": packs, "state": state, "after": after, "limit": limit})
        return answer

    def add_place(self, film: str, *, start: float, end: float, category: str, severity: str | None = None, label: str | None = None, kind: Literal["", "concern", "mention", "flag", "flashing"] | None = None, note: str | None = None) -> ReviewRow:
        """Mark a place that the machine has missed; it counts in reports and edit lists from now on.

        `category`: As `violence`, `language`, `technical`, `flashing`. `label`: Which word, fault (`black`) or sign
        (`gunfire`). `kind`: Else by the category.
        """
        answer: ReviewRow = self._transport.json("POST", f"/v1/films/{part(film)}/review/places", body={"start": start, "end": end, "category": category, "severity": severity, "label": label, "kind": kind, "note": note})
        return answer

    def clauses(self, film: str, *, packs: str | None = None) -> FilmClauses:
        """Every clause with what it comes to and who has signed it off; those first that wait for a person.

        `packs`: Rule packs, with commas between; none: all.
        """
        answer: FilmClauses = self._transport.json("GET", f"/v1/films/{part(film)}/review/clauses", query={"packs": packs})
        return answer

    def sign(self, film: str, *, clause: str, decision: Literal["pass", "fail", "not applicable", "waive", "reopen"], note: str | None = None, times: list[dict[str, Any]] | None = None) -> ClauseRow:
        """Sign a clause off as a whole; it holds until the clause, the film, or what is found in it changes.

        `clause`: As PACK/CLAUSE. `decision`: `waive` answers for a measured fail, which stays one; `reopen` takes a
        sign-off back. `note`: Needed, but to reopen. `times`: Places that show it.
        """
        answer: ClauseRow = self._transport.json("POST", f"/v1/films/{part(film)}/review/clauses", body={"clause": clause, "decision": decision, "note": note, "times": times})
        return answer


class JobsApi:
    """The operations of jobs."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def ask(self, *, film: str, idempotency_key: str | None = None, stages: list[str] | None = None, priority: int | None = None, most_seconds: float | None = None) -> AskedJob:
        """Queue an analysis.

        With an `Idempotency-Key`, asking again gives the same job. `film`: A film of the library: its id or name.
        `stages`: None: all of them. `priority`: The higher, the sooner. `most_seconds`: Refuse it if it is thought to
        take longer.
        """
        answer: AskedJob = self._transport.json("POST", "/v1/jobs", headers={"idempotency-key": idempotency_key}, body={"film": film, "stages": stages, "priority": priority, "most_seconds": most_seconds})
        return answer

    def jobs(self, *, state: Literal["queued", "running", "done", "failed", "cancelled"] | None = None, before: float | None = None, limit: int | None = None) -> Jobs:
        """Jobs, the latest first.

        `before`: `made` of the last of the page before.
        """
        answer: Jobs = self._transport.json("GET", "/v1/jobs", query={"state": state, "before": before, "limit": limit})
        return answer

    def one(self, job: str) -> Job:
        """One job: its state, how far it and each of its stages is, and why it failed."""
        answer: Job = self._transport.json("GET", f"/v1/jobs/{part(job)}")
        return answer

    def urge(self, job: str, *, priority: int) -> Job:
        """Let a job come sooner or later than others.

        `priority`: The higher, the sooner.
        """
        answer: Job = self._transport.json("PATCH", f"/v1/jobs/{part(job)}", body={"priority": priority})
        return answer

    def cancel(self, job: str) -> Job:
        """End a job; what it has made is kept, and asking again goes on from there."""
        answer: Job = self._transport.json("POST", f"/v1/jobs/{part(job)}/cancel")
        return answer

    def retry(self, job: str) -> Job:
        """Queue an ended job again."""
        answer: Job = self._transport.json("POST", f"/v1/jobs/{part(job)}/retry")
        return answer

    def events(self, job: str) -> Iterator[Event]:
        """How the job goes on, as server-sent events, until it has ended."""
        return self._transport.events("GET", f"/v1/jobs/{part(job)}/events")


class AdminApi:
    """The operations of admin."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def audit(self, *, who: str | None = None, key_id: str | None = None, did: str | None = None, film: str | None = None, since: float | None = None, until: float | None = None, before: int | None = None, limit: int | None = None) -> Audit:
        """Who did what, the latest first.

        `did`: As `remove film`. `since`: Seconds since 1970. `before`: The `next` of the page before.
        """
        answer: Audit = self._transport.json("GET", "/v1/admin/audit", query={"who": who, "key_id": key_id, "did": did, "film": film, "since": since, "until": until, "before": before, "limit": limit})
        return answer

    def keys(self) -> Keys:
        """Every key, without what is secret of it."""
        answer: Keys = self._transport.json("GET", "/v1/admin/keys")
        return answer

    def make(self, *, name: str, scopes: list[Literal["read", "analyse", "review", "admin"]] | None = None, role: Literal["viewer", "analyst", "reviewer", "owner"] | None = None, libraries: list[str] | None = None) -> MadeKey:
        """Make a key.

        It is in this answer and nowhere else. `name`: Whose it is. `libraries`: The libraries that it opens, by name;
        none: every one.
        """
        answer: MadeKey = self._transport.json("POST", "/v1/admin/keys", body={"name": name, "scopes": scopes, "role": role, "libraries": libraries})
        return answer

    def rotate(self, key: str, *, grace_seconds: float | None = None) -> MadeKey:
        """Make a new key that may the same, and revoke the old one, at once or after a while.

        `grace_seconds`: For which the old one still holds.
        """
        answer: MadeKey = self._transport.json("POST", f"/v1/admin/keys/{part(key)}/rotate", body={"grace_seconds": grace_seconds})
        return answer

    def revoke(self, key: str) -> None:
        """End a key at once, in every server."""
        self._transport.raw("DELETE", f"/v1/admin/keys/{part(key)}")


class ServerApi:
    """The operations of server."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def about(self) -> About:
        """What this server is, and what the caller may do."""
        answer: About = self._transport.json("GET", "/v1/about")
        return answer

    def models(self) -> list[ModelShape]:
        """Every described model, under which licence it is, and whether its files are here."""
        answer: list[ModelShape] = self._transport.json("GET", "/v1/models")
        return answer


class Api:
    """Every part of the API of one server."""

    def __init__(self, transport: Transport) -> None:
        self.films = FilmsApi(transport)
        self.playing = PlayingApi(transport)
        self.facts = FactsApi(transport)
        self.pictures = PicturesApi(transport)
        self.finding = FindingApi(transport)
        self.people = PeopleApi(transport)
        self.checks = ChecksApi(transport)
        self.review = ReviewApi(transport)
        self.jobs = JobsApi(transport)
        self.admin = AdminApi(transport)
        self.server = ServerApi(transport)
