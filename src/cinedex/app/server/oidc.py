"""OpenID Connect (Core 1.0, authorization code with PKCE): where the provider's parts are, codes for tokens, checks.

PyJWT is imported here only. The issuer comes from the operator's settings, nothing that a browser sends is asked for;
answers are bounded, redirections not followed, and a provider on the open net cannot send us into an inner one.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from cinedex.app.server.keys import SCOPES
from cinedex.app.server.problems import RefusedError
from cinedex.app.server.reaching import connected
from cinedex.errors import CinedexError, UsageError
from cinedex.settings import Settings

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a key pair; `none`, and those with a shared secret, are no proof of who signed."""

_MOST_BYTES = 1 << 20
_KEPT_SECONDS = 3600.0
_AGAIN_SECONDS = 30.0
"""A key that is not known is asked for again no sooner."""
_LEEWAY_SECONDS = 60


class ProviderError(CinedexError):
    """The provider cannot be reached, or says what it may not."""

    status = 502


@dataclass(frozen=True)
class Role:
    """Whose claim has the value has the scopes; claim '*' is everybody that the provider knows."""

    claim: str
    value: str
    scopes: frozenset[str]


def roles(text: str) -> tuple[Role, ...]:
    """Roles as `groups=film team:read+review, email=anna@example.org:admin, *:read`. Raises UsageError."""
    found = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        who, _, told = part.rpartition(":")
        claim, _, value = who.partition("=")
        scopes = frozenset(told.split("+"))
        if not claim or (claim != "*" and not value) or not scopes <= set(SCOPES):
            raise UsageError(
                f"CINEDEX_OIDC_ROLES: {part!r} is no role",
                remedy="Say CLAIM=VALUE:SCOPE+SCOPE, or *:SCOPE, with commas between.",
            )
        found.append(Role(claim, value, scopes))
    return tuple(found)


@dataclass(frozen=True)
class Login:
    """How people log in: the provider, what we are called there, and which claim gives which scopes."""

    issuer: str
    client: str
    url: str
    """Where browsers reach this service, with a slash at its end."""
    roles: tuple[Role, ...]
    secret: str = field(default="", repr=False)

    @property
    def back(self) -> str:
        """Where the provider sends browsers back to; it is to be registered there."""
        return f"{self.url}auth/callback"

    @property
    def secure(self) -> bool:
        """Whether browsers come by https."""
        return self.url.startswith("https://")


def login_of(settings: Settings) -> Login | None:
    """The login that settings describe; None where they name no issuer. Raises UsageError for half of one."""
    if not settings.oidc_issuer:
        return None
    for name in ("oidc_client", "oidc_url", "oidc_roles"):
        if not getattr(settings, name):
            raise UsageError(f"a login needs CINEDEX_{name.upper()} too", remedy="See `Serve a library`.")
    for address in (settings.oidc_issuer, settings.oidc_url):
        _allowed(address)
    try:
        import jwt  # noqa: F401, PLC0415 - an extra
    except ImportError as missing:
        raise UsageError("a login needs PyJWT", remedy="pip install 'cinedex[oidc]'") from missing
    return Login(
        issuer=settings.oidc_issuer,
        client=settings.oidc_client,
        url=settings.oidc_url.rstrip("/") + "/",
        roles=roles(settings.oidc_roles),
        secret=settings.oidc_secret,
    )


def _allowed(address: str) -> str:
    parts = urlsplit(address)
    plain = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if not (parts.scheme == "https" or plain) or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise UsageError(f"{address!r} cannot be part of a login", remedy="It must be https, or http on loopback.")
    return address


