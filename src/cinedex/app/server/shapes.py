"""What bodies and answers look like: the models of which the OpenAPI document, and the Python client of it, are drawn.

Answers that tell what other parts of Cinedex found may grow; such models let more through than they name.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

JobState = Literal["queued", "running", "done", "failed", "cancelled"]


class Body(BaseModel):
    """What is sent as JSON: exactly what its schema says, no number for a truth and no text for a number."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _Growing(BaseModel):
    model_config = ConfigDict(extra="allow")


class Problem(_Growing):
    """What went wrong (RFC 9457) and what to do about it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str = Field(description="The path that was asked for.")
    request: str = Field(default="", description="The request's number, which is in the server's log too.")
    remedy: str = Field(default="", description="What can be done.")


class PictureShape(BaseModel):
    """A film's picture as it is shown."""

    width: int
    height: int
    rate: str = Field(description="Pictures a second, as 25 or 24000/1001.")


class SoundShape(BaseModel):
    """One sound stream."""

    language: str | None
    channels: int


class Film(BaseModel):
    """A film of the library."""

    id: str
    name: str
    seconds: float
    picture: PictureShape | None
    sound: list[SoundShape]
    playable: bool = Field(
        description="Whether browsers play `media` as it is; others are played from `preview.mp4` or `hls/index.m3u8`."
    )


class Films(BaseModel):
    """A page of films; `next` is the `after` of the next page."""

    films: list[Film]
    total: int
    next: str | None


class KnownKind(BaseModel):
    """A kind of fact that a stage has found."""

    kind: str
    stage: str
    rows: int
    models: list[str]


class FilmFacts(Film):
    """A film, and what is known of it."""

    tracks: list[KnownKind]
    failures: dict[str, str] = Field(description="Stages that failed, and why.")


class Rows(BaseModel):
    """A page of one kind of fact; `next` is the `after` of the next page."""

    kind: str
    film: str
    total: int
    next: int | None
    rows: list[dict[str, Any]]


class Step(BaseModel):
    """A stage of a plan."""

    stage: str
    key: str
    state: Literal["hit", "run", "blocked"]
    why: str
    needs: list[str]
    models: list[str]


class Estimate(BaseModel):
    """What an analysis takes."""

    cpu_seconds: float
    disk_bytes: int


class PlanShape(BaseModel):
    """What an analysis would do."""

    film: Film
    steps: list[Step]
    models: list[dict[str, Any]]
    estimate: Estimate


class Job(BaseModel):
    """An analysis that was asked for."""

    id: str
    movie: str
    film: str
    stages: list[str]
    priority: int
    state: JobState
    fraction: float
    progress: dict[str, float] = Field(description="How far each stage is.")
    why: str = Field(description="Why it failed.")
    attempt: int
    made: float = Field(description="When it was asked for, in seconds since 1970.")
    changed: float


class AskedJob(Job):
    """An analysis just asked for."""

    estimated_seconds: float


class Jobs(BaseModel):
    """Jobs, the latest first."""

    jobs: list[Job]


class Hit(_Growing):
    """A found moment. `start`, `end`, `at` are ticks of 1/705 600 000 s, `seconds` the same for people."""

    movie: str
    name: str
    start: int
    end: int
    seconds: tuple[float, float]
    score: float
    words: str
    matched: list[tuple[int, int]] = Field(description="Ranges of letters in `words`.")
    why: list[str]
    play: str = Field(description="The address of the film at this moment.")
    still: str = Field(description="The address of a picture of it.")


class Found(_Growing):
    """Moments, best first; none says that nothing fits, of what `films` and `moments` say was searched."""

    query: str
    hits: list[Hit]
    films: int
    moments: int
    notes: list[str]
    understood: str
    read: list[str] = Field(description="Filters that plain words were taken for.")


class EvidenceShape(_Growing):
    """A numbered piece of evidence."""

    number: int
    movie: str
    name: str
    kind: str
    text: str
    seconds: tuple[float, float]
    play: str
    still: str


class ClaimShape(_Growing):
    """A sentence, and the numbers of the evidence for it."""

    text: str
    cites: list[int]


class AnswerShape(_Growing):
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
    """Where there are no claims: moments that have a part of what is asked, and answer nothing."""


class LineShape(_Growing):
    """One line of a summary."""

    kind: str
    text: str
    seconds: tuple[float, float]


class ChapterShape(_Growing):
    """A stretch of a film."""

    title: str
    people: list[str]
    seconds: tuple[float, float]


class SummaryShape(_Growing):
    """A film, or what of it was asked for, in lines and chapters."""

    movie: str
    name: str
    about: str
    lines: list[LineShape]
    chapters: list[ChapterShape]
    moments: int
    notes: list[str]


class DigestShape(_Growing):
    """What a library has of a topic or a person: summaries of the films that have most of it."""

    about: str
    films: list[SummaryShape]
    others: int
    searched: int
    notes: list[str]


class CharacterShape(_Growing):
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
    seen: list[tuple[float, float]]
    looks: list[dict[str, Any]]
    suggestions: list[dict[str, Any]]
    portrait: str | None = Field(description="The address of a picture of them.")


class GalleryShape(_Growing):
    """Who is in a film."""

    film: str
    name: str
    state: str
    recognition: bool = Field(description="Whether people are recognised in this library; it is off by default.")
    says: str
    characters: list[CharacterShape]
    total: int


