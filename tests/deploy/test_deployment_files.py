"""Each file of deploy/ passes the tool it is written for; a typo in it does not."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def find_last_stage_faults(dockerfile: str) -> list[str]:
    """Return what the image that is shipped may not be."""
    last = dockerfile.rsplit("\nFROM ", 1)[1]
    faults = []
    if re.findall(r"^USER (.*)$", last, re.MULTILINE) != ["10001:10001"]:
        faults.append("it does not run as user 10001 alone")
    if re.findall(r"^VOLUME (.*)$", last, re.MULTILINE) != ["/data"]:
        faults.append("it does not keep one volume")
    return faults


def test_the_image_runs_as_nobody_and_keeps_one_volume() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    assert not find_last_stage_faults(text)
    for old, new in (("USER 10001:10001", "USER root"), ("VOLUME /data", "VOLUME /etc")):
        assert find_last_stage_faults(text.replace(old, new)), old


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


def find_exposures(compose: str) -> list[str]:
    """Return ports that are open to others, processes that are not shut in, secrets in plain."""
    services = yaml.safe_load(compose)["services"]
    faults = []
    for name, service in services.items():
        ports = service.get("ports", ())
        faults += [f"{name}: {port}" for port in ports if not port.startswith("127.0.0.1:")]
        shut = service.get("read_only") and service.get("cap_drop") == ["ALL"]
        if "gridtwin" in service["image"] and not shut:
            faults.append(f"{name} is not shut in")
        for variable, value in service.get("environment", {}).items():
            secret = re.search(r"PASSWORD|TOKEN|SECRET|KEY", variable)
            if secret and not value.startswith(("/run/secrets/", "${")):
                faults.append(f"{name}: {variable}")
    return faults


def test_compose_opens_no_port_to_others_and_holds_no_secret() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    assert not find_exposures(text)
    for old, new, fault in (
        ('"127.0.0.1:8766:8766"', '"8766:8766"', "server: 8766:8766"),
        ("cap_drop: [ALL]", "cap_drop: []", "server is not shut in"),
        ("${GRIDTWIN_OPERATOR_TOKEN:-}", "open-sesame", "server: GRIDTWIN_OPERATOR_TOKEN"),
    ):
        assert fault in find_exposures(text.replace(old, new, 1)), old


def find_unnamed_variables(compose: str) -> set[str]:
    """Return what compose asks the environment for, and no example names."""
    named = set(re.findall(r"^(\w+)=", (DEPLOY / "example.env").read_text(), re.MULTILINE))
    return set(re.findall(r"\$\{(GRIDTWIN_\w+)", compose)) - named


def test_every_variable_of_compose_is_in_the_example() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    rare = {"GRIDTWIN_ICEBERG_CLIENT_ID", "GRIDTWIN_ICEBERG_CLIENT_SECRET"}
    assert find_unnamed_variables(text) <= rare
    spoiled = text.replace("${GRIDTWIN_HOSTS", "${GRIDTWIN_HOST")
    assert find_unnamed_variables(spoiled) - rare == {"GRIDTWIN_HOST"}


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
    assert len(services) == 10
    assert not [unit.name for unit in services if weigh(unit)]
    unit = units / "gridtwin-serve.service"
    unit.write_text(unit.read_text().replace("NoNewPrivileges=yes", "").replace("Protect", "X-Pro"))
    assert weigh(unit)


def find_lone_timers(folder: Path) -> list[str]:
    timers = list(folder.glob("*.timer"))
    assert timers
    return [timer.name for timer in timers if not timer.with_suffix(".service").is_file()]


def test_every_timer_has_its_service(units: Path) -> None:
    assert not find_lone_timers(DEPLOY / "systemd")
    (units / "gridtwin-load.service").unlink()
    assert find_lone_timers(units) == ["gridtwin-load.timer"]


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


def find_service_faults(setup: str, upgrade: str) -> list[str]:
    """Return what the SQL of the services may not do, and what it has to."""
    files = {path.name for path in (DEPLOY / "spcs").glob("*.yaml")}
    named = r"SPECIFICATION_FILE = '(.*?)'"
    faults = []
    if not set(re.findall(named, setup)) == set(re.findall(named, upgrade)) == files:
        faults.append("not every specification is created and changed")
    for text in (setup, upgrade):
        statements = re.sub(r"--.*", "", text)
        if re.search(r"\bDROP\b|CREATE OR REPLACE SERVICE", statements):
            faults.append("a service is dropped, and loses its address")
        # Live operations of a twin run once.
        lives = re.findall(r"SERVICE (?:IF NOT EXISTS )?gridtwin_live\b[^;]*", statements)
        counts = [re.findall(r"INSTANCES = (\d+)", live) for live in lives]
        if any(count not in ([], ["1", "1"]) for count in counts):
            faults.append("live operations run more than once")
    made = re.findall(r"CREATE SECRET IF NOT EXISTS (\w+)", setup)
    for file in sorted(files):
        spec = yaml.safe_load((DEPLOY / "spcs" / file).read_text())["spec"]
        secrets = [each["snowflakeSecret"] for each in spec["containers"][0]["secrets"]]
        if not {each["objectName"] for each in secrets} <= set(made):
            faults.append(f"{file} asks for a secret that nothing makes")
    if re.findall(r"(?:PASSWORD|SECRET_STRING) = '[^']", setup):
        faults.append("a secret stands in the file")
    return faults


def test_services_are_created_and_changed_but_never_dropped() -> None:
    setup, upgrade = ((DEPLOY / f"spcs/{name}.sql").read_text() for name in ("setup", "upgrade"))
    assert not find_service_faults(setup, upgrade)
    for old, new in (
        ("'live.yaml'", "'alive.yaml'"),
        (
            "CREATE SERVICE IF NOT EXISTS gridtwin_server",
            "CREATE OR REPLACE SERVICE gridtwin_server",
        ),
        ("MAX_INSTANCES = 1;", "MAX_INSTANCES = 2;"),
        ("gridtwin_operator TYPE", "gridtwin_operater TYPE"),
        ("PASSWORD = ''", "PASSWORD = 'open-sesame'"),
    ):
        assert old in setup
        assert len(find_service_faults(setup.replace(old, new), upgrade)) == 1, old
    assert find_service_faults(setup, upgrade + "DROP SERVICE gridtwin_server;")


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


def find_missing(page: str, commands: Iterable[list[str]]) -> set[str]:
    """Return the processes of the page's table that none of some commands starts."""
    started = {parse_command(words).removeprefix("gridtwin ") for words in commands}
    processes = re.findall(r"^\| `gridtwin ([a-z -]+?)(?: --\S+)?`", page, re.MULTILINE)
    return set(processes) - started


