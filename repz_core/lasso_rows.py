"""The inner loop of solvers.sparse_encode, row by row and compiled: numba imports in a second, so only who codes does.

Coordinate descent (Friedman et al. 2010) finds signs, and the quadratic that is left for them is minimised exactly, up
to the first sign that would turn (feature-sign search, Lee et al. 2007): every step goes downhill, and where the right
signs are found the answer is exact. All in float64 on the Gram matrix, G = D D^T.
"""

import numpy as np
from numba import njit

SWEEPS = 20  # over the atoms in use, between one sweep over all and the exact step
ROUNDS = 2000
DEPENDENT = 1e-12  # share of an atom's squared norm that must lie outside the span of the others in use
TINY = 1e-300
compiled = njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})  # sums in any order: SIMD


@compiled
def encode_rows(correlations, squares, gram, l1, enough, codes, gaps):
    """Fill codes (N, K), given as zeros, and gaps (N,), from D x (N, K) and |x|^2 (N,); a row is done at a relative
    duality gap of `enough`.
    """
    support = np.empty(len(gram), np.int64)
    system = np.empty((len(gram), len(gram)))
    way = np.empty(len(gram))
    left = np.empty(len(gram))  # correlations of the atoms with the residual
    for row in range(len(codes)):
        u, q = codes[row], correlations[row]
        left[:] = q
        gap = relative_gap(u, q, left, squares[row], l1)
        for _round in range(ROUNDS):
            if gap <= enough:
                break
            sweep(u, left, gram, l1, True)
            for _again in range(SWEEPS):
                sweep(u, left, gram, l1, False)
            if exact_step(u, q, gram, l1, support, system, way):
                left[:] = q
                for j in range(len(u)):
                    if u[j] != 0.0:
                        subtract(left, u[j], gram[j])
            gap = relative_gap(u, q, left, squares[row], l1)
        gaps[row] = gap


@compiled
def subtract(a, factor, b):
    """a -= factor b, without an array in between."""
    for i in range(len(a)):
        a[i] -= factor * b[i]


@compiled
def sweep(u, left, gram, l1, everywhere):
    """The best value of each code, one after the other; of all or of those in use."""
    for j in range(len(u)):
        old = u[j]
        if (everywhere or old != 0.0) and gram[j, j] > 0.0:
            best = left[j] + gram[j, j] * old
            new = (best - l1 if best > l1 else best + l1 if best < -l1 else 0.0) / gram[j, j]
            if new != old:
                subtract(left, new - old, gram[j])
                u[j] = new


@compiled
def exact_step(u, q, gram, l1, support, system, b):
    """Move u to the minimum among codes of its signs, G_SS u_S = q_S - l1 sign(u_S), or until one becomes zero, which
    then leaves the support; likewise along a dependency of the atoms in use. Whether it moved.
    """
    moved = False
    while True:
        size = 0
        for j in range(len(u)):
            if u[j] != 0.0:
                support[size] = j
                size += 1
        dependent = factor(gram, support, size, system)
        if dependent < 0:
            for i in range(size):
                b[i] = q[support[i]] - l1 * np.sign(u[support[i]])
            substitute(system, size, b)
            for i in range(size):
                b[i] -= u[support[i]]
            turning = walk(u, support, size, b, 1.0)
        else:
            dependency(u, gram, support, dependent, system, b)
            size = dependent + 1
            turning = walk(u, support, size, b, np.inf)
        moved = moved or dependent < 0 or turning >= 0
        if turning < 0:
            return moved
        u[support[turning]] = 0.0


@compiled
def walk(u, support, size, way, farthest):
    """Along `way` from u on the support, `farthest` times its length or to the first code that becomes zero: which."""
    share, turning = farthest, -1
    for i in range(size):
        now = u[support[i]]
        if way[i] * now < 0.0 and -now / way[i] <= share:
            share, turning = -now / way[i], i
    if share < np.inf:
        for i in range(size):
            u[support[i]] += share * way[i]
    return turning


@compiled
def dependency(u, gram, support, last, system, way):
    """Fill way[: last + 1] with changes of the codes that change no reconstruction and do not raise their sizes' sum:
    the atom at place `last` of the support is a combination of those before it.
    """
    for i in range(last):
        way[i] = -gram[support[i], support[last]]
    substitute(system, last, way)
    way[last] = 1.0
    slope = 0.0
    for i in range(last + 1):
        slope += np.sign(u[support[i]]) * way[i]
    sign = -np.sign(slope) if abs(slope) > 1e-9 else -np.sign(u[support[last]])
    for i in range(last + 1):
        way[i] *= sign


@compiled
def factor(gram, support, size, system):
    """Cholesky of the Gram matrix on the support into `system`: the first place that depends on those before, or -1."""
    for i in range(size):
        for j in range(i + 1):
            total = gram[support[i], support[j]]
            for k in range(j):
                total -= system[i, k] * system[j, k]
            if i > j:
                system[i, j] = total / system[j, j]
            elif total > DEPENDENT * gram[support[i], support[i]]:
                system[i, i] = np.sqrt(total)
            else:
                return i
    return -1


@compiled
def substitute(system, size, b):
    """b[:size] becomes the solution of the factored system with that right side."""
    for i in range(size):
        for k in range(i):
            b[i] -= system[i, k] * b[k]
        b[i] /= system[i, i]
    for i in range(size - 1, -1, -1):
        for k in range(i + 1, size):
            b[i] -= system[k, i] * b[k]
        b[i] /= system[i, i]


@compiled
def relative_gap(u, q, left, square, l1):
    """(P - D) / P, with the residual, shrunk until it is feasible, as the dual point."""
    along, steepest, size, reached = 0.0, 0.0, 0.0, 0.0
    for j in range(len(u)):
        along += u[j] * q[j]
        reached += u[j] * (q[j] - left[j])
        steepest = max(steepest, abs(left[j]))
        size += abs(u[j])
    residual = max(square - 2 * along + reached, 0.0)
    primal = residual / 2 + l1 * size
    scale = min(1.0, l1 / max(steepest, TINY))
    dual = scale * (square - along) - scale * scale * residual / 2
    return max(primal - dual, 0.0) / max(primal, TINY)
