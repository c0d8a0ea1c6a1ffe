"""Who made a film: the lines of its titles and credits that name the part that somebody is asked for."""

from __future__ import annotations

import re

from cinedex.search.answer import numbered, quoted
from cinedex.search.basics import Basics, Done
from cinedex.search.filters import Where
from cinedex.search.resolve import called
from cinedex.search.scope import films_of, scoped
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import Time

_ROLES = {
    "direct": "directors?|directed|direction|regie|réalisation",
    "writ": "writers?|written|screenplay|script|story",
    "produc": "producers?|produced|production",
    "compos": "composers?|composed|music|score",
    "edit": "editors?|edited|editing",
    "animat": "animators?|animated|animation",
    "film": "cinematograph\\w*|photography|camera|filmed",
    "shot": "cinematograph\\w*|photography|camera|filmed",
    "star": "starring|cast|featuring",
    "act": "starring|cast|featuring",
    "play": "starring|cast|featuring",
    "support": "support\\w*|sponsor\\w*|funds?|funded|funding",
    "fund": "support\\w*|sponsor\\w*|funds?|funded|funding",
    "sponsor": "support\\w*|sponsor\\w*|funds?|funded|funding",
    "paid": "support\\w*|sponsor\\w*|funds?|funded|funding",
}
"""Parts in a film, by the beginning of the word for them, and how credits call them."""

_FILM = r"(?P<film>[^?]{1,120}?)"

CREDIT = (
    (
        r"who (?:has )?(?P<part>directed|wrote|written|produced|composed|edited|animated|filmed|shot|starred|stars"
        r"|acted|acts|plays|played|supported|funded|sponsored|paid)(?: (?:the )?(?:music|script|story))?(?: in| for)? "
        rf"{_FILM}"
    ),
    (
        r"who (?:is|was|are) the (?P<part>director|writer|producer|composer|editor|animator)s? (?:of|for) "
        rf"{_FILM}"
    ),
)
"""Forms of questions about who made a film."""

_BEFORE, _AFTER = 90, 110
"""Characters that are quoted before and behind the word for a part: names stand on either side of it."""


class Credit(Basics):
    """Answers from credits."""

    def _credit(self, part: str, film: str, *, movie: Movie | None = None) -> Done:
        every = [*self._movies.values()]
        found = films_of(film, every) or scoped(f"in {film}", every)[1] or ([movie] if movie else [])
        if not found:
            return None
        word = part.casefold().replace("wrote", "write")
        role = next((names for begin, names in _ROLES.items() if word.startswith(begin)), "")
        if not role:
            return None
        where = Where(facets=(("has:text",),), movies=tuple(sorted(m.id for m in found)))
        pieces = []
        for row in self._finder.index.within(where):
            text = " ".join(str(row["screen"]).split())
            for match in list(re.finditer(rf"\b(?:{role})\b", text, re.IGNORECASE))[:2]:
                start, end = max(match.start() - _BEFORE, 0), match.end() + _AFTER
                start = text.find(" ", start) + 1 if start else 0
                end = text.rfind(" ", 0, end) if end < len(text) else len(text)
                piece = f"{'… ' * (start > 0)}{text[start:end]}{' …' * (end < len(text))}"
                pieces.append(self._piece(row["movie"], Time(row["start"]), Time(row["end"]), "read", piece))
        evidence = list(numbered(pieces))
        if not evidence:
            return None
        notes = ["which name belongs to which word is as it stands in the picture: it is read, not understood"]
        plan = [f"credits of {', '.join(called(m) for m in found[:3])}: {part}"]
        return plan, (
            [quoted(e) for e in evidence],
            evidence,
            notes,
        )
