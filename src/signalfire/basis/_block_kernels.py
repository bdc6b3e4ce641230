"""What straight-line code on lanes stands on: choices, powers and logarithms without a call.

A call of a library or a branch in a loop over lanes would keep the compiler from making vectors.
"""

import math

import numpy as np

from signalfire.basis.kernel import COMPILED, LANES, Floats, block_kernel

if COMPILED:
    from numba import carray, types  # type: ignore[attr-defined]
    from numba.core import cgutils
    from numba.extending import intrinsic, overload

_LN2 = math.log(2.0)


@block_kernel
def pick(condition: bool, one: float, other: float) -> float:
    """``one`` where the condition holds; both are reckoned."""
    return one if condition else other


def block_at(array: Floats, block: int) -> Floats:
    """One block of an array of blocks, rows by lanes, as a view."""
    at: Floats = array[block]
    return at


@block_kernel
def exponent(x: float) -> float:
    """The whole power of two in a positive normal number: x = significand 2^exponent.

    Read off its bits (IEEE 754, binary64): a call of a library would end the vectors.
    """
    bits = np.float64(x).view(np.int64)
    # The exponent's bits, low in the fraction of 2^52, are a whole number beside it.
    beside = np.int64((bits >> 52) | 0x4330000000000000).view(np.float64)
    return float(beside - (4503599627370496.0 + 1023.0))


@block_kernel
def significand(x: float) -> float:
    """What multiplies that power: from 1 to below 2."""
    bits = np.float64(x).view(np.int64)
    return float(np.int64((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000).view(np.float64))


@block_kernel
def exponential(x: float) -> float:
    """exp(x) for -30 < x < 1 to 2e-10, relative: six terms of exp(x / 512), squared nine times."""
    t = x * (1.0 / 512.0)
    e = 1.0 + t * (1.0 + t * (1 / 2 + t * (1 / 6 + t * (1 / 24 + t * (1 / 120 + t * (1 / 720))))))
    e = e * e
    e = e * e
    e = e * e
    e = e * e
    e = e * e
    e = e * e
    e = e * e
    e = e * e
    return e * e


@block_kernel
def logarithm(x: float) -> float:
    """ln(x) to 1e-13 for normal numbers; NaN for what has none. Twice the area tangent's series."""
    m = significand(x)
    e = exponent(x)
    large = m > 1.4142135623730951
    m = pick(large, 0.5 * m, m)
    e = pick(large, e + 1.0, e)
    t = (m - 1.0) / (m + 1.0)
    s = t * t
    series = 1 / 9 + s * (1 / 11 + s * (1 / 13 + s * (1 / 15 + s * (1 / 17))))
    series = 1.0 + s * (1 / 3 + s * (1 / 5 + s * (1 / 7 + s * series)))
    return pick(x > 0.0, e * _LN2 + 2.0 * t * series, math.nan)


if COMPILED:

    @intrinsic
    def _pointer(_context, _address):  # type: ignore[no-untyped-def]
        """An address as a pointer."""

        def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
            return builder.inttoptr(arguments[0], cgutils.voidptr_t)

        return types.voidptr(types.uintp), generate

    @overload(block_at, inline="always")
    def _block_at(array, block):  # type: ignore[no-untyped-def]
        # The number of lanes has to be a literal of the view: a slice would hide it. That takes
        # blocks that lie without gaps; any other array has no implementation.
        if array.layout != "C" or array.ndim != 3:
            return None

        def view(array, block):  # type: ignore[no-untyped-def]
            rows = array.shape[1]
            start = array.ctypes.data + block * rows * LANES * 8
            return carray(_pointer(start), (rows, LANES), np.float64)  # type: ignore[call-arg]

        return view
