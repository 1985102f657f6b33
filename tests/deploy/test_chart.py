"""The chart renders manifests that Kubernetes takes, whatever is switched on; a typo is caught."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from deployment_commands import DEPLOY, list_pod_commands, parse_command

pytestmark = pytest.mark.nightly

CHART = DEPLOY / "helm/gridtwin"
TOOLS = Path(sys.executable).parent
EVERYTHING = (
    *(
        "--set",
        "load.enabled=true,load.claim=export,lake.enabled=true,lake.secret=lake,lake.image=grid:lake",
    ),
    *("--set", "lake.catalog=https://catalog/iceberg,operator.secret=operator"),
    *("--set", "server.issuer=https://issuer,server.clientId=grid,server.clientSecret=client"),
    *("--set", "ingress.enabled=true,ingress.host=grid.example,ingress.tlsSecret=tls"),
    *(
        "--set",
        "feeds.enabled=true,feeds.configMap=feeds,webhooks.enabled=true,webhooks.secret=hooks",
    ),
    *("--set", "webhooks.networks=10.2.0.0/16,outageMap.enabled=true,outageMap.claim=public"),
    *("--set", f"image.digest=sha256:{'0' * 64}"),
)


@pytest.fixture(scope="module")
def helm() -> str:
    """Return Helm; a machine without it fails, it never skips."""
    program = shutil.which("helm", path=str(TOOLS)) or shutil.which("helm")
    if program is None:
        pytest.fail("this machine has no Helm: make helm brings it, with Go", pytrace=False)
    return program


def run_tool(*words: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, words)], input=stdin, capture_output=True, text=True, check=False
    )


def check_manifests(manifests: str, into: Path) -> subprocess.CompletedProcess[str]:
    file = into / "manifests.yaml"
    file.write_text(manifests)
    return run_tool(TOOLS / "kubernetes-validate", "--strict", file)


@pytest.mark.parametrize("values", [(), EVERYTHING], ids=["as it is", "everything"])
def test_the_chart_is_valid(helm: str, values: tuple[str, ...], tmp_path: Path) -> None:
    linted = run_tool(helm, "lint", "--strict", CHART, *values)
    assert linted.returncode == 0, linted.stdout
    rendered = run_tool(helm, "template", "grid", CHART, *values)
    assert rendered.returncode == 0, rendered.stderr
    checked = check_manifests(rendered.stdout, tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    commands = list(list_pod_commands(rendered.stdout))
    assert len(commands) == (10 if values else 5)
    for words in commands:
        parse_command(words)
    typos = {"readOnlyRootFilesystem": "readOnlyRootFileSystem"}
    if values:  # of the map of feeds, the key of webhooks, the folder of the public's map
        typos |= {
            "configMap:": "confgMap:",
            "secretKeyRef": "secretKeyref",
            "claimName": "claimname",
        }
    for right, wrong in typos.items():
        assert right in rendered.stdout
        spoiled = rendered.stdout.replace(right, wrong)
        assert check_manifests(spoiled, tmp_path).returncode, wrong


def test_a_typo_in_a_template_is_caught(helm: str, tmp_path: Path) -> None:
    shutil.copytree(CHART, tmp_path / "gridtwin")
    template = tmp_path / "gridtwin/templates/server.yaml"
    template.write_text(template.read_text().replace(".Values.server.replicas", ".Values.sever.x"))
    assert run_tool(helm, "lint", "--strict", tmp_path / "gridtwin").returncode


@pytest.mark.parametrize(
    ("process", "needed"),
    [
        ("lake", "lake.image"),
        ("feeds", "feeds.configMap"),
        ("webhooks", "webhooks.secret"),
        ("outageMap", "outageMap.claim"),
    ],
)
def test_what_must_be_said_is_asked_for(helm: str, process: str, needed: str) -> None:
    told = run_tool(helm, "template", "grid", CHART, "--set", f"{process}.enabled=true")
    assert told.returncode
    assert needed in told.stderr


def test_the_server_and_the_sender_of_webhooks_have_the_same_key(helm: str) -> None:
    rendered = run_tool(helm, "template", "grid", CHART, *EVERYTHING)
    keys = {
        manifest["metadata"]["name"]: each["valueFrom"]["secretKeyRef"]
        for manifest in yaml.safe_load_all(rendered.stdout)
        if manifest["kind"] == "Deployment"
        for each in manifest["spec"]["template"]["spec"]["containers"][0]["env"]
        if each["name"] == "GRIDTWIN_WEBHOOK_KEY"
    }
    assert keys == {
        key: {"name": "hooks", "key": "key"} for key in ("grid-server", "grid-webhooks")
    }
