"""Behind an ingress that hides clients, strips headers and ends silence, all goes on working."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from gridtwin.api.app import create_app
from gridtwin.api.broadcast import HEARTBEAT_S, Broadcaster
from gridtwin.errors import InputError
from gridtwin.settings import ServeSettings, SignInSettings
from ingress import DOMAIN, IDLE_S, LOGIN, OWN_POLICY, USER_HEADER, Ingress, run_ingress
from waiting import PATIENCE_S, wait_until

from .conftest import TOKEN, answering
from .test_events import following

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.twin import Twin


@pytest.fixture
def settings(settings: ServeSettings) -> ServeSettings:
    """Return how a twin is served there: 20 requests of each user, and then one a second."""
    known = SignInSettings(
        user_header=USER_HEADER, roles=(("ANN", "operator"),), default_role="viewer", anonymous=""
    )
    return replace(settings, hosts=(DOMAIN,), sign_in=known, rate_per_s=1.0, rate_burst=20.0)


@contextmanager
def standing_behind(
    settings: ServeSettings, *, heartbeat_s: float = HEARTBEAT_S, idle_s: float = IDLE_S
) -> Iterator[Ingress]:
    app = create_app(settings)
    app.state.broadcaster = Broadcaster(heartbeat_s=heartbeat_s)
    with answering(app, settings) as server, run_ingress(str(server.base_url), idle_s=idle_s) as it:
        yield it


@contextmanager
def log_in(ingress: Ingress, user: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=ingress.url, cookies={LOGIN: user}, timeout=PATIENCE_S) as client:
        yield client


def test_a_public_name_below_a_domain_is_known(settings: ServeSettings) -> None:
    with standing_behind(settings) as ingress, log_in(ingress, "ANN") as ann:
        answer = ann.get("/api")
        assert answer.status_code == 200
        policies = answer.headers.get_list("Content-Security-Policy")
        assert len(policies) == 2
        assert policies[1] == OWN_POLICY
        assert httpx.get(f"{ingress.url}api").status_code == 401
        for host, status in (
            (f"a-b{DOMAIN}", 200),
            (f"A-B{DOMAIN}.:443", 200),
            (f"evil{DOMAIN[1:]}", 421),
            (f"a{DOMAIN}.evil.example", 421),
        ):
            asked = httpx.get(f"{ingress.target}/health", headers={"Host": host})
            assert asked.status_code == status, host


def test_who_may_operates(settings: ServeSettings) -> None:
    with (
        standing_behind(settings) as ingress,
        log_in(ingress, "ANN") as ann,
        log_in(ingress, "BOB") as bob,
    ):

        def operate(client: httpx.Client, **headers: str) -> int:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            asked = {"mrid": "BKR1", "open": True}
            return client.post("/api/switch", json=asked, headers=names).status_code

        assert operate(ann, Sec_Fetch_Site="same-origin") == 200
        assert operate(bob, Sec_Fetch_Site="same-origin") == 403
        # A token of ours is taken for one of theirs, and does not arrive but in its own header.
        assert operate(bob, Authorization=f"Bearer {TOKEN}") == 403
        with log_in(ingress, "PROGRAM") as program:
            assert operate(program, X_Gridtwin_Token=TOKEN) == 200


def test_each_user_has_a_rate_of_their_own(settings: ServeSettings) -> None:
    with (
        standing_behind(settings) as ingress,
        log_in(ingress, "ANN") as ann,
        log_in(ingress, "BOB") as bob,
    ):
        codes = [ann.get("/api/state").status_code for _ in range(30)]
        assert codes[:20] == [200] * 20
        assert 429 in codes
        # What a client says of itself is not what the ingress says.
        assert ann.get("/api/state", headers={USER_HEADER: "ROOT"}).status_code == 429
        assert bob.get("/api/state").headers["RateLimit"] == '"client";r=19'


def test_heartbeats_keep_a_silent_stream_open(settings: ServeSettings, twin: Twin) -> None:
    assert HEARTBEAT_S * 3 < IDLE_S  # one that is late, or lost with its connection, ends nothing
    with (
        standing_behind(settings, heartbeat_s=HEARTBEAT_S / 60, idle_s=IDLE_S / 60) as ingress,
        log_in(ingress, "ANN") as ann,
        following(ann) as events,
    ):
        wait_until(lambda: events.comments > 2 * IDLE_S / HEARTBEAT_S)
        twin.switch("BKR1", open=True)
        assert events.wait("state")["customers_out"] == 8
        assert ingress.ended == 0


def test_who_is_cut_off_comes_back_and_misses_nothing(settings: ServeSettings, twin: Twin) -> None:
    with standing_behind(settings, idle_s=0.5) as ingress, log_in(ingress, "ANN") as ann:
        with following(ann) as events:
            wait_until(lambda: events.ended)
        assert ingress.ended == 1
        twin.switch("BKR1", open=True)
        with following(ann, Last_Event_ID=events.last_id) as again:
            assert again.wait("state")["customers_out"] == 8


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GRIDTWIN_HOSTS", ".app"),
        ("GRIDTWIN_HOSTS", "*.example.org"),
        ("GRIDTWIN_HOSTS", "grid.example.org:443"),
        ("GRIDTWIN_HOSTS", "https://grid.example.org"),
        ("GRIDTWIN_USER_HEADER", "Authorization"),
        ("GRIDTWIN_USER_HEADER", "X User"),
    ],
)
def test_a_name_that_would_let_in_too_much_is_refused(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=name):
        ServeSettings.from_environment("a.twin")


def test_names_and_domains_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDTWIN_HOSTS", f"grid.example.org, ::1 [fe80::1] 10.0.0.7 {DOMAIN}")
    monkeypatch.setenv("GRIDTWIN_USER_HEADER", USER_HEADER)
    settings = ServeSettings.from_environment("a.twin")
    assert settings.hosts == ("grid.example.org", "::1", "[fe80::1]", "10.0.0.7", DOMAIN)
    assert settings.sign_in.user_header == USER_HEADER
