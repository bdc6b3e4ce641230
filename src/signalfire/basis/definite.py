"""Inverses of covariances and of normal equations, or the word that there are none.

What sensors send may make any of these matrices singular, indefinite or not finite. A caller that
gets no inverse has no estimate; rounding is never handed on as one.
"""

import numpy as np

from signalfire.basis.kernel import Flags, Floats

CONDITION_MAX = 1e12
"""Greatest ratio of eigenvalues, each row and column scaled to a diagonal of one. An inverse loses
as many digits as this has (Golub and Van Loan (2013), Matrix Computations, section 2.6.2), of the
sixteen that there are: four are left, more than any sigma is known to. The scaling is within the
size of the matrix of the best that there is (van der Sluis (1969), Numerische Mathematik 14)."""


def inverse(matrix: Floats) -> Floats | None:
    """The inverse of a symmetric positive definite matrix (n, n); None where there is none.

    By the rule and with the digits of ``inverses``, without what many at once take.
    """
    diagonal = matrix.diagonal()
    if not np.isfinite(matrix).all() or not (diagonal > 0.0).all():
        return None
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        scale = 1.0 / np.sqrt(diagonal)
        outer = scale[:, np.newaxis] * scale
        scaled = matrix * outer
        if not np.isfinite(scaled).all():
            return None
        try:
            values, vectors = np.linalg.eigh(scaled)
        except np.linalg.LinAlgError:
            return None
        if not values[0] * CONDITION_MAX > values[-1]:
            return None
        found: Floats = (vectors / values) @ vectors.T * outer
    return found if np.isfinite(found).all() else None


def inverses(matrices: Floats) -> tuple[Floats, Flags]:
    """Inverses (m, n, n) of symmetric matrices, and which of them there are; the others are zero.

    There is one of a matrix that is finite, positive definite and conditioned no worse than
    ``CONDITION_MAX``. Rows and columns may have units of their own.
    """
    size = matrices.shape[-1]
    diagonal = np.diagonal(matrices, axis1=1, axis2=2)
    is_sound: Flags = np.asarray(np.isfinite(matrices).all(axis=(1, 2)))
    is_sound &= (diagonal > 0.0).all(axis=1)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        scale = 1.0 / np.sqrt(np.where(is_sound[:, np.newaxis], diagonal, 1.0))
        outer = scale[:, :, np.newaxis] * scale[:, np.newaxis, :]
        scaled = np.where(is_sound[:, np.newaxis, np.newaxis], matrices, np.eye(size)) * outer
        is_sound &= np.isfinite(scaled).all(axis=(1, 2))
        scaled[~is_sound] = np.eye(size)
        try:
            values, vectors = np.linalg.eigh(scaled)
        except np.linalg.LinAlgError:
            # Of one that did not converge nothing is known, and of those beside it not which.
            return np.zeros_like(scaled), np.zeros_like(is_sound)
        is_sound &= values[:, 0] * CONDITION_MAX > values[:, -1]
        safe = np.where(is_sound[:, np.newaxis], values, 1.0)[:, np.newaxis, :]
        found = (vectors / safe) @ vectors.transpose(0, 2, 1) * outer
        is_sound &= np.isfinite(found).all(axis=(1, 2))
    found[~is_sound] = 0.0
    return found, is_sound
