"""What a command that works with kernels does first, so that it starts sooner."""

import gc
import importlib
import sys

_BLAS = "scipy.linalg.cython_blas"


def start_without_blas() -> None:
    """Import what numba needs to load a kernel, but for scipy's linear algebra.

    Numba asks on import whether that is there; no kernel uses it, and it takes a sixth of a start.
    Whoever imports it later gets it. What is imported stays for good: the search for what may be
    let go, a tenth of a start, waits meanwhile and passes it over from then on.
    """
    if _BLAS in sys.modules or "numba.np.arraymath" in sys.modules:
        return
    sys.modules[_BLAS] = None  # type: ignore[assignment] # as Python says: not to be found
    was_searching = gc.isenabled()
    gc.disable()
    try:
        importlib.import_module("numba.np.arraymath")
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("numba"):
            raise
    finally:
        del sys.modules[_BLAS]
        gc.freeze()
        if was_searching:
            gc.enable()
