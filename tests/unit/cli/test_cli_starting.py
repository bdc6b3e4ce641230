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


WARMS = """
from signalfire.cli.warming import warm_kernels
warm_kernels()
from signalfire.analysis._kernels import bound
from signalfire.analysis._sharing_kernels import know
from signalfire.assess._area_kernels import locate
from signalfire.tracking._block_kernels import predict_blocks, update_blocks
from signalfire.tracking._lookback_kernels import trail
from signalfire.tracking._scan_kernels import give
met = (bound, know, locate, predict_blocks, update_blocks, trail, give)
print(*(len(f.overloads) for f in met))
"""


def test_warming_reaches_single_flights_many_at_once_areas_and_the_bounds() -> None:
    told = subprocess.run(
        [sys.executable, "-c", WARMS], check=True, capture_output=True, text=True
    ).stdout
    assert all(int(count) >= 1 for count in told.split())
    assert len(told.split()) == 7