@dataclass(frozen=True)
class Attempt:
    """One login on its way: three secrets that the browser keeps, and where it wanted to go."""

    state: str
    nonce: str
    verifier: str
    to: str

    @classmethod
    def new(cls, to: str) -> Attempt:
        """With fresh secrets; `to` is a path of ours, anything else becomes the front page."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, inside(to))


def inside(to: str) -> str:
    """A path of ours as it is; the front page in place of anything that leads elsewhere."""
    fits = to.startswith("/") and not to.startswith("//") and "\\" not in to and to.isprintable() and len(to) <= 500
    return to if fits else "/"


@dataclass(frozen=True)
class Person:
    """Who logged in, by a token that was checked."""

    subject: str
    name: str
    scopes: frozenset[str]


class Provider:
    """A provider's endpoints and keys, asked for when they are needed and kept for an hour."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self._lock = threading.Lock()
        self._told: dict[str, Any] = {}
        self._keys: dict[str, Any] = {}
        self._at = self._keys_at = float("-inf")

    def begin(self, attempt: Attempt) -> str:
        """The address to which a browser goes to log in."""
        challenge = hashlib.sha256(attempt.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.login.client,
            "redirect_uri": self.login.back,
            "scope": "openid profile email",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        place = self._endpoint("authorization_endpoint")
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"

    def finish(self, code: str, attempt: Attempt) -> Person:
        """Who has logged in. Raises ProviderError for a bad token, RefusedError for who has no role here."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.login.back,
            "client_id": self.login.client,
            "code_verifier": attempt.verifier,
        }
        headers = {}
        if self.login.secret:
            pair = f"{quote(self.login.client, safe='')}:{quote(self.login.secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        told = self._asked(self._endpoint("token_endpoint"), form, headers)
        token = told.get("id_token")
        if not isinstance(token, str):
            raise ProviderError("the provider gave no ID token")
        return self._person(self.verified(token, attempt.nonce))

    def leave(self) -> str:
        """Where a browser goes to log out of the provider as well; '' where it has no such place."""
        try:
            place = self._endpoint("end_session_endpoint")
        except CinedexError:
            return ""
        told = {"client_id": self.login.client, "post_logout_redirect_uri": self.login.url}
        return f"{place}{'&' if '?' in place else '?'}{urlencode(told)}"

    def verified(self, token: str, nonce: str) -> dict[str, Any]:
        """A token's claims, once signature, issuer, audience, times and nonce are right. Raises ProviderError."""
        import jwt  # noqa: PLC0415 - an extra

        try:
            head = jwt.get_unverified_header(token)
            if head.get("alg") not in ALGORITHMS:
                raise jwt.InvalidAlgorithmError("the token is not signed with a key pair")
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key(str(head.get("kid", ""))),
                algorithms=[head["alg"]],
                audience=self.login.client,
                issuer=self.login.issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError, KeyError) as wrong:
            raise ProviderError(f"the provider's token cannot be trusted: {wrong}", remedy="Log in again.") from wrong
        if not isinstance(claims.get("nonce"), str) or not secrets.compare_digest(claims["nonce"], nonce):
            raise ProviderError("the provider's token is of another login", remedy="Log in again.")
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", self.login.client if not several else None) != self.login.client:
            raise ProviderError("the provider's token is for somebody else", remedy="Log in again.")
        return claims

    def _person(self, claims: Mapping[str, Any]) -> Person:
        scopes = frozenset().union(*(r.scopes for r in self.login.roles if _has(claims, r)))
        told = next((claims[n] for n in ("name", "preferred_username", "email") if isinstance(claims.get(n), str)), "")
        name = "".join(c for c in told if c.isprintable())[:100].strip() or str(claims["sub"])[:100]
        if not scopes:
            raise RefusedError(f"{name} has no role here", remedy="Whoever runs this service gives roles.")
        return Person(str(claims["sub"])[:200], name, scopes)

    # What the provider is asked for

    def _endpoint(self, name: str) -> str:
        told = self._discovered()
        place = told.get(name)
        if not isinstance(place, str):
            raise ProviderError(f"the provider has no {name}")
        return _allowed(place.partition("?")[0]) and place

    def _discovered(self) -> dict[str, Any]:
        with self._lock:
            if time.monotonic() - self._at > _KEPT_SECONDS:
                told = self._asked(self.login.issuer.rstrip("/") + "/.well-known/openid-configuration")
                if told.get("issuer") != self.login.issuer:
                    raise ProviderError(
                        f"the provider calls itself {told.get('issuer')!r}", remedy="Set CINEDEX_OIDC_ISSUER to that."
                    )
                self._told, self._at = told, time.monotonic()
            return self._told

    def _key(self, number: str) -> Any:
        place = self._endpoint("jwks_uri")
        with self._lock:
            age = time.monotonic() - self._keys_at
            if age > _KEPT_SECONDS or (number not in self._keys and age > _AGAIN_SECONDS):
                self._keys = _keys(self._asked(place))
                self._keys_at = time.monotonic()
            found = self._keys.get(number)
            if found is None and not number and len(self._keys) == 1:
                (found,) = self._keys.values()
        if found is None:
            raise ValueError("it is signed with a key that the provider does not name")
        return found.key

    def _asked(
        self, address: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The JSON object at an address. Raises ProviderError."""
        parts = urlsplit(_allowed(address.partition("?")[0]))
        inner = urlsplit(self.login.issuer).hostname == parts.hostname  # the operator named it in so many words
        try:
            connection = connected(parts, inner=inner)
            try:
                path = (parts.path or "/") + (f"?{address.partition('?')[2]}" if "?" in address else "")
                sent = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "cinedex"}
                body = urlencode(form) if form is not None else None
                sent |= {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
                connection.request("GET" if form is None else "POST", path, body, sent | dict(headers or {}))
                answer = connection.getresponse()
                data = answer.read(_MOST_BYTES + 1)
            finally:
                connection.close()
            told = json.loads(data) if len(data) <= _MOST_BYTES else None
        except (OSError, http.client.HTTPException, ValueError) as wrong:
            raise ProviderError(
                f"the provider does not answer ({type(wrong).__name__})", remedy="Try again."
            ) from wrong
        if answer.status != 200 or not isinstance(told, dict):
            why = told.get("error", "") if isinstance(told, dict) else ""
            raise ProviderError(
                f"the provider refused ({answer.status} {why})".replace(" )", ")"), remedy="Log in again."
            )
        return told


def _keys(told: Mapping[str, Any]) -> dict[str, Any]:
    """Public keys for signatures, by number; those that cannot be used are passed over."""
    import jwt  # noqa: PLC0415 - an extra

    found = {}
    listed = told.get("keys")
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict) and one.get("use", "sig") == "sig" and one.get("kty") in {"RSA", "EC", "OKP"}:
            try:
                found[str(one.get("kid", ""))] = jwt.PyJWK(one)
            except (jwt.PyJWTError, ValueError, TypeError, KeyError):
                continue
    return found


def _has(claims: Mapping[str, Any], role: Role) -> bool:
    if role.claim == "*":
        return True
    found: Any = claims
    for name in [role.claim] if role.claim in claims else role.claim.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    if role.claim == "email" and claims.get("email_verified") is not True:
        return False  # some providers let people write any address there
    return role.value in found if isinstance(found, list) else found == role.value
