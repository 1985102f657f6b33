"""Remember the conversations of a server, by who holds them and the name their page gave them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from cachetools import TTLCache

from gridtwin.ask.conversation import Conversation

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_CONVERSATIONS: Final = 200
MOST_OF_ONE: Final = 8  # of one person
FORGET_IDLE_S: Final = 3_600.0  # after which one is forgotten


class ConversationMemory:
    """
    The conversations that were held last; those of one server process.

    Parameters
    ----------
    clock
        Gives seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._held: TTLCache[tuple[str, str], Conversation] = TTLCache(
            MOST_CONVERSATIONS, FORGET_IDLE_S, clock
        )

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._held)

    def find_conversation(self, who: str, name: str) -> Conversation:
        """Return a conversation of somebody by its name, a new one where there is none."""
        found = self._held.pop((who, name), None) or Conversation()
        own = [each for each in self._held if each[0] == who]
        if len(own) >= MOST_OF_ONE:
            self._held.pop(own[0], None)  # the one that rested longest
        self._held[who, name] = found
        return found
