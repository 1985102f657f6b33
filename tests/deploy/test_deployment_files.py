"""Each file of deploy/ passes the tool it is written for; a typo in it does not."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from deployment_commands import (
    DEPLOY,
    PROGRAM,
    USAGE_ERROR,
    list_compose_commands,
    list_image_commands,
    list_page_commands,
    list_pool_commands,
    list_unit_commands,
    parse_command,
)

ROOT = DEPLOY.parent
TOOLS = Path(sys.executable).parent
SPCS_SCHEMA = Path(__file__).parent / "spcs.schema.json"
WORST_EXPOSURE = 20  # of 100, as systemd-analyze reckons it


def run_tool(name: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a tool beside Python, or of the machine; a machine without it fails."""
    program = shutil.which(name, path=str(TOOLS)) or shutil.which(name)
    if program is None:
        pytest.fail(f"this machine has no {name}: make test brings it, or apt", pytrace=False)
    return subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=False)


def spoil(file: Path, old: str, new: str, into: Path) -> Path:
    """Return a copy of a file with a typo in it."""
    text = file.read_text()
    assert old in text
    spoiled = into / file.name
    spoiled.write_text(text.replace(old, new, 1))
    return spoiled


# The image


def lint_image(file: Path) -> subprocess.CompletedProcess[str]:
    return run_tool("hadolint", "--failure-threshold", "info", file)


def test_the_dockerfile_is_clean(tmp_path: Path) -> None:
    checked = lint_image(DEPLOY / "Dockerfile")
    assert checked.returncode == 0, checked.stdout
    assert lint_image(spoil(DEPLOY / "Dockerfile", "WORKDIR", "WORKDRI", tmp_path)).returncode


def test_the_image_runs_as_nobody_and_keeps_one_volume() -> None:
    last = (DEPLOY / "Dockerfile").read_text().rsplit("\nFROM ", 1)[1]
    assert re.findall(r"^USER (.*)$", last, re.MULTILINE) == ["10001:10001"]
    assert re.findall(r"^VOLUME (.*)$", last, re.MULTILINE) == ["/data"]


def test_the_image_gets_what_the_package_is_built_of() -> None:
    """What pyproject.toml takes into the wheel is let through .dockerignore, and copied."""
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = (DEPLOY / "Dockerfile").read_text()
    forced = re.findall(
        r'^"([^"]+)" = "gridtwin/', (ROOT / "pyproject.toml").read_text(), re.MULTILINE
    )
    for part in ("src", "README.md", "LICENSE", "constraints.txt", *forced):
        top = part if (ROOT / part).is_file() else part.split("/")[0]
        assert f"!{top}" in ignored, part
        assert re.search(rf"^COPY .*\b{re.escape(top)}\b", copied, re.MULTILINE), part


# compose


def check_compose(file: Path) -> subprocess.CompletedProcess[str]:
    return run_tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", file)


def test_compose_is_valid(tmp_path: Path) -> None:
    checked = check_compose(DEPLOY / "compose.yaml")
    assert checked.returncode == 0, checked.stdout
    assert check_compose(
        spoil(DEPLOY / "compose.yaml", "restart:", "restrat:", tmp_path)
    ).returncode


def test_compose_opens_no_port_to_others_and_holds_no_secret() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    services = yaml.safe_load(text)["services"]
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    for name, service in services.items():
        if "gridtwin" in service["image"]:
            assert service["read_only"], name
            assert service["cap_drop"] == ["ALL"], name
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|TOKEN|SECRET|KEY", variable):
                assert value.startswith(("/run/secrets/", "${")), variable


def test_every_variable_of_compose_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(GRIDTWIN_\w+)", (DEPLOY / "compose.yaml").read_text()))
    named = set(re.findall(r"^(\w+)=", (DEPLOY / "example.env").read_text(), re.MULTILINE))
    assert asked - named <= {"GRIDTWIN_ICEBERG_CLIENT_ID", "GRIDTWIN_ICEBERG_CLIENT_SECRET"}


