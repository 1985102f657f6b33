"""Do long work beside the requests: answered at once where it is quick, else asked for as a job."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from gridtwin.api.answers import answer_request
from gridtwin.api.models import Document, Problem
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES, problem_of
from gridtwin.errors import BusyError, CancelledError, GridtwinError, NotFoundError
from gridtwin.model.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.api.answers import Answer

log = logging.getLogger("gridtwin.api")

WORKERS = 2
MOST_WAITING = 16  # jobs that are not done; more are refused
MOST_KEPT = 64  # jobs that can be asked for
SOON_S = 2.0  # after which a client is told to ask again

router = APIRouter(
    prefix="/api/jobs",
    responses=RESPONSES,
    tags=["jobs"],
    route_class=DeclaredRoute,
    dependencies=[require(Permission.LOOK)],
)


Status = Literal["running", "done", "failed", "cancelled"]


@dataclass(eq=False)
class Job:
    """One piece of long work."""

    id: str
    kind: str
    future: Future[Answer] = field(default_factory=Future)
    progress: float = 0.0
    began: float = field(default_factory=time.monotonic)
    cancelled: Event = field(default_factory=Event)

    def report_progress(self, done: int, steps: int) -> None:
        """Note how far it has come; ends the work where somebody has cancelled it."""
        self.progress = done / max(steps, 1)
        if self.cancelled.is_set():
            msg = f"job {self.id} was cancelled"
            raise CancelledError(msg)

    @property
    def status(self) -> Status:
        """How it stands."""
        if self.cancelled.is_set():
            return "cancelled"
        if not self.future.done():
            return "running"
        return "failed" if self.future.exception() else "done"


class Jobs:
    """The long work of one server: a few at a time, some waiting, the last ones kept."""

    def __init__(self, *, workers: int = WORKERS, waiting: int = MOST_WAITING) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="gridtwin-job")
        self._long = ThreadPoolExecutor(1, thread_name_prefix="gridtwin-long")
        self._waiting = waiting
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = Lock()

    @property
    def running(self) -> int:
        """How many jobs are not done."""
        with self._lock:
            return sum(not job.future.done() for job in self._jobs.values())

    def submit_work(self, kind: str, work: Callable[[Job], Answer], *, long: bool = False) -> Job:
        """
        Take on work; what is known to take long does not stand in the way of the rest.

        Raises
        ------
        BusyError
            If too much is waiting already.
        """
        job = Job(secrets.token_hex(8), kind)
        with self._lock:
            if sum(not each.future.done() for each in self._jobs.values()) >= self._waiting:
                msg = f"{self._waiting} jobs are waiting already: come again when one is done"
                raise BusyError(msg)
            self._jobs[job.id] = job
            self._forget_old()
            pool = self._long if long else self._pool
            # It acts as what the request did that it is for.
            job.future = pool.submit(copy_context().run, self._run_work, job, work)
        return job

    @staticmethod
    def _run_work(job: Job, work: Callable[[Job], Answer]) -> Answer:
        job.report_progress(0, 1)
        found = work(job)
        job.report_progress(1, 1)
        return found

    def _forget_old(self) -> None:
        for old in [job.id for job in self._jobs.values() if job.future.done()]:
            if len(self._jobs) <= MOST_KEPT:
                return
            del self._jobs[old]

    def find_job(self, job: str) -> Job:
        """Return a job; NotFoundError if there is none of that id."""
        with self._lock:
            found = self._jobs.get(job)
        if found is None:
            what = "job"
            raise NotFoundError(what, job)
        return found

    def cancel_job(self, job: str) -> Job:
        """End a job where it next looks, and let nobody have its result."""
        found = self.find_job(job)
        if not found.future.done():
            found.cancelled.set()
            found.future.cancel()
        return found

    def close(self) -> None:
        """End all jobs."""
        with self._lock:
            for job in self._jobs.values():
                job.cancelled.set()
        for pool in (self._pool, self._long):
            pool.shutdown(wait=False, cancel_futures=True)


def jobs_of(request: Request) -> Jobs:
    """Return the jobs of the server that a request reached."""
    jobs: Jobs = request.app.state.jobs
    return jobs


JobsNow = Annotated[Jobs, Depends(jobs_of)]


class JobAnswer(Document):
    """How a job stands."""

    id: str
    kind: str = Field(examples=["forecast"])
    status: Status
    progress: float = Field(ge=0, le=1)
    seconds: float = Field(description="Since it began.")
    result: Any = Field(default=None, description="The answer that was asked for, when done.")
    error: Problem | None = None


ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"model": JobAnswer, "description": "It takes longer: ask at `Location`."}
}


async def answer_soon(
    request: Request, kind: str, work: Callable[[Job], Answer], *, wait_s: float = SOON_S
) -> Response:
    """
    Do work, and answer with its result where that takes no longer than `wait_s`, else with 202.

    Parameters
    ----------
    request
        Who asks.
    kind
        What the work is called.
    work
        What to do, in another thread.
    wait_s
        Seconds to wait for it; 0 for what is known to take longer.
    """
    job = jobs_of(request).submit_work(kind, work, long=not wait_s)
    waiting = asyncio.wrap_future(job.future)
    waiting.add_done_callback(_mark_heard)  # who asks for the job later is told of its error
    if wait_s and (await asyncio.wait([waiting], timeout=wait_s))[0]:
        return await run_in_threadpool(answer_request, request, waiting.result())
    headers = {"Location": f"/api/jobs/{job.id}", "Retry-After": "1", "Cache-Control": "no-store"}
    return JSONResponse(_show_job(job).model_dump(), 202, headers)


def _mark_heard(future: asyncio.Future[Answer]) -> None:
    if not future.cancelled():
        future.exception()


@router.get("/{job}", response_model=JobAnswer)
def read_job(request: Request, jobs: JobsNow, job: str) -> Response:
    """Say how a job stands, with its result when it is done."""
    return answer_request(request, _show_job(jobs.find_job(job)))


@router.delete("/{job}", response_model=JobAnswer)
def cancel_job(request: Request, jobs: JobsNow, job: str) -> Response:
    """Cancel a job."""
    return answer_request(request, _show_job(jobs.cancel_job(job)))


def _show_job(job: Job) -> JobAnswer:
    found = JobAnswer(
        id=job.id,
        kind=job.kind,
        status=job.status,
        progress=min(job.progress, 1.0),
        seconds=round(time.monotonic() - job.began, 3),
    )
    if found.status == "done":
        found.result = job.future.result()
    elif found.status == "failed":
        error = job.future.exception()
        if not isinstance(error, GridtwinError):
            log.error("job failed", exc_info=error, extra={"job": job.id, "kind": job.kind})
        found.error = problem_of(error)[1]
    return found
