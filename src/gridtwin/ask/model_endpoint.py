"""Reach a language model: the protocol it speaks, and how much of what it sends is read at all."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from gridtwin.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx2
    from pydantic_ai.models import Model

    from gridtwin.settings import LanguageModelSettings

MOST_REPLY_BYTES = 4_000_000  # of one reply of the endpoint
NO_KEY = "none"  # what is sent where an endpoint asks for no key
RETRIES = 1  # of a request that the endpoint was too busy for


def require_model_library() -> None:
    """Refuse where the library that speaks with models is not installed; MissingExtraError."""
    if find_spec("pydantic_ai") is None:
        need = "a language model"
        raise MissingExtraError(need, "model")


def open_model_client(settings: LanguageModelSettings) -> httpx2.AsyncClient:
    """Return a client of HTTP that goes nowhere else and reads replies up to a size."""
    import httpx2

    return httpx2.AsyncClient(
        transport=_make_bounded_transport(),
        timeout=httpx2.Timeout(settings.limits.seconds, connect=min(10.0, settings.limits.seconds)),
    )


def _make_bounded_transport() -> httpx2.AsyncBaseTransport:
    import httpx2

    class BoundedStream(httpx2.AsyncByteStream):
        """The body of a reply, as far as it is read."""

        def __init__(self, stream: httpx2.AsyncByteStream) -> None:
            self._stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            left = MOST_REPLY_BYTES
            async for part in self._stream:
                left -= len(part)
                if left < 0:
                    msg = f"the reply is longer than {MOST_REPLY_BYTES:,} bytes"
                    raise httpx2.ReadError(msg)
                yield part

        async def aclose(self) -> None:
            await self._stream.aclose()

    class BoundedTransport(httpx2.AsyncBaseTransport):
        """
        Replies up to a size.

        None that is compressed, whose size would be hidden; no redirect, which the clients above
        would follow whatever is set, with the key.
        """

        def __init__(self) -> None:
            self._own = httpx2.AsyncHTTPTransport()

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            request.headers["Accept-Encoding"] = "identity"
            response = await self._own.handle_async_request(request)
            compressed = response.headers.get("content-encoding", "identity") != "identity"
            if compressed or 300 <= response.status_code < 400:
                await response.aclose()
                msg = "the reply is compressed, or leads elsewhere, where the key has no business"
                raise httpx2.ReadError(msg)
            assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101 - of this transport
            response.stream = BoundedStream(response.stream)
            return response

        async def aclose(self) -> None:
            await self._own.aclose()

    return BoundedTransport()


def make_model(settings: LanguageModelSettings, client: httpx2.AsyncClient) -> Model:
    """
    Return the model as the library drives it.

    Parameters
    ----------
    settings
        Which model, where, and with which key.
    client
        Of `open_model_client`.
    """
    if settings.way == "anthropic":
        from anthropic import AsyncAnthropic
        from pydantic_ai.models.anthropic import AnthropicModel
        from pydantic_ai.providers.anthropic import AnthropicProvider

        speaker = AsyncAnthropic(
            api_key=settings.key or NO_KEY,
            base_url=settings.url,
            http_client=client,
            max_retries=RETRIES,
        )
        return AnthropicModel(settings.name, provider=AnthropicProvider(anthropic_client=speaker))
    from openai import AsyncOpenAI

    opened = AsyncOpenAI(
        api_key=settings.key or NO_KEY,
        base_url=settings.url,
        http_client=client,
        max_retries=RETRIES,
    )
    if settings.way == "cortex":
        from pydantic_ai.models.snowflake import SnowflakeModel
        from pydantic_ai.providers.snowflake import SnowflakeProvider

        return SnowflakeModel(settings.name, provider=SnowflakeProvider(openai_client=opened))
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    provider = OpenAICompatibleProvider("openai", openai_client=opened)
    return OpenAIChatModel(settings.name, provider=provider)
