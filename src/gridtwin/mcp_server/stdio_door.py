"""Let one agent in by standard input and output: how programs on this machine start a server."""

from __future__ import annotations

from gridtwin.mcp_server.agent_server import make_agent_server
from gridtwin.mcp_server.twin_source import FollowedTwin
from gridtwin.settings import ServeSettings, Settings


def serve_stdio(settings: ServeSettings) -> None:
    """
    Answer on standard output what is asked on standard input, until that ends.

    Parameters
    ----------
    settings
        Which twin; with an operator token, switches can be operated, unless two persons have to.

    Raises
    ------
    StoreError
        If the twin cannot be opened.
    """
    server = make_agent_server(
        FollowedTwin(settings.twin),
        operator=bool(settings.operator_token) and not settings.two_person_min,
        map_url=settings.map_url,
        actor=Settings.from_environment().actor,
    )
    server.run("stdio")