def test_every_process_is_started_by_each_way() -> None:
    page = (ROOT / "docs/deploy.md").read_text()
    assert find_missing(page, list_unit_commands()) == set()
    of_a_folder = {"backup write"}  # the others keep their twin in a database
    assert find_missing(page, list_compose_commands()) == of_a_folder
    for name in ("feeds run", "webhooks run", "publish outage-map"):
        others = [words for words in list_compose_commands() if words[:2] != name.split()]
        assert find_missing(page, others) == {*of_a_folder, name}


def find_probes(files: Iterable[Path]) -> set[str]:
    """Return the paths by which some files ask whether a server lives."""
    asked = set()
    for file in files:
        text = file.read_text()
        asked |= set(re.findall(r"path\"?:? \"?(/(?:ready|health)\w*)", text))
        asked |= set(re.findall(r"127\.0\.0\.1:8766(/\w+)", text))
    return asked


def test_every_probe_is_a_path_of_the_server(tmp_path: Path) -> None:
    described = json.loads((ROOT / "docs/openapi.json").read_text())["paths"]
    files = (*DEPLOY.glob("*.yaml"), *DEPLOY.glob("spcs/*.yaml"), *DEPLOY.rglob("server.yaml"))
    assert find_probes(files) == {"/ready", "/health"}
    assert find_probes(files) <= set(described)
    typo = spoil(DEPLOY / "spcs/server.yaml", "path: /ready", "path: /readyz", tmp_path)
    assert find_probes([typo]) - set(described) == {"/readyz"}
