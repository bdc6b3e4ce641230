"""A start that leaves out what no kernel uses leaves it there for whoever does."""

import subprocess
import sys

ASKS = """
import sys
from signalfire.cli.starting import start_without_blas
start_without_blas()
import numba.np.arraymath
before = "scipy.linalg" in sys.modules
import scipy.linalg.cython_blas
print(before, sys.modules["scipy.linalg.cython_blas"] is not None)
"""


def test_a_start_imports_no_linear_algebra_of_scipy_and_takes_it_from_nobody() -> None:
    told = subprocess.run(
        [sys.executable, "-c", ASKS], check=True, capture_output=True, text=True
    ).stdout
    assert told.split() == ["False", "True"]