# systemd


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Return the units with a program that is there; a template stands as one of its instances."""
    folder = tmp_path / "units"
    folder.mkdir()
    program = shutil.which("true")
    for unit in (DEPLOY / "systemd").iterdir():
        if unit.suffix in {".service", ".timer"}:
            text = unit.read_text().replace(PROGRAM, str(program))
            (folder / unit.name.replace("@.", "@houston.")).write_text(text)
    return folder


def verify_units(folder: Path) -> subprocess.CompletedProcess[str]:
    return run_tool("systemd-analyze", "verify", "--recursive-errors=no", *sorted(folder.iterdir()))


def test_the_units_are_valid(units: Path) -> None:
    checked = verify_units(units)
    assert checked.returncode == 0
    assert not checked.stderr
    unit = units / "gridtwin-serve.service"
    unit.write_text(unit.read_text().replace("RestartSec", "RestratSec"))
    assert "RestratSec" in verify_units(units).stderr


def test_the_units_are_shut_in(units: Path) -> None:
    def weigh(unit: Path) -> int:
        words = ("--offline=true", f"--threshold={WORST_EXPOSURE}", unit)
        return run_tool("systemd-analyze", "security", *words).returncode

    services = sorted(units.glob("*.service"))
    assert len(services) == 7
    assert not [unit.name for unit in services if weigh(unit)]
    unit = units / "gridtwin-serve.service"
    unit.write_text(unit.read_text().replace("NoNewPrivileges=yes", "").replace("Protect", "X-Pro"))
    assert weigh(unit)


def test_every_timer_has_its_service() -> None:
    timers = list((DEPLOY / "systemd").glob("*.timer"))
    assert timers
    assert all(timer.with_suffix(".service").is_file() for timer in timers)


# Snowpark Container Services


def check_service(file: Path) -> subprocess.CompletedProcess[str]:
    return run_tool("check-jsonschema", "--schemafile", SPCS_SCHEMA, file)


@pytest.mark.parametrize("name", ["server", "live"])
def test_a_specification_is_valid(name: str, tmp_path: Path) -> None:
    file = DEPLOY / f"spcs/{name}.yaml"
    checked = check_service(file)
    assert checked.returncode == 0, checked.stdout
    for old, new in (("envVarName", "envVarname"), ("@sha256:0", ":latest0"), ("limits", "limit")):
        assert check_service(spoil(file, old, new, tmp_path)).returncode, old


def test_services_are_created_and_changed_but_never_dropped() -> None:
    setup, upgrade = ((DEPLOY / f"spcs/{name}.sql").read_text() for name in ("setup", "upgrade"))
    files = {path.name for path in (DEPLOY / "spcs").glob("*.yaml")}
    named = r"SPECIFICATION_FILE = '(.*?)'"
    assert set(re.findall(named, setup)) == set(re.findall(named, upgrade)) == files
    for text in (setup, upgrade):
        statements = re.sub(r"--.*", "", text)
        assert "DROP" not in statements
        # Live operations of a twin run once.
        for live in re.findall(r"SERVICE (?:IF NOT EXISTS )?gridtwin_live\b[^;]*", statements):
            assert "INSTANCES" not in live or re.findall(r"INSTANCES = (\d)", live) == ["1", "1"]
    made = re.findall(r"CREATE SECRET IF NOT EXISTS (\w+)", setup)
    for file in files:
        spec = yaml.safe_load((DEPLOY / "spcs" / file).read_text())["spec"]
        for secret in spec["containers"][0]["secrets"]:
            assert secret["snowflakeSecret"]["objectName"] in made
    assert not re.findall(r"(?:PASSWORD|SECRET_STRING) = '[^']", setup)


# What they run


COMMANDS = [
    *list_image_commands(),
    *list_compose_commands(),
    *list_unit_commands(),
    *list_pool_commands(),
    *list_page_commands((ROOT / "docs/deploy.md").read_text()),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_is_one_of_the_program(words: list[str]) -> None:
    assert parse_command(words).startswith("gridtwin ")


@pytest.mark.parametrize(
    "words", [["serve", "--prot", "8766"], ["stream", "ingest"], ["db", "migrate"]]
)
def test_a_command_that_is_none_is_caught(words: list[str]) -> None:
    with pytest.raises(USAGE_ERROR):
        parse_command(words)


def test_every_probe_is_a_path_of_the_server() -> None:
    described = json.loads((ROOT / "docs/openapi.json").read_text())["paths"]
    asked = set()
    for file in (*DEPLOY.glob("*.yaml"), *DEPLOY.glob("spcs/*.yaml"), *DEPLOY.rglob("server.yaml")):
        asked |= set(re.findall(r"path\"?:? \"?(/(?:ready|health)\w*)", file.read_text()))
        asked |= set(re.findall(r"127\.0\.0\.1:8766(/\w+)", file.read_text()))
    assert asked == {"/ready", "/health"}
    assert asked <= set(described)
