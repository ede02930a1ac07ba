"""What products are computed in: bfloat16 where this processor multiplies it faster."""

import time
from functools import cache

import torch
import torch.nn.functional as F

ROWS, INSIDE, OUTSIDE = 2048, 384, 1536     # a batch of photos through a layer of the tower
TRIES = 5


def seconds(kind):
    """The least time that one product took; the first try is not counted."""
    x, w = torch.zeros(ROWS, INSIDE, dtype=kind), torch.zeros(OUTSIDE, INSIDE, dtype=kind)
    times = []
    for _ in range(1 + TRIES):
        start = time.perf_counter()
        F.linear(x, w)
        times.append(time.perf_counter() - start)
    return min(times[1:])


@cache
def is_faster_in_bfloat16():
    """Tried out, for the names of a processor's capabilities do not tell: with AMX it is several times as fast, on one
    that had only `avx512_bf16` slower than float32, and elsewhere it is imitated."""
    return seconds(torch.bfloat16) < seconds(torch.float32)


def products():
    """A context with products in bfloat16 where that is faster."""
    return torch.autocast("cpu", torch.bfloat16, enabled=is_faster_in_bfloat16())
