"""Build the image of deploy/Dockerfile, and run it as container engines do: by crun, shut in."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from waiting import PATIENCE_S, started, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
# Cgroups limit nothing here; crun wants to see one kind of them, whatever this machine mixes.
CRUN = (
    *("unshare", "--mount", "sh", "-c"),
    "umount -R -l /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup;"
    ' exec crun --cgroup-manager=disabled "$@"',
    "crun",
)
NAMESPACES = ("mount", "pid", "ipc", "uts", "network")  # nothing of the machine's network is seen


@dataclass(frozen=True)
class Image:
    """An image that was built here."""

    name: str
    root: Path  # its files, mounted
    config: dict[str, Any]  # what it says of its user, environment, command

    @property
    def size(self) -> int:
        """Bytes of all its files, those of several names once."""
        stats = {}
        for place in self.root.rglob("*"):
            if place.is_file() and not place.is_symlink():
                stat = place.stat()
                stats[stat.st_dev, stat.st_ino] = stat.st_size
        return sum(stats.values())


@dataclass(frozen=True)
class Container:
    """A container that runs."""

    name: str
    state: Path
    process: subprocess.Popen[str]

    def run_inside(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a program beside the first one, as its user."""
        command = [*CRUN, "--root", str(self.state), "exec", self.name, *words]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )

    def send_signal(self, name: str) -> int:
        """Send the first process a signal, wait for its end, and return its exit code."""
        command = [*CRUN, "--root", str(self.state), "kill", self.name, name]
        subprocess.run(command, check=True, capture_output=True)
        return self.process.wait(PATIENCE_S)


def run_buildah(*words: str) -> str:
    """Return what buildah says; a machine without it fails."""
    try:
        done = subprocess.run(
            ["buildah", "--storage-driver", "vfs", *words],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.fail("this machine has no buildah: make containers brings it, or apt", pytrace=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout.strip()


@contextmanager
def build_image(name: str) -> Iterator[Image]:
    """Build the image, and mount its files; the image is left to whoever wants to look."""
    if os.geteuid() != 0:
        pytest.fail("an image is built and mounted by root: see make test-long", pytrace=False)
    done = subprocess.run(
        [str(ROOT / "deploy/make_image.sh"), name], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    described = json.loads(run_buildah("inspect", "--type", "image", name))
    container = run_buildah("from", "--pull-never", name)
    try:
        yield Image(name, Path(run_buildah("mount", container)), described["OCIv1"]["config"])
    finally:
        run_buildah("rm", container)


@contextmanager
def run_image(image: Image, data: Path, work: Path, *words: str) -> Iterator[Container]:
    """
    Run an image: its own user, no capability, root read-only, a small /tmp, one volume.

    Parameters
    ----------
    image
        The image.
    data
        The folder that is mounted at ``/data``.
    work
        Where what describes the container is written.
    words
        What comes after its entry point; its own command by default.
    """
    bundle = work / "bundle"
    bundle.mkdir(parents=True)
    (bundle / "config.json").write_text(json.dumps(describe_container(image, data, words)))
    command = [*CRUN, "--root", str(work / "state"), "run", "--bundle", str(bundle), work.name]
    with (
        (work / "log").open("w") as log,
        started(command, stdout=log, stderr=subprocess.STDOUT, text=True) as process,
    ):
        yield Container(work.name, work / "state", process)


def run_to_end(image: Image, data: Path, work: Path, *words: str) -> str:
    """Run an image until it ends well; return what it said."""
    with run_image(image, data, work, *words) as container:
        code = container.process.wait(PATIENCE_S)
    said = (work / "log").read_text()
    assert code == 0, said
    return said


def wait_for_start(container: Container) -> None:
    """Wait until a program can be run inside."""
    wait_until(
        lambda: container.run_inside("true").returncode == 0,
        (container.state.parent / "log").read_text,
        process=container.process,
    )


def describe_container(image: Image, data: Path, words: tuple[str, ...]) -> dict[str, Any]:
    """Return the runtime configuration (OCI runtime specification) of a container of an image."""
    user, group = map(int, image.config["User"].split(":"))
    safe = ["nosuid", "nodev"]
    return {
        "ociVersion": "1.0.0",
        "root": {"path": str(image.root), "readonly": True},
        "hostname": "grid",
        "process": {
            "user": {"uid": user, "gid": group},
            "args": [*image.config["Entrypoint"], *(words or image.config["Cmd"])],
            "env": image.config["Env"],
            "cwd": image.config["WorkingDir"],
            "capabilities": {},
            "noNewPrivileges": True,
        },
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["mode=755"]},
            {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs",  # noqa: S108
             "options": [*safe, "mode=1777", "size=512m"]},
            {"destination": "/data", "type": "bind", "source": str(data),
             "options": [*safe, "bind", "rw"]},
        ],
        "linux": {"namespaces": [{"type": each} for each in NAMESPACES]},
    }  # fmt: skip


def forget_pages(*folders: Path) -> None:
    """Let the machine forget what it has read of some folders, as if it had just started."""
    os.sync()
    for folder in folders:
        for place in folder.rglob("*"):
            if place.is_file() and not place.is_symlink():
                file = os.open(place, os.O_RDONLY)
                try:
                    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
                finally:
                    os.close(file)
