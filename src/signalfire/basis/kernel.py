"""``@kernel``: compiled by numba where it is installed, the same source in plain Python where not.

Strict floating point, one thread, cached on disk. The flag ``error_model="numpy"`` gives
infinities instead of exceptions, so that a kernel never raises.

``@block_kernel``: the same for straight-line code on blocks of ``LANES`` objects side by side,
which the compiler turns into the processor's vectors. It may reorder sums and fuse products, but
not assume that there is no NaN.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Function = TypeVar("Function", bound=Callable[..., Any])

LANES = 32
"""Objects side by side in a block: as long as the trip count of a loop that LLVM's vectoriser takes
for worth its run-time checks (16), and a whole number of the longest vectors."""
RELAXED = {"reassoc", "contract", "nsz", "arcp", "afn"}
"""The freedoms of fast-math without the two that let the compiler assume that there is no NaN."""

try:
    from numba import njit

    COMPILED = True
except ImportError:  # pragma: no cover - numba is a locked dependency; plain Python is the fallback
    COMPILED = False


def kernel(function: Function) -> Function:
    """Compile ``function`` where it can be; ``function.py_func`` stays the written one."""
    if not COMPILED:
        function.py_func = function  # type: ignore[attr-defined]
        return function
    compiled: Function = njit(function, cache=True, error_model="numpy", fastmath=False)
    return compiled


def inner_kernel(function: Function) -> Function:
    """As ``kernel``, and put into its callers: for what is called once a track in a long loop.

    A call costs more than its work where whole tables of columns are handed over.
    """
    if not COMPILED:
        return kernel(function)
    compiled: Function = njit(
        function, cache=True, error_model="numpy", fastmath=False, forceinline=True
    )
    return compiled


def block_kernel(function: Function) -> Function:
    """Compile straight-line code of lanes, put into its callers; ``py_func`` is the written one."""
    if not COMPILED:
        return kernel(function)
    compiled: Function = njit(
        function, cache=True, error_model="numpy", fastmath=RELAXED, forceinline=True
    )
    return compiled
