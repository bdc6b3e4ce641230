"""What a command that works with kernels does first, so that it starts sooner."""

import importlib
import sys

_BLAS = "scipy.linalg.cython_blas"


def start_without_blas() -> None:
    """Import what numba needs to load a kernel, but for scipy's linear algebra.

    Numba asks on import whether that is there; no kernel uses it, and it takes a sixth of a start.
    Whoever imports it later gets it.
    """
    if _BLAS in sys.modules or "numba.np.arraymath" in sys.modules:
        return
    sys.modules[_BLAS] = None  # type: ignore[assignment] # as Python says: not to be found
    try:
        importlib.import_module("numba.np.arraymath")
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("numba"):
            raise
    finally:
        del sys.modules[_BLAS]
