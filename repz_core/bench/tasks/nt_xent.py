"""NT-Xent and its gradient, 256 and 512 pairs in 128 dimensions, against lightly's NTXentLoss.

Both on two threads, the same temperature. What is timed: the loss and its gradient by both views, and nothing else;
a run is the median of several calls in a row. The table has a row a size, one for a single call of
pytorch-metric-learning's, which takes seconds, and rows that hold loss and gradient in float64 against both; the line
itself is for the worse size.
"""

import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from repz_core.bench.measure import Result, Settings, interleave
from repz_core.bench.peer import Peer
from repz_core.contrastive import nt_xent

REQUIRED = 1.5
SIZES, DIMENSIONS, TEMPERATURE, THREADS = (256, 512), 128, 0.2, 2
SHARP = (0.005, 0.2)  # temperatures at which both must agree


def run(settings: Settings) -> Result:
    """Milliseconds a call of both."""
    repeats, num_runs = settings.pick(2, 30, 60), settings.pick(1, 7, 15)
    if settings.peers is None:
        ours, _none = interleave(num_runs, partial(ours_in, SIZES[-1], repeats), None)
        return Result.of("nt_xent", "ms", ours, [], peer_name="lightly NTXentLoss", required=REQUIRED)
    results, table = [], list[dict[str, Any]]()
    with Peer(settings.peers, "contrastive") as peer:
        for num in SIZES:
            theirs_once = partial(theirs_in, peer, "lightly", num, repeats)
            ours, theirs = interleave(num_runs, partial(ours_in, num, repeats), theirs_once)
            result = Result.of(
                "nt_xent", "ms", ours, theirs, peer_name="lightly NTXentLoss", required=REQUIRED, less_is_better=True
            )
            results.append(result)
            table.append({"pairs": num, "ours": result.ours, "peer": result.peer, "ratio": result.ratio})
        few = settings.pick(16, SIZES[0], SIZES[0])
        slow = theirs_in(peer, "pytorch_metric_learning", few, 1, 0)
        table.append({"peer": "pytorch_metric_learning", "pairs": few, "ms": slow})
        table += [row for temperature in SHARP for row in parity(peer, temperature)]
    worse = min(results, key=lambda result: result.ratio or 0.0)
    return Result(**{**vars(worse), "table": table})


def ours_in(num: int, repeats: int, _run: int) -> float:
    """Median milliseconds of our loss with its gradients."""
    threads = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    noise = torch.Generator().manual_seed(0)
    z1, z2 = (torch.randn(num, DIMENSIONS, generator=noise, requires_grad=True) for _view in range(2))
    seconds = []
    for _repeat in range(repeats):
        start = time.perf_counter()
        torch.autograd.grad(nt_xent(z1, z2, TEMPERATURE), [z1, z2])
        seconds.append(time.perf_counter() - start)
    torch.set_num_threads(threads)
    return 1e3 * statistics.median(seconds)


def theirs_in(peer: Peer, library: str, num: int, repeats: int, _run: int) -> float:
    """The same of a peer's."""
    answer = peer.ask(
        "nt_xent", library=library, num=num, d=DIMENSIONS, temperature=TEMPERATURE, threads=THREADS, repeats=repeats
    )  # fmt: skip
    return 1e3 * statistics.median(answer["seconds"])


def parity(peer: Peer, temperature: float) -> list[dict[str, Any]]:
    """How far loss and gradient are from each library's, in float64, relative to the largest number."""
    z = torch.randn(2, 20, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()
    loss = nt_xent(z[0], z[1], temperature)
    gradient = torch.autograd.grad(loss, z)[0].flatten()
    with tempfile.TemporaryDirectory() as folder:
        pairs = Path(folder) / "pairs.npy"
        np.save(pairs, z.detach().numpy())
        answers = peer.ask("parity", pairs=str(pairs), temperature=temperature)
    rows = []
    for name, theirs in answers.items():
        apart = (gradient - torch.tensor(theirs["gradient"], dtype=torch.float64)).abs().max() / gradient.abs().max()
        rows.append(
            {
                "peer": name,
                "temperature": temperature,
                "loss_apart": abs(loss.item() - theirs["loss"]) / abs(theirs["loss"]),
                "gradient_apart": apart.item(),
            }
        )
    return rows
