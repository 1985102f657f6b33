"""How many examples a property is tried on: in `make test` a part, in `make test-long` all."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

FEWEST = 6
SHARE = 20  # percent, of what `make test` tries


def register_profiles() -> None:
    """
    Let the profile of Hypothesis say how many percent of its examples a test tries.

    How long an example takes says nothing of what it shows, and depends on the machine.
    """
    slow = [HealthCheck.too_slow]
    settings.register_profile(
        "part", deadline=None, suppress_health_check=slow, max_examples=SHARE, derandomize=True
    )
    settings.register_profile("all", deadline=None, suppress_health_check=slow, max_examples=100)
    settings.load_profile("part")


def scale_examples(count: int) -> int:
    """Return how many of its examples a test tries in this run."""
    return max(min(count, FEWEST), count * settings().max_examples // 100)
