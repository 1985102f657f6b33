"""Write the OpenAPI document: ``python -m gridtwin.api.openapi > docs/openapi.json``."""

from __future__ import annotations

import json
import sys

from gridtwin.api.app import create_routes


def describe_api() -> str:
    """Return the OpenAPI document of the server as text; it needs neither a twin nor a port."""
    return json.dumps(create_routes().openapi(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(describe_api())
