"""People sign in at an issuer; who forges, replays, or sends others there gets no session."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from api.conftest import answering
from gridtwin.api.app import create_app
from gridtwin.api.sign_in_routes import choose_path
from gridtwin.errors import InputError
from gridtwin.model.access import ActionFilter, Outcome, SessionKind, digest_secret
from gridtwin.settings import ServeSettings, SignInSettings
from gridtwin.twin import Twin, open_twin
from networks import two_feeders_with_a_tie
from waiting import PATIENCE_S

from .lying_issuer import CLIENT, SECRET, LyingIssuer, lying_issuer

Serve = Callable[..., AbstractContextManager[httpx.Client]]
SESSION, ATTEMPT = "gridtwin_session", "gridtwin_attempt"
OPENING = {"mrid": "BKR1", "open": True}
HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def running() -> Iterator[LyingIssuer]:
    with lying_issuer() as issuer:
        yield issuer


@pytest.fixture
def issuer(running: LyingIssuer) -> LyingIssuer:
    """Return the issuer as it tells the truth."""
    fresh = LyingIssuer(url=running.url, key=running.key, shown=[running.key])
    vars(running).update(vars(fresh))
    return running


@pytest.fixture(scope="module")
def sign_in(running: LyingIssuer) -> SignInSettings:
    return SignInSettings(issuer=running.url, client_id=CLIENT, client_secret=SECRET, anonymous="")


@dataclass
class Browser:
    """A browser on the way to the issuer and back."""

    client: httpx.Client

    def begin(self, path: str = "/") -> str:
        """Go to the issuer; return where it would send the browser back to."""
        answer = self.client.get("/auth/sign-in", params={"next": path})
        assert answer.status_code == 303, answer.text
        back = httpx.get(answer.headers["Location"]).headers["Location"]
        assert back.startswith(f"{self.client.base_url}/auth/callback".replace("//auth", "/auth"))
        return back

    def sign_in(self, path: str = "/") -> httpx.Response:
        """Sign in, and return the answer that gives the session, or none."""
        return self.client.get(self.begin(path))

    def hold(self, name: str, secret: str) -> None:
        """Hold one cookie, whoever gave it, and no other."""
        self.client.cookies.clear()
        self.client.cookies.set(name, secret, domain="127.0.0.1", path="/")

    def is_signed_in(self) -> bool:
        return bool(self.client.get("/api/me").json()["role"])


@pytest.fixture(scope="module")
def shared_twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    path = tmp_path_factory.mktemp("signed") / "two.twin"
    return open_twin(two_feeders_with_a_tie()).save(path)


@pytest.fixture(scope="module")
def server(shared_twin: Twin, sign_in: SignInSettings) -> Iterator[str]:
    """Return the address of one server for all browsers of these tests."""
    settings = ServeSettings(str(shared_twin.store.path), sign_in=sign_in, rate_per_s=0)
    with answering(create_app(settings), settings) as client:
        yield str(client.base_url)


@pytest.fixture
def browser(server: str, issuer: LyingIssuer) -> Iterator[Browser]:
    del issuer  # which tells the truth again
    with httpx.Client(base_url=server, timeout=PATIENCE_S) as client:
        yield Browser(client)


def test_a_person_signs_in_works_and_signs_out(browser: Browser, shared_twin: Twin) -> None:
    client = browser.client
    assert client.get("/api/state").status_code == 401
    assert client.get("/api/me").json()["can_sign_in"] is True
    answer = browser.sign_in("/#panel=outages")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/#panel=outages")
    cookies = answer.headers.get_list("Set-Cookie")
    given = next(each for each in cookies if each.startswith(SESSION))
    assert "HttpOnly" in given
    assert "SameSite=strict" in given
    assert ATTEMPT not in client.cookies
    me = client.get("/api/me").json()
    assert (me["name"], me["role"], me["way"]) == ("ann", "operator", "session")
    assert client.post("/api/switch", json=OPENING, headers=HERE).status_code == 200
    assert [each.actor for each in shared_twin.store.states.list_events()] == ["ann"]
    secret = client.cookies[SESSION]
    kept = shared_twin.store.access.find_session(digest_secret(secret))
    assert kept is not None
    assert secret not in str(kept)
    out = client.post("/auth/sign-out", headers=HERE)
    noted = shared_twin.store.access.list_actions(ActionFilter(person="ann"))
    assert [each.what for each in noted] == ["sign out", "POST /api/switch", "sign in"]
    assert out.json()["issuer_url"].endswith("/end")
    assert SESSION not in client.cookies
    browser.hold(SESSION, secret)  # stolen before
    assert not browser.is_signed_in()


@pytest.mark.parametrize(
    "lie",
    [
        {"forge": "none"},
        {"forge": "shared secret"},
        {"forge": "client secret"},
        {"forge": "another key"},
        {"forge": "changed"},
        {"claims": {"iss": "https://elsewhere.example"}},
        {"claims": {"aud": "another-client"}},
        {"claims": {"aud": [CLIENT, "another-client"], "azp": "another-client"}},
        {"claims": {"nonce": "of-another-attempt"}},
        {"claims": {"nonce": None}},
        {"seconds": {"exp": -120}},
        {"claims": {"exp": None}},
        {"seconds": {"iat": 7_200}},
        {"claims": {"at_hash": "of-another-token"}},
        {"claims": {"sub": None}},
        {"claims": {"roles": ["king"]}},
        {"claims": {"roles": {"operator": True}}},
        {"userinfo": {"sub": "u-2", "roles": ["administrator"]}},
    ],
    ids=lambda lie: str(lie)[:60],
)
def test_what_an_issuer_may_not_say_gives_no_session(
    browser: Browser, issuer: LyingIssuer, shared_twin: Twin, lie: dict[str, Any]
) -> None:
    now = int(time.time())
    if "seconds" in lie:  # from now, so that the name of the case stays the same
        lie = {"claims": {name: now + after for name, after in lie["seconds"].items()}}
    vars(issuer).update(lie)
    answer = browser.sign_in()
    assert answer.status_code == 403
    assert "Not signed in" in answer.text
    (noted,) = shared_twin.store.access.list_actions(ActionFilter(most=1))
    assert (noted.what, noted.outcome) == ("sign in", Outcome.REFUSED)
    assert SESSION not in browser.client.cookies
    assert not browser.is_signed_in()


def test_clocks_may_differ_by_a_minute_and_keys_may_change(
    browser: Browser, issuer: LyingIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridtwin.api.issuer_client.KEPT_KEYS_S", 0.0)
    now = int(time.time())
    issuer.claims = {"exp": now - 20, "iat": now + 20}
    assert browser.sign_in().status_code == 303
    issuer.claims, issuer.key = {}, RSAKey.generate_key(2048, {"kid": "two"})
    issuer.shown = [issuer.key]
    assert browser.sign_in().status_code == 303


def test_roles_may_stand_in_the_userinfo_and_deep_in_a_claim(
    serve_as: Serve, sign_in: SignInSettings, issuer: LyingIssuer
) -> None:
    mapped = replace(
        sign_in,
        role_claim="realm.roles",
        roles=(("grid-admins", "administrator"), ("everybody", "viewer")),
        area_claim="areas",
        name_claim="email",
    )
    issuer.claims = {"roles": ["administrator"]}  # which is not asked for
    issuer.userinfo = {"realm": {"roles": ["everybody"]}, "email": "ann@utility.example"}
    with serve_as(mapped) as client:
        assert Browser(client).sign_in().status_code == 303
        me = client.get("/api/me").json()
        assert (me["name"], me["role"]) == ("ann@utility.example", "viewer")
        assert me["substations"] == []  # nobody said which: none
        issuer.userinfo["areas"] = ["SUB-1", "SUB-2"]
        Browser(client).sign_in()
        assert client.get("/api/me").json()["substations"] == ["SUB-1", "SUB-2"]


def test_each_attempt_is_answered_once_and_by_the_browser_that_began_it(
    browser: Browser, issuer: LyingIssuer
) -> None:
    issuer.reuse_codes = True
    client = browser.client
    back = browser.begin()
    attempt = client.cookies[ATTEMPT]
    with httpx.Client(base_url=client.base_url) as other:  # it gets the link of the attacker
        assert other.get(back).status_code == 403
    wrong = re.sub("state=[^&]+", "state=guessed", back)
    assert client.get(wrong).status_code == 403
    browser.hold(ATTEMPT, attempt)
    assert client.get(back).status_code == 403  # the wrong answer has used it up
    back = browser.begin()
    attempt = client.cookies[ATTEMPT]
    assert client.get(back).status_code == 303
    browser.hold(ATTEMPT, attempt)
    assert client.get(back).status_code == 403
    assert not browser.is_signed_in()
    browser.hold(SESSION, attempt)  # an attempt is no session
    assert not browser.is_signed_in()
    back = browser.begin()
    elsewhere = re.sub("iss=[^&]+", "iss=https%3A%2F%2Felsewhere.example", back)
    assert client.get(elsewhere).status_code == 403
    assert (
        client.get(f"{browser.begin()}&error=access_denied".replace("code=", "c=")).status_code
        == 403
    )


def test_a_session_is_the_servers_own_and_another_after_each_sign_in(
    browser: Browser, shared_twin: Twin
) -> None:
    client = browser.client
    browser.hold(SESSION, "fixed-by-an-attacker")
    browser.sign_in()
    first = client.cookies.get(SESSION, domain="127.0.0.1")
    assert first != "fixed-by-an-attacker"
    browser.hold(SESSION, str(first))
    browser.sign_in()
    kept = [shared_twin.store.access.find_session(digest_secret(each)) for each in
            ("fixed-by-an-attacker", str(first))]  # fmt: skip
    assert kept == [None, None]


def test_a_session_ends_when_it_is_not_used_and_in_the_end_anyway(
    browser: Browser, shared_twin: Twin
) -> None:
    client, book = browser.client, shared_twin.store.access
    for aged in (
        {"seen_at": datetime.now(UTC) - timedelta(minutes=31)},
        {"ends_at": datetime.now(UTC) - timedelta(seconds=1)},
    ):
        client.cookies.clear()
        browser.sign_in()
        session = book.take_session(digest_secret(client.cookies[SESSION]))
        assert session is not None
        assert session.ends_at - session.made_at == timedelta(hours=12)
        book.write_session(replace(session, **aged))  # type: ignore[arg-type]
        assert not browser.is_signed_in()
        assert book.find_session(session.digest) is None
    client.cookies.clear()
    browser.sign_in()
    session = book.take_session(digest_secret(client.cookies[SESSION]))
    assert session is not None
    book.write_session(replace(session, seen_at=datetime.now(UTC) - timedelta(minutes=20)))
    assert browser.is_signed_in()
    used = book.find_session(session.digest)
    assert used is not None
    assert used.kind is SessionKind.PERSON
    assert datetime.now(UTC) - used.seen_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Referer": "http://127.0.0.1/"},
        {"Origin": "http://127.0.0.1.elsewhere.example"},
        {"Origin": "https://elsewhere.example", "X-Forwarded-Host": "elsewhere.example"},
        {"Content-Type": "text/plain"},
    ],
)
def test_pages_of_other_sites_write_nothing_in_the_name_of_who_looks(
    browser: Browser, shared_twin: Twin, headers: dict[str, str]
) -> None:
    browser.sign_in()
    version = shared_twin.version
    for path in ("/api/switch", "/api/findings/accept", "/api/what-if", "/mcp", "/auth/sign-out"):
        answer = browser.client.post(path, json=OPENING, headers=headers)
        assert answer.status_code == 403, path
    assert shared_twin.version == version
    assert browser.is_signed_in()


@pytest.mark.parametrize(
    "path",
    [
        "//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "\\\\elsewhere",
        "/\t/elsewhere.example", "javascript:alert(1)", "/x\r\nSet-Cookie: a=b", "/x\0", "",
        "elsewhere.example", "/auth/sign-in", "/auth/callback?code=x", "/%0d%0aX: y\n", "/é",
    ],
)  # fmt: skip
def test_nobody_is_sent_elsewhere_after_signing_in(browser: Browser, path: str) -> None:
    answer = browser.sign_in(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert not [name for name in answer.headers if name.lower() == "x"]
    assert choose_path("/#mode=loading&sel=BKR1") == "/#mode=loading&sel=BKR1"


def test_what_the_issuer_is_asked_holds_no_secret_and_is_bound(
    browser: Browser, issuer: LyingIssuer
) -> None:
    answer = browser.client.get("/auth/sign-in")
    asked = {
        name: one for name, (one,) in parse_qs(urlsplit(answer.headers["Location"]).query).items()
    }
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["state"]) == len(asked["nonce"]) == 43
    assert SECRET not in answer.text + answer.headers["Location"]
    browser.sign_in()
    assert len(issuer.asked[-1]["code_verifier"]) == 43


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": ""},
    ],
)
def test_an_issuer_that_does_not_describe_itself_safely_is_not_asked(
    serve_as: Serve, sign_in: SignInSettings, issuer: LyingIssuer, metadata: dict[str, str]
) -> None:
    issuer.metadata = metadata
    with serve_as(sign_in) as client:
        answer = client.get("/auth/sign-in")
    assert answer.status_code == 403
    assert "Location" not in answer.headers


def test_behind_tls_cookies_are_those_of_this_host_alone(
    serve_as: Serve, sign_in: SignInSettings, issuer: LyingIssuer
) -> None:
    assert issuer.url == sign_in.issuer
    with serve_as(sign_in, map_url="https://grid.utility.example") as client:
        answer = client.get("/auth/sign-in")
        asked = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert asked["redirect_uri"] == ["https://grid.utility.example/auth/callback"]
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-gridtwin_attempt=")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "domain" not in cookie.lower()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GRIDTWIN_ISSUER", "https://issuer.example", "go together"),
        ("GRIDTWIN_USER_HEADER", "X User", "name of the header"),
        ("GRIDTWIN_ROLES", "operator", "NAME=ROLE"),
        ("GRIDTWIN_SESSION", "60/30", "minutes"),
        ("GRIDTWIN_SESSION", "nan/nan", "minutes"),
    ],
)
def test_an_environment_that_cannot_be_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=words):
        SignInSettings.from_environment()


def test_the_environment_of_an_issuer_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDTWIN_CLIENT_ID", CLIENT)
    monkeypatch.setenv("GRIDTWIN_ISSUER", "http://issuer.example")
    with pytest.raises(InputError, match="https"):
        SignInSettings.from_environment()
    monkeypatch.setenv("GRIDTWIN_ISSUER", "https://issuer.example/realm/")
    monkeypatch.setenv("GRIDTWIN_CLIENT_SECRET", SECRET)
    monkeypatch.setenv("GRIDTWIN_ROLES", "a=b=operator, x = viewer")
    found = SignInSettings.from_environment()
    assert found.issuer == "https://issuer.example/realm"
    assert found.roles == (("a=b", "operator"), ("x", "viewer"))
    assert (found.anonymous, found.default_role, found.idle_s) == ("", "", 1_800)
    assert SECRET not in repr(found)
