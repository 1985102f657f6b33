"""Run the server until it is told to end, and end it in good order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import uvicorn

if TYPE_CHECKING:
    import socket
    from types import FrameType

    from fastapi import FastAPI

    from gridtwin.settings import ServeSettings

ENDING_S = 5  # that requests under way have to end


class _Server(uvicorn.Server):
    """A server that ends its streams first: they would hold it up for ever."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End on a signal."""
        app: Any = self.config.app
        app.state.broadcaster.close()
        super().handle_exit(sig, frame)


def run(app: FastAPI, settings: ServeSettings, listener: socket.socket) -> None:
    """Serve at a socket until a signal comes."""
    server_of(app, settings).run(sockets=[listener])


def server_of(app: FastAPI, settings: ServeSettings) -> uvicorn.Server:
    """Return the server of an application, not yet running."""
    config = uvicorn.Config(
        app,
        log_config=None,
        ws="none",
        access_log=False,  # ours says more
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies or None,
        timeout_graceful_shutdown=ENDING_S,
        timeout_keep_alive=75,
        h11_max_incomplete_event_size=64 * 1024,
    )
    return _Server(config)
