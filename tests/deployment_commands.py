"""Find the commands that the files of deploy/ run, and parse each as the program does."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
import yaml
from typer.main import get_command

from gridtwin.cli.root_commands import app

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPLOY = Path(__file__).parents[1] / "deploy"
PROGRAM = "/opt/gridtwin/bin/gridtwin"
PAGE_COMMAND = re.compile(
    r"(?:^(?:sudo -u gridtwin )?(?:/\S+/)?gridtwin|^docker run .*gridtwin:latest|--rm .*\bserver)"
    r" (.*)"
)
USAGE_ERROR = typer.BadParameter.__base__ or Exception  # Typer exports its children alone
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def parse_command(words: list[str]) -> str:
    """
    Parse a command line as the program does, without running it; return the name of its command.

    Raises
    ------
    USAGE_ERROR
        If there is no such command or option, or a word is missing or too many.
    """
    command: Any = get_command(app)
    context = command.make_context("gridtwin", list(words))
    while hasattr(command, "resolve_command"):
        rest = [*context._protected_args, *context.args]
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)
    return str(context.command_path)


def list_compose_commands() -> Iterator[list[str]]:
    """Return the commands of compose.yaml, variables as where none is set."""
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    for service in services.values():
        if "gridtwin" in service["image"]:
            yield [VARIABLE.sub(lambda found: found[2] or "", word) for word in service["command"]]


def list_unit_commands() -> Iterator[list[str]]:
    """Return the commands of the units of systemd."""
    for unit in sorted((DEPLOY / "systemd").glob("*.service")):
        (line,) = re.findall(rf"^ExecStart=.*?{PROGRAM} (.*?)'?$", unit.read_text(), re.MULTILINE)
        yield shlex.split(VARIABLE.sub("kafka:9092", line))


def list_pool_commands() -> Iterator[list[str]]:
    """Return the commands of the services of Snowpark Container Services."""
    for file in sorted((DEPLOY / "spcs").glob("*.yaml")):
        for container in yaml.safe_load(file.read_text())["spec"]["containers"]:
            assert container["command"] == ["gridtwin"]
            yield container["args"]


def list_image_commands() -> Iterator[list[str]]:
    """Return what the image runs by itself."""
    (words,) = re.findall(r"^CMD (\[.*\])$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    yield json.loads(words)


def list_page_commands(page: str) -> Iterator[list[str]]:
    """Return the commands of gridtwin in the code blocks of a page."""
    for block in re.findall(r"```(?:console)?\n(.*?)```", page, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            found = PAGE_COMMAND.search(line)
            if found:
                yield shlex.split(found[1], comments=True)


def list_pod_commands(manifests: str) -> Iterator[list[str]]:
    """Return the commands of the containers in manifests of Kubernetes."""
    for manifest in yaml.safe_load_all(manifests):
        spec = (manifest or {}).get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        for container in spec.get("template", {}).get("spec", {}).get("containers", ()):
            yield container["args"]