class SomebodyShape(_Growing):
    """A person of the library."""

    person: str
    name: str
    hidden: bool
    seconds: float
    seen: list[dict[str, Any]]


class People(BaseModel):
    """Everybody of the library, a page at a time; `next` is the `after` of the next page."""

    recognition: bool
    people: list[SomebodyShape]
    total: int
    next: int | None


class Decided(BaseModel):
    """An entry of the log of decisions; `POST /v1/people/undo` takes it back."""

    entry: str
    at: str
    by: str
    acts: list[str]


class DeletedPerson(BaseModel):
    """What a deletion took; nothing of it says who it was."""

    entry: str = Field(description="The entry of the log that records the deletion.")
    films: list[str] = Field(description="The films in which they had been seen, by id.")
    removed: dict[str, int] = Field(description="How many rows of each kind, and of other things, are gone.")


class Recognising(BaseModel):
    """Whether people are recognised from film to film, and by which right."""

    on: bool
    basis: str
    keep_days: int


class PackShape(BaseModel):
    """A rule pack."""

    name: str
    title: str
    version: int
    about: str
    clauses: int


class Packs(BaseModel):
    """The rule packs that films can be judged by."""

    packs: list[PackShape]


class Checked(_Growing):
    """How well subtitles keep a style guide."""

    count: int
    conforming: float
    bad: int
    by_rule: dict[str, int]
    faults: list[dict[str, Any]]
    notes: list[str]


class Styles(BaseModel):
    """How subtitles can be made."""

    styles: list[str]
    forms: list[str]
    audiences: list[str]


class ModelShape(BaseModel):
    """A model, its licence, and whether its files are here."""

    name: str
    task: str
    tier: str
    summary: str
    bytes: int
    here: bool
    licence: dict[str, Any]


class About(BaseModel):
    """What this server is, and what it lets the caller do."""

    version: str
    you: str
    scopes: list[str]
    recognition: bool
    cores: int
    offline: bool
    writes: bool = Field(description="Whether a writer phrases answers.")
    exports: list[str]
    kinds: list[str]
    stages: list[str]
    upload_bytes: int


class SegmentShape(_Growing):
    """A stretch of a film, processed: what is seen, said, and meant, as one vector and as tags."""

    film: str
    start: float
    end: float
    visual: dict[str, list[dict[str, Any]]]
    transcription: dict[str, Any]
    embedding: dict[str, Any]
    tags: list[dict[str, Any]]
    notes: list[str]


class ReviewRow(_Growing):
    """A flag to review; times in seconds. What was decided about it is None as long as nobody has."""

    id: str = Field(
        description="Stays the same for a flag that was decided about, also when the film is analysed anew."
    )
    film: str
    film_name: str
    title: str = Field(description="The word that was said, or what there is a sign of.")
    kind: str = Field(description="The kind of row that was flagged, or 'flashing'.")
    category: str
    severity: str | None = Field(description="From 'mild' to 'very-strong'; None where it is not known.")
    score: float
    start: float
    end: float
    rests_on: list[str]
    clauses: list[str] = Field(description="As PACK/CLAUSE.")
    state: Literal["open", "accepted", "rejected", "corrected", "added", "withdrawn"]
    note: str | None
    by: str | None
    at: str | None


class SignedRow(_Growing):
    """What somebody said of a clause as a whole."""

    decision: Literal["pass", "fail", "not applicable", "waive"]
    by: str
    at: str
    note: str
    version: int = Field(description="Of the pack, when it was signed.")
    times: list[dict[str, float]]
    says: str = Field(description="It in words.")


class ClauseRow(_Growing):
    """A clause of a pack as it stands for a film; times in seconds."""

    id: str = Field(description="PACK/CLAUSE.")
    film: str
    film_name: str
    pack: str
    pack_title: str
    version: int
    text: str
    source: str
    known: str
    verdict: str = Field(description="By the word of who signed it off, if anybody has.")
    measured: str = Field(description="What it comes to without.")
    value: float | None
    unit: str
    allowed: str
    rating: str | None
    found: str
    signed: SignedRow | None
    signed_before: SignedRow | None = Field(description="A sign-off that holds no more.")
    lapsed: str | None = Field(description="Why it does not.")
    places: list[dict[str, Any]]


class FilmClauses(BaseModel):
    """The clauses of a film."""

    film: str
    clauses: list[ClauseRow]


class RemedyRow(_Growing):
    """The mildest remedy for a window that flashes too much; times in seconds."""

    start: float
    end: float
    act: Literal["dim", "slow", "skip"]
    amount: float
    harm: float
    before: float
    after: float | None
    limit: float
    passes: bool | None = Field(description="None where it was not tried.")
    says: str


class Remedying(BaseModel):
    """How far the search for remedies is; `remedies` by standard, those that were found so far."""

    state: Literal["none", "queued", "running", "done", "failed"]
    windows: int = Field(description="How many windows fail, over all standards.")
    tried: int
    why: str
    remedies: dict[str, list[RemedyRow]]


class LostDecision(_Growing):
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


class FilmReview(BaseModel):
    """What there is to review of a film, and what was decided about flags that are not there any more."""

    film: str
    flags: list[ReviewRow]
    lost: list[LostDecision]


class ReviewQueue(BaseModel):
    """A page of flags of many films; `next` is the `after` of the next page."""

    flags: list[ReviewRow]
    total: int
    next: int | None
