"""People sign in at a certified OpenID provider, in a process of its own (Node)."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from gridtwin.api.app import create_app
from gridtwin.api.serve_app import server_of
from gridtwin.cli.serve_commands import open_listener
from gridtwin.settings import ServeSettings, SignInSettings
from gridtwin.twin import Twin
from waiting import PATIENCE_S, started

PROVIDER = Path(__file__).parent / "provider"
HERE = {"Sec-Fetch-Site": "same-origin"}


@contextmanager
def run_provider(redirect: str) -> Iterator[str]:
    """Run the provider for one client, and return its address."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.fail("this machine has no node and npm: run make node", pytrace=False)
    if not (PROVIDER / "node_modules/oidc-provider").is_dir():
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=PROVIDER, check=True)
    command = [node, str(PROVIDER / "provider.mjs"), redirect]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()


@contextmanager
def serve_with_provider(twin: Twin) -> Iterator[tuple[str, str]]:
    """Serve a twin to those whom the provider knows; return the addresses of both."""
    with open_listener("127.0.0.1", 0) as listener:
        own = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with run_provider(f"{own}/auth/callback") as issuer:
            sign_in = SignInSettings(
                issuer=issuer,
                client_id="gridtwin",
                client_secret="of-the-client-of-these-tests",  # noqa: S106
                role_claim="groups",
                roles=(("dispatch", "operator"), ("everybody", "viewer")),
                anonymous="",
            )
            settings = ServeSettings(str(twin.store.path), sign_in=sign_in)
            app = create_app(settings)
            server = server_of(app, settings)
            thread = threading.Thread(target=server.run, args=([listener],))
            thread.start()
            try:
                yield own, issuer
            finally:
                app.state.broadcaster.close()
                server.should_exit = True
                thread.join(PATIENCE_S)


def sign_in(browser: httpx.Client, own: str, name: str) -> httpx.Response:
    """Sign in as a person does: the name, then the consent."""
    page = browser.get(f"{own}/auth/sign-in", params={"next": "/#panel=outages"})
    for form in ({"prompt": "login", "login": name, "password": "x"}, {"prompt": "consent"}):
        (action,) = re.findall(r'action="([^"]+)" method="post"', page.text)
        page = browser.post(str(page.url.join(action)), data=form)
    return page


@pytest.mark.long
def test_people_sign_in_at_a_certified_provider(twin: Twin) -> None:
    with (
        serve_with_provider(twin) as (own, issuer),
        httpx.Client(follow_redirects=True, timeout=PATIENCE_S) as ann,
        httpx.Client(follow_redirects=True, timeout=PATIENCE_S) as vic,
        httpx.Client(follow_redirects=True, timeout=PATIENCE_S) as max_,
    ):
        page = sign_in(ann, own, "ann")
        assert (page.status_code, page.url.path) == (200, "/")
        assert page.url.fragment == "panel=outages"
        assert ann.get(f"{own}/api/me").json()["role"] == "operator"
        asked = {"mrid": "BKR1", "open": True}
        assert ann.post(f"{own}/api/switch", json=asked, headers=HERE).status_code == 200
        sign_in(vic, own, "vic")
        assert vic.get(f"{own}/api/me").json()["role"] == "viewer"
        assert vic.post(f"{own}/api/switch", json=asked, headers=HERE).status_code == 403
        refused = sign_in(max_, own, "max")
        assert refused.status_code == 403
        assert "no role" in refused.text
        out = ann.post(f"{own}/auth/sign-out", headers=HERE).json()
        assert out["issuer_url"].startswith(issuer)
        assert ann.get(f"{own}/api/state").status_code == 401
    assert [event.actor for event in twin.store.states.list_events()] == ["ann"]
