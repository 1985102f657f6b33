"""Serve the demo's territory while storms come and go over it, until interrupted."""

from __future__ import annotations

import logging
import sys
import threading
from itertools import count
from typing import TYPE_CHECKING

from gridtwin.errors import GridtwinError, InputError, MissingExtraError
from gridtwin.live.rehearsal import Rehearsal, write_script
from gridtwin.settings import ServeSettings
from gridtwin.twin import open_twin

if TYPE_CHECKING:
    import socket
    from pathlib import Path

LOG = logging.getLogger("gridtwin.demo")

SPEED = 30.0  # a storm of four hours in eight minutes
PAUSE_S = 20.0  # of fair weather between two storms
PORT = 8766


def serve_storms(home: Path) -> None:
    """
    Serve a twin while storms come and go over it; return once interrupted.

    Raises
    ------
    MissingExtraError
        If the server is not installed.
    """
    try:
        from gridtwin.api.app import create_app
        from gridtwin.api.serve_app import run_server
    except ModuleNotFoundError as error:
        need = "the map"
        raise MissingExtraError(need, "serve") from error
    stop = threading.Event()
    storms = threading.Thread(target=_play_storms, args=(home, stop), name="storms")
    with _open_listener() as listener:
        settings = ServeSettings.from_environment(str(home), port=listener.getsockname()[1])
        app = create_app(settings)
        sys.stdout.write(
            f"\nthe map, with a storm in progress: http://127.0.0.1:{settings.port}/\n"
            "Ctrl-C ends it\n"
        )
        sys.stdout.flush()
        storms.start()
        try:
            run_server(app, settings, listener)
        except KeyboardInterrupt:  # the server has ended in good order, and hands the signal on
            pass
        finally:
            stop.set()
            storms.join()


def _open_listener() -> socket.socket:
    from gridtwin.cli.serve_commands import open_listener

    try:
        return open_listener("127.0.0.1", PORT)
    except InputError:  # another demo, perhaps
        return open_listener("127.0.0.1", 0)


def _play_storms(home: Path, stop: threading.Event) -> None:
    """Rehearse one storm after another."""
    for seed in count(1):
        try:
            twin = open_twin(home)
            for _ in Rehearsal(twin, write_script(twin, seed=seed), speed=SPEED).run(stop):
                pass
        except GridtwinError as error:
            LOG.warning("the storm of seed %d ended early: %s", seed, error)
        if stop.wait(PAUSE_S):
            return
