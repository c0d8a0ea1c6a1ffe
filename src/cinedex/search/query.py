"""Queries: full text and every vector space, fused by reciprocal rank, with reasons, or an honest nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cinedex.errors import UsageError
from cinedex.models.tasks import Floats, Reranker
from cinedex.search.examples import Like
from cinedex.search.filters import ANYWHERE, Where
from cinedex.search.hits import Candidate, Hit, hit_of, in_turn, joined, rank
from cinedex.search.index import Index
from cinedex.search.matcher import Matcher
from cinedex.search.rerank import reranked
from cinedex.search.syntax import LONGEST_QUERY, Query, parse
from cinedex.search.terms import speaks, telling_words, terms_of, words_of

_CANDIDATES = 40
"""Of each list, or twice the hits asked for where that is more."""

BOUNDS = {"meaning": 0.83, "look": 0.65}
"""Cosine from which what is said counts as near; for what is seen, the picture embedder brings its own. A first
calibration, for multilingual-e5-small alone: set on the 'tune' queries of tests/quality/search_queries.json, so that
hardly any of those without an answer finds one."""

WORDS_LEAST = 0.5
"""Share of a query's telling words that must be found where nothing else speaks for a moment."""

_PLACE = ["id", "movie", "start", "end"]

_PHRASED = 4
"""How many times more candidates are looked at where phrases will throw most of them out."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first; none means that nothing in the library fits, of what `films` and `moments` say was searched."""

    query: str
    hits: tuple[Hit, ...]
    films: int
    moments: int
    notes: tuple[str, ...] = ()
    understood: str = ""
    """The query in full, as it was understood: words, phrases and filters. Asked like this it gives the same."""
    read: tuple[str, ...] = ()
    """Those of its filters that plain words were taken for."""


def search(
    index: Index,
    text: str | Query,
    *,
    limit: int = 10,
    where: Where = ANYWHERE,
    like: Mapping[str, Floats] | None = None,
    notes: Sequence[str] = (),
    reranker: Reranker | None = None,
    examples: Sequence[Like] = (),
) -> SearchResult:
    """The moments that fit best: words, phrases, vectors to be near to (`like`), all inside `where`.

    Only moments that are like every one of the `examples` are found, those that are nearest to them first.
    Where there is a `reranker`, it reads the best of them and puts those that answer first.

    Raises UsageError where nothing is asked for. Filters of the query itself are not resolved here; see `resolve`.
    """
    query = text if isinstance(text, Query) else parse(text)
    spoken = " ".join((query.words, *query.phrases))
    if not words_of(spoken) and not like and not query.filters and not examples:
        raise UsageError("the query has no words", remedy="Say what is heard or seen, for example: red car at night.")
    telling = telling_words(spoken)
    terms = terms_of(telling, index.stems)
    matcher = Matcher(terms, index.stems)
    most = max(_CANDIDATES, 2 * limit) * (_PHRASED if _phrased(query) else 1)
    found: dict[str, Candidate] = {}
    near: dict[str, dict[str, float]] = {}
    for example in examples:
        near[example.kind] = example.placed(index.within(where, shown=_PLACE))
        where = where.only(frozenset(near[example.kind]))
    vectors = (index.query_vectors(spoken) if terms else {}) | dict(like or {})
    bounds = BOUNDS | index.near
    for space, list_ in index.lists(" ".join(telling) if terms else "", vectors, most, where, bounds).items():
        said = (one for one in list_ if space != "meaning" or speaks(one[0]["words"]))
        candidates = [(Candidate(row), nearness) for row, nearness in said]
        rank(found, space, _with_words(candidates, matcher) if space == "text" else candidates)
    for kind, places in near.items():
        shown = [(Candidate(row), places[row["id"]]) for row in index.within(where)]
        rank(found, kind, sorted(shown, key=lambda one: -one[1])[:most])
    if not terms and not like and not examples:
        wanted = " ".join(w for one in query.of("text") for w in one.values)
        listed = [row for list_ in index.lists(wanted, {}, most, where).values() for row, _ in list_]
        rows = listed if wanted else index.within(where, most)
        rank(found, "filters", [(Candidate(row), 1.0) for row in rows])
    for candidate in found.values():
        if "text" not in candidate.ranks:
            candidate.look(matcher)
    kept = [c for c in found.values() if _has_phrases(c, query)]
    filtered = tuple(map(str, query.filters))
    hits = joined(hit_of(candidate, terms, filtered) for candidate in kept)
    hits = reranked(hits, spoken, reranker) if reranker is not None else hits
    films, moments = index.size
    silent = () if vectors or not moments or not terms else (_only_words(index),)
    return SearchResult(
        spoken.strip() if isinstance(text, Query) else " ".join(text[: LONGEST_QUERY * 4].split())[:LONGEST_QUERY],
        tuple(in_turn(hits, limit)),
        films,
        moments,
        (*notes, *(example.note for example in examples if example.note), *silent),
        str(query),
        query.read,
    )


def _only_words(index: Index) -> str:
    why = index.without_meaning or "the index was made with another text embedder; analyse the films again"
    return f"searched by words only: {why}"


def _with_words(found: Iterable[tuple[Candidate, float]], matcher: Matcher) -> list[tuple[Candidate, float]]:
    """Those with enough of the query's words in what is said, read, seen or heard."""
    kept = []
    for candidate, score in found:
        candidate.look(matcher)
        if len(candidate.terms) >= WORDS_LEAST * len(matcher.terms):
            kept.append((candidate, score))
    return kept


def _phrased(query: Query) -> bool:
    return bool(query.phrases) or any(query.of("text"))


def _has_phrases(candidate: Candidate, query: Query) -> bool:
    """Whether every phrase stands in what is said or read, and one text of each `text:` filter in what is read."""
    if not _phrased(query):
        return True
    row = candidate.row
    read = _bare(row["screen"])
    everywhere = (_bare(row["words"]), _bare(row["english"]), read)
    return all(any(_bare(p) in text for text in everywhere) for p in query.phrases) and all(
        any(_bare(value) in read for value in one.values) for one in query.of("text")
    )


def _bare(text: str) -> str:
    return f" {' '.join(words_of(text.casefold()))} "
