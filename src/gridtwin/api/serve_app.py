"""Run the server until it is told to end, and end it in good order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from types import FrameType

    from starlette.applications import Starlette

    from gridtwin.settings import ServeSettings

MOST_FILES = 65_536
ENDING_S = 5  # that requests under way have to end


class _Server(uvicorn.Server):
    """A server that ends its streams first: they would hold it up for ever."""

    def __init__(
        self, app: Starlette, config: uvicorn.Config, begun: Callable[[], None] | None
    ) -> None:
        super().__init__(config)
        self._app = app
        self._begun = begun

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, and say so."""
        await super().startup(sockets)
        if self.started and self._begun is not None:
            self._begun()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End on a signal."""
        broadcaster = getattr(self._app.state, "broadcaster", None)
        if broadcaster is not None:
            broadcaster.close()
        super().handle_exit(sig, frame)


def run_server(
    app: Starlette,
    settings: ServeSettings,
    listener: socket.socket,
    begun: Callable[[], None] | None = None,
) -> bool:
    """
    Serve at a socket until a signal comes.

    Parameters
    ----------
    app, settings
        The application, and how it is served.
    listener
        The socket.
    begun
        Called when requests are answered.

    Returns
    -------
        Whether it began at all.
    """
    _allow_files()
    server = server_of(app, settings, begun)
    server.run(sockets=[listener])
    return server.started


def server_of(
    app: Starlette, settings: ServeSettings, begun: Callable[[], None] | None = None
) -> uvicorn.Server:
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
    return _Server(app, config, begun)


def _allow_files() -> None:
    """Allow this process as many connections as the system does: each client takes one."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
