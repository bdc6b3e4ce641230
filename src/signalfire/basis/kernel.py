"""``@kernel``: compiled by numba where it is installed, the same source in plain Python where not.

Strict floating point, one thread, cached on disk. The flag ``error_model="numpy"`` gives
infinities instead of exceptions, so that a kernel never raises.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Function = TypeVar("Function", bound=Callable[..., Any])

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
