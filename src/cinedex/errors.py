"""The errors that a user may meet: what happened, to which film, at which time, and what to do about it."""

from __future__ import annotations

from typing import ClassVar


class CinedexError(Exception):
    """An expected failure. `remedy` says what the user can do; `exit_code` is the CLI's, `status` the HTTP status."""

    exit_code: ClassVar[int] = 1
    status: ClassVar[int] = 500
    heals: ClassVar[bool] = False
    """Whether trying the same thing again may succeed."""

    def __init__(
        self, what: str, *, film: str | None = None, stage: str | None = None, at: object = None, remedy: str = ""
    ) -> None:
        super().__init__(what)
        self.what, self.film, self.stage, self.at, self.remedy = what, film, stage, at, remedy

    def __str__(self) -> str:
        where = ", ".join(
            part
            for part in (
                self.film or "",
                f"stage {self.stage}" if self.stage else "",
                f"at {self.at}" if self.at is not None else "",
            )
            if part
        )
        text = f"{where}: {self.what}" if where else self.what
        return f"{text.rstrip('.')}. {self.remedy}" if self.remedy else text

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return _rebuild, (type(self), self.what, self.film, self.stage, self.at, self.remedy)


def _rebuild(
    cls: type[CinedexError], what: str, film: str | None, stage: str | None, at: object, remedy: str
) -> CinedexError:
    return cls(what, film=film, stage=stage, at=at, remedy=remedy)


class UsageError(CinedexError):
    """The request itself is wrong: an unknown name, an impossible value."""

    exit_code = 2
    status = 422


class NotFoundError(CinedexError):
    """No such film, track or model."""

    exit_code = 3
    status = 404


class MediaError(CinedexError):
    """The file cannot be used as a film: empty, not media, encrypted, nothing decodable."""

    exit_code = 4
    status = 415


class ModelError(CinedexError):
    """A model's files are missing, damaged or cannot run here."""

    exit_code = 5
    status = 503


class OfflineError(ModelError):
    """Something would have to be fetched, and the network is switched off."""


class StoreError(CinedexError):
    """The library's storage cannot be read or written."""

    exit_code = 6
    status = 503
    heals = True


class StageError(CinedexError):
    """A stage failed on a film; what does not depend on it goes on."""

    exit_code = 7
    status = 500


class CancelledError(CinedexError):
    """The user interrupted; what is finished is kept, run again to go on."""

    exit_code = 130
    status = 499
