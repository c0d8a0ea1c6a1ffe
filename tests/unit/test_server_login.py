"""Logging in with a provider that runs here: the whole way, every token that must not pass, cookies and their token."""

from __future__ import annotations

import base64
import hashlib
import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.testclient import TestClient
from tests.unit.test_server import Running

from cinedex.app.server import oidc, reaching
from cinedex.app.server.application import application
from cinedex.app.server.oidc import Attempt, Login, Provider, ProviderError, inside, login_of, roles
from cinedex.app.server.problems import RefusedError
from cinedex.app.server.service import Service
from cinedex.app.server.sessions import Sessions
from cinedex.errors import UsageError
from cinedex.settings import Settings

KEY, OTHER = (rsa.generate_private_key(public_exponent=65_537, key_size=2048) for _ in range(2))


class Issuer:
    """A provider: it lets everybody in as `claims` say, hands codes out once, and checks PKCE and the client."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.change: Callable[[dict[str, Any]], str | None] = lambda _: None
        self.codes: dict[str, dict[str, str]] = {}
        self.said: dict[str, Any] = {}
        self.asked: list[str] = []
        config = uvicorn.Config(self._app(), host="127.0.0.1", port=0, log_level="error")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        until = time.monotonic() + 20
        while not self.server.started and time.monotonic() < until:
            time.sleep(0.02)
        self.url = f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    def _app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def told() -> dict[str, Any]:
            self.asked.append("told")
            places = {"authorization": "authorize", "token": "token", "end_session": "leave"}
            told = {f"{n}_endpoint": f"{self.url}/{p}" for n, p in places.items()}
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **told, **self.said}

        @app.get("/keys")
        def keys() -> dict[str, Any]:
            self.asked.append("keys")
            one = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
            return {"keys": [one | {"kid": "k1", "use": "sig"}, {"kty": "oct", "k": "AAAA", "kid": "k2"}, "nonsense"]}

        @app.get("/authorize")
        def authorize(request: Request) -> RedirectResponse:
            asked = dict(request.query_params)
            assert asked["redirect_uri"] == "http://testserver/auth/callback"
            code = hashlib.sha256(asked["state"].encode()).hexdigest()
            self.codes[code] = asked
            return RedirectResponse(f"{asked['redirect_uri']}?code={code}&state={asked['state']}")

        @app.post("/token")
        async def token(request: Request) -> JSONResponse:
            form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
            asked = self.codes.pop(form["code"], None)
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            client = f"Basic {base64.b64encode(b'cinedex:s%26cret').decode()}"
            if asked is None or asked["code_challenge"] != proof or request.headers["authorization"] != client:
                return JSONResponse({"error": "invalid_grant"}, 400)
            return JSONResponse({"id_token": self.token(asked["nonce"]), "access_token": "x"})

        return app

    def token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": "cinedex", "sub": "u-1", "iat": now, "exp": now + 300, "nonce": nonce}
        claims |= self.claims
        return self.change(claims) or jwt.encode(claims, KEY, "RS256", {"kid": "k1"})


@pytest.fixture(scope="module")
def running_issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.server.should_exit = True
    made.thread.join(10)


@pytest.fixture
def issuer(running_issuer: Issuer) -> Issuer:
    running_issuer.claims = {"name": "Anna", "groups": ["film team", "others"]}
    running_issuer.change, running_issuer.said = lambda _: None, {}
    return running_issuer


def login_at(url: str) -> Login:
    given = "groups=film team:read+analyse, groups=owners:admin"
    return Login(url, "cinedex", "http://testserver/", roles(given), "s&cret")


@pytest.fixture
def site(issuer: Issuer, tmp_path: Path) -> Iterator[TestClient]:
    running = Running(tmp_path)
    service = Service(
        running.service.library, running.state, tmp_path / "up", (running.films,), login=login_at(issuer.url)
    )
    app = application(service, hosts=("testserver",))
    with TestClient(app, follow_redirects=False, raise_server_exceptions=False) as client:
        yield client


def service_behind(site: TestClient) -> Service:
    found: Service = site.app.state.service  # type: ignore[attr-defined]  # a FastAPI application
    return found


def sent(site: TestClient, to: str = "/") -> str:
    """Where the provider sends the browser back to, path and query."""
    begun = site.get("/auth/login", params={"to": to})
    assert begun.status_code == 303, begun.text
    place = urlsplit(begun.headers["location"])
    with closing(http.client.HTTPConnection(place.netloc, timeout=10)) as provider:
        provider.request("GET", f"{place.path}?{place.query}")
        back = provider.getresponse().headers["location"]
    return str(back).removeprefix("http://testserver")


def test_somebody_logs_in_works_and_leaves(site: TestClient, tmp_path: Path):
    assert site.get("/v1/films").status_code == 401
    assert site.get("/auth/session").json() == {"login": True, "you": None}
    back = site.get(sent(site, "/#film"))
    assert (back.status_code, back.headers["location"]) == (303, "/#film")
    assert site.get("/v1/about").json()["scopes"] == ["read", "analyse"]
    me = site.get("/auth/session").json()
    assert (me["you"], me["scopes"]) == ("Anna", ["analyse", "read"])
    new = {"path": str(tmp_path / "films" / "two colours.mkv")}
    assert site.post("/v1/films", json=new).status_code == 403
    assert site.post("/v1/films", json=new, headers={"X-CSRF-Token": "0" * 64}).status_code == 403
    proof = {"X-CSRF-Token": me["csrf"]}
    film = site.post("/v1/films", json=new, headers=proof)
    assert film.status_code == 201
    assert site.delete(f"/v1/films/{film.json()['id']}", headers=proof).status_code == 403  # no admin
    assert site.post("/auth/logout").status_code == 403
    old = dict(site.cookies)
    left = site.post("/auth/logout", headers=proof).json()["to"]
    assert parse_qs(urlsplit(left).query)["post_logout_redirect_uri"] == ["http://testserver/"]
    assert site.get("/v1/films").status_code == 401
    site.cookies.update(old)
    assert site.get("/v1/films").status_code == 401  # a cookie that was copied has ended too
    told = service_behind(site).state.rows("SELECT who, did, result FROM audit ORDER BY number")
    assert [row["did"] for row in told if row["result"] == "done"] == ["log in", "add film", "log out"]
    assert {row["who"] for row in told if row["did"] == "add film"} == {"Anna"}


def test_a_repeated_post_is_done_once_for_who_logged_in(site: TestClient, tmp_path: Path):
    site.get(sent(site))
    new = {"path": str(tmp_path / "films" / "two colours.mkv")}
    headers = {"X-CSRF-Token": site.get("/auth/session").json()["csrf"], "Idempotency-Key": "one"}
    assert "idempotency-replayed" not in site.post("/v1/films", json=new, headers=headers).headers
    assert site.post("/v1/films", json=new, headers=headers).headers["idempotency-replayed"] == "true"


def test_keys_go_on_working(site: TestClient):
    key = service_behind(site).keys.create("program", ("read",))
    assert site.get("/v1/films", headers={"Authorization": f"Bearer {key}"}).status_code == 200


def test_cookies_are_out_of_reach_and_their_secret_is_not_kept(site: TestClient):
    back = site.get(sent(site))
    kept = [c for c in back.headers.get_list("set-cookie") if c.startswith("cinedex_session=")]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= {part.strip() for part in kept[0].split(";")}
    token = site.cookies["cinedex_session"]
    assert token not in str(service_behind(site).state.rows("SELECT * FROM session"))


def test_by_https_cookies_are_for_this_host_alone(issuer: Issuer, tmp_path: Path):
    running = Running(tmp_path)
    login = replace(login_at(issuer.url), url="https://testserver/")
    service = Service(running.service.library, running.state, tmp_path / "up", login=login)
    client = TestClient(application(service, hosts=("testserver",)), follow_redirects=False)
    cookie = client.get("/auth/login").headers["set-cookie"]
    assert cookie.startswith("__Host-cinedex_login=")
    assert "Secure" in cookie


def test_a_session_opens_its_own_library_alone(site: TestClient):
    site.get(sent(site))
    other = Sessions(service_behind(site).state, "another library")
    token = site.cookies["cinedex_session"]
    assert service_behind(site).sessions.find(token) is not None
    assert other.find(token) is None


def test_a_session_ends(site: TestClient, monkeypatch: pytest.MonkeyPatch):
    site.get(sent(site))
    assert site.get("/v1/films").status_code == 200
    now = time.time() + 13 * 3600
    monkeypatch.setattr(time, "time", lambda: now)
    assert site.get("/v1/films").status_code == 401


# What does not get in


def test_a_login_begun_elsewhere_is_none(site: TestClient):
    place = sent(site)
    site.cookies.clear()
    assert site.get(place).status_code == 403  # another browser
    begun = sent(site)
    assert site.get(begun.rpartition("state=")[0] + "state=x").status_code == 403
    assert site.get("/auth/callback?error=access_denied&state=" + begun.rpartition("=")[2]).status_code == 403
    site.cookies.clear()
    site.cookies.set("cinedex_login", "nonsense")
    assert site.get(begun).status_code == 403
    assert site.get("/v1/films").status_code == 401


def test_a_code_is_good_once(site: TestClient):
    place = sent(site)
    kept = dict(site.cookies)
    assert site.get(place).status_code == 303
    site.cookies.clear()
    site.cookies.update(kept)
    assert site.get(place).status_code == 502


def test_who_has_no_role_stays_out(site: TestClient, issuer: Issuer):
    issuer.claims = {"name": "Eve", "groups": ["strangers"]}
    answer = site.get(sent(site))
    assert (answer.status_code, "no role" in answer.json()["detail"]) == (403, True)
    assert site.get("/v1/films").status_code == 401


PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _forged(claims: dict[str, Any], head: dict[str, str]) -> str:
    """A token signed with the public key as if it were a shared secret."""
    import hmac  # noqa: PLC0415 - here alone
    import json  # noqa: PLC0415

    parts = b".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in (head, claims))
    mark = base64.urlsafe_b64encode(hmac.digest(PUBLIC, parts, "sha256")).rstrip(b"=")
    return (parts + b"." + mark).decode()


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.update(nonce="another"),
        lambda c: c.pop("nonce") and None,
        lambda c: c.update(aud="somebody else"),
        lambda c: c.update(aud=["cinedex", "other"]),
        lambda c: c.update(azp="other"),
        lambda c: c.update(iss="https://elsewhere.example"),
        lambda c: c.update(exp=int(time.time()) - 3600),
        lambda c: c.update(iat=int(time.time()) + 3600),
        lambda c: c.pop("exp") and None,
        lambda c: c.pop("sub") and None,
        lambda c: jwt.encode(c, OTHER, "RS256", {"kid": "k1"}),
        lambda c: jwt.encode(c, KEY, "RS256", {"kid": "unknown"}),
        lambda c: jwt.encode(c, None, "none"),
        lambda c: _forged(c, {"alg": "HS256", "kid": "k1"}),
        lambda c: jwt.encode(c, b"\0" * 32, "HS256", {"kid": "k2"}),
        lambda _: "no.token.atall",
    ],
)
def test_a_token_that_is_not_for_us_now_from_there_does_not_pass(
    site: TestClient, issuer: Issuer, change: Callable[[dict[str, Any]], str | None]
):
    issuer.change = change
    answer = site.get(sent(site))
    assert answer.status_code == 502, answer.text
    assert site.get("/v1/films").status_code == 401


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\e", "/a\nb", "x"])
def test_nobody_is_sent_elsewhere(to: str):
    assert inside(to) == "/"
    assert Attempt.new(to).to == "/"


# The provider


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://films.example.org/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"token_endpoint": "https://name@films.example.org/"},
        {"token_endpoint": 7},
        {"jwks_uri": "gopher://127.0.0.1/"},
        {"padding": "x" * (1 << 20)},
    ],
)
def test_a_provider_that_says_what_it_may_not_is_refused(issuer: Issuer, said: dict[str, Any]):
    issuer.said = said
    provider, attempt = Provider(login_at(issuer.url)), Attempt.new("/")
    with pytest.raises((ProviderError, UsageError)):
        _ = provider.verified(issuer.token("n"), "n") if "jwks_uri" in said else provider.finish("code", attempt)


def test_a_provider_leads_into_no_inner_network(issuer: Issuer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reaching.socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("169.254.169.254", 443))])
    issuer.said = {"token_endpoint": "https://metadata.example.org/token"}
    provider = Provider(login_at(issuer.url))
    provider._told, provider._at = {"token_endpoint": "https://metadata.example.org/token"}, time.monotonic()
    with pytest.raises(RefusedError, match="inner"):
        provider.finish("code", Attempt.new("/"))


def test_keys_are_asked_for_once_and_again_for_a_new_one(issuer: Issuer, monkeypatch: pytest.MonkeyPatch):
    provider = Provider(login_at(issuer.url))
    issuer.asked.clear()
    for _ in range(3):
        assert provider.verified(issuer.token("n"), "n")["sub"] == "u-1"
    assert issuer.asked == ["told", "keys"]
    new = jwt.encode({"iss": issuer.url}, OTHER, "RS256", {"kid": "new"})
    for _ in range(3):
        with pytest.raises(ProviderError):
            provider.verified(new, "n")
    assert issuer.asked == ["told", "keys"]  # whoever sends made-up keys does not make us ask
    monkeypatch.setattr(oidc, "_AGAIN_SECONDS", -1.0)
    with pytest.raises(ProviderError):
        provider.verified(new, "n")
    assert issuer.asked == ["told", "keys", "keys"]


# Settings


def test_it_is_off_by_default(tmp_path: Path):
    assert login_of(Settings()) is None
    client = Running(tmp_path).client
    assert client.get("/auth/session").json() == {"login": False, "you": None}
    assert client.get("/auth/login").status_code == 404


def test_settings_make_a_login(monkeypatch: pytest.MonkeyPatch):
    for name, value in {
        "ISSUER": "https://id.example.org/realms/film",
        "CLIENT": "cinedex",
        "URL": "https://films.example.org",
        "ROLES": "*:read, realm.roles=editor:review+read",
    }.items():
        monkeypatch.setenv(f"CINEDEX_OIDC_{name}", value)
    login = login_of(Settings.from_env())
    assert login is not None
    assert (login.back, login.secure) == ("https://films.example.org/auth/callback", True)
    assert "hidden" not in repr(replace(login, secret="hidden"))  # noqa: S106 - no secret


@pytest.mark.parametrize(
    "changed",
    [
        {"oidc_client": ""},
        {"oidc_url": ""},
        {"oidc_roles": ""},
        {"oidc_roles": "groups:read"},
        {"oidc_roles": "groups=a:own"},
        {"oidc_issuer": "http://id.example.org"},
        {"oidc_url": "http://films.example.org/"},
    ],
)
def test_half_a_login_is_refused(changed: dict[str, str]):
    whole = {"oidc_issuer": "https://i.example", "oidc_client": "c", "oidc_url": "https://f.example/"}
    with pytest.raises(UsageError):
        login_of(Settings().but(**({**whole, "oidc_roles": "*:read"} | changed)))


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"groups": ["a"]}, {"read"}),
        ({"groups": "a"}, {"read"}),
        ({"groups": ["a"], "realm": {"roles": ["b"]}}, {"read", "review"}),
        ({"email": "x@example.org", "email_verified": True}, {"admin"}),
        ({"email": "x@example.org"}, set()),
        ({"email": "x@example.org", "email_verified": "true"}, set()),
        ({"groups": {"a": 1}}, set()),
        ({}, set()),
    ],
)
def test_claims_give_scopes(claims: dict[str, Any], scopes: set[str]):
    given = roles("groups=a:read, realm.roles=b:review, email=x@example.org:admin")
    assert set().union(*(r.scopes for r in given if oidc._has(claims, r))) == scopes
