"""
Order repairs: most customers per hour of work first, each with what it waits for.

A repair brings customers back only when all above it are done too. Such precedence is *soft*: a
crew may work below before above, but customers wait for both.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.topology.restoration_order import RestorationOrder


def order_by_horn(
    above: NDArray[np.int32], work: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.int32]:
    """
    Return the order of one crew that makes the weighted sum of completion times least.

    Parameters
    ----------
    above
        Per job the job it waits for, -1 for none, shape (jobs,); a forest.
    work
        What each job takes, positive.
    weight
        What each brings back once all above it are done.

    Returns
    -------
        Jobs, first to last, shape (jobs,).

    Notes
    -----
    The job or chain of the highest rate ``weight / work`` is joined to the one it waits for, until
    one chain is left. The rate of a chain is the rho-factor of Tan et al., whose list schedule of
    this order on m crews costs at most ``2 - 1/m`` times the least.

    References
    ----------
    .. [1] Horn, "Single-machine job sequencing with treelike precedence ordering and linear delay
       penalties", SIAM Journal on Applied Mathematics 23(2), 1972.
    .. [2] Tan, Qiu, Das, Kirschen, Arabshahi and Wang, "Scheduling post-disaster repairs in
       electricity distribution networks", arXiv:1702.08382.

    Examples
    --------
    >>> above, work, weight = np.array([-1, 0, -1]), np.array([2.0, 1.0, 1.0]), np.array([0, 9, 2])
    >>> order_by_horn(above, work, weight).tolist()
    [0, 1, 2]
    """
    count = len(above)
    root = count
    leader = list(range(count + 1))
    chain: list[list[int]] = [[job] for job in range(count)] + [[]]
    total_work, total_weight = [*work.tolist(), 0.0], [*weight.tolist(), 0.0]
    parent = np.where(above < 0, root, above).tolist()
    heap = [(-total_weight[job] / total_work[job], job, 0) for job in range(count)]
    heapq.heapify(heap)
    stamp = [0] * (count + 1)

    def lead(job: int) -> int:
        while leader[job] != job:
            leader[job] = leader[leader[job]]
            job = leader[job]
        return job

    while heap:
        _, job, seen = heapq.heappop(heap)
        if leader[job] != job or seen != stamp[job]:
            continue
        over = lead(parent[job])
        leader[job] = over
        chain[over] += chain[job]
        total_work[over] += total_work[job]
        total_weight[over] += total_weight[job]
        stamp[over] += 1
        if over != root:
            heapq.heappush(heap, (-total_weight[over] / total_work[over], over, stamp[over]))
    return np.array(chain[root], dtype=np.int32)


def find_precedence(
    returns: RestorationOrder, customers: NDArray[np.float64], work: NDArray[np.float64]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """
    Return what each job waits for, and the weight of the customers it brings back.

    Parameters
    ----------
    returns
        What waits for what.
    customers
        Weight of the customers of each block, shape (blocks,).
    work
        What each job takes, shape (jobs,).

    Notes
    -----
    Exact on a tree. On a mesh, where a block has several ways, the way of the least work stands for
    all: the order is a policy, and what the customers wait for is reckoned apart from it.
    """
    feeding = returns.find_feeding_blocks(work)
    above = np.full(len(work), -1, dtype=np.int32)
    weight = np.zeros(len(work))
    placed = np.zeros(len(work), dtype=bool)
    last = np.full(len(feeding) + 1, -1, dtype=np.int32)  # the last entry is that of the supply
    for block in _sort_parents_first(feeding):
        tail = int(last[feeding[block]])
        jobs = returns.jobs[block]
        for job in jobs[np.argsort(work[jobs], kind="stable")].tolist():
            if not placed[job]:
                above[job], placed[job], tail = tail, True, job
        if tail < 0 and len(jobs):
            tail = int(jobs[-1])
        last[block] = tail
        if tail >= 0:
            weight[tail] += customers[block]
    return above, weight


def _sort_parents_first(feeding: NDArray[np.int32]) -> list[int]:
    below: dict[int, list[int]] = {}
    for block, parent in enumerate(feeding.tolist()):
        below.setdefault(parent, []).append(block)
    order, front = [], list(reversed(below.get(-1, [])))
    while front:
        block = front.pop()
        order.append(block)
        front += reversed(below.get(block, []))
    return order
