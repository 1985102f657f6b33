"""Send an answer while it is made, as server-sent events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
from starlette.responses import Response

from gridtwin.api.answers import to_bytes
from gridtwin.api.problems import problem_of
from gridtwin.errors import GridtwinError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Receive, Scope, Send

    from gridtwin.ask.model_answering import AskEvent, Tell

STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class AnswerStream(Response):
    """
    A response that sends events while a question is answered, and the answer as the last.

    It begins with the first of them: what is refused before is refused with its own status. Who
    goes away stops the work.
    """

    def __init__(self, answer: Callable[[Tell], Awaitable[dict[str, Any]]]) -> None:
        super().__init__(media_type="text/event-stream", headers=STREAM_HEADERS)
        del self.headers["content-length"]
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Answer, and send what is told meanwhile."""
        sender = _EventSender(self, send)
        answer: dict[str, Any] | None = None
        refused: GridtwinError | None = None
        async with anyio.create_task_group() as group:

            async def leave_with_client() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                group.cancel_scope.cancel()

            group.start_soon(leave_with_client)
            try:
                answer = await self._answer(sender.tell)
            except GridtwinError as error:
                refused = error
            group.cancel_scope.cancel()
        if refused is not None and not sender.begun:
            raise refused
        if refused is not None:
            _, problem = problem_of(refused)
            await sender.send_event("error", problem)
        elif answer is not None:
            await sender.send_event("answer", answer)
        if sender.begun:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class _EventSender:
    """Sends events, and before the first of them how the response begins."""

    def __init__(self, response: AnswerStream, send: Send) -> None:
        self._response = response
        self._send = send
        self.begun = False

    async def tell(self, event: AskEvent) -> None:
        await self.send_event(event.kind, event.body)

    async def send_event(self, kind: str, body: Any) -> None:
        if not self.begun:
            self.begun = True
            start = {"type": "http.response.start", "status": self._response.status_code}
            await self._send(start | {"headers": self._response.raw_headers})
        packed = b"event: %b\ndata: %b\n\n" % (kind.encode(), to_bytes(body))
        await self._send({"type": "http.response.body", "body": packed, "more_body": True})
