"""Find the Chromium that the tests of the map drive, and say how to start it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

HOW_TO_INSTALL = (
    "the tests of the map need Chromium: run `make chromium`, or `apt-get install chromium"
    " fonts-dejavu-core`, or name a Chromium or Chrome in CHROMIUM"
)
# Without windows of its own a browser needs two thirds of the time, for every page.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
# Software rendering everywhere: what a machine's GPU would do differently is not under test. It
# draws the map alone: to put the page together in it as well costs several times as much.
FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu-compositing",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)


class ChromiumMissingError(Exception):
    """No Chromium is on this machine that the tests can use."""


def find_chromium() -> Path:
    """
    Return the program.

    Raises
    ------
    ChromiumMissingError
        If there is none, with the words how to install it.
    """
    named = os.environ.get("CHROMIUM", "")
    for name in (named,) if named else NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    raise ChromiumMissingError(HOW_TO_INSTALL)


if __name__ == "__main__":  # the Makefile asks whether there is anything to install
    try:
        find_chromium()
    except ChromiumMissingError as error:
        sys.exit(str(error))
