"""``@lanes_kernel``: straight-line code over a block of flights, for the processor's vectors."""

from signalfire.basis.kernel import COMPILED, Function, kernel

_RELAXED = {"reassoc", "contract", "nsz", "arcp", "afn"}
"""Sums may be reordered and products fused; that there is no NaN is not assumed."""

if COMPILED:
    from numba import njit


def lanes_kernel(function: Function) -> Function:
    """Compile and put into its callers, where the block's shape is a literal."""
    if not COMPILED:
        return kernel(function)
    compiled: Function = njit(
        function, cache=True, error_model="numpy", fastmath=_RELAXED, forceinline=True
    )
    return compiled
