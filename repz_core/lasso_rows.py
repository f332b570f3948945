"""The inner loop of solvers.sparse_encode, row by row and compiled: numba imports in a second, so only who codes does.

Coordinate descent (Friedman et al. 2010) finds signs, and the quadratic that is left for them is minimised exactly, up
to the first sign that would turn (feature-sign search, Lee et al. 2007): every step goes downhill, and where the right
signs are found the answer is exact. All in float64 on the Gram matrix, G = D D^T.
"""

import numpy as np
from numba import njit

SWEEPS = 20  # over the atoms in use, between one sweep over all and the exact step
ROUNDS = 2000
ENOUGH = 1e-10  # relative duality gap of a finished row
TINY = 1e-300
compiled = njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})  # sums in any order: SIMD


@compiled
def encode_rows(correlations, squares, gram, l1, codes, gaps):
    """Fill codes (N, K), given as zeros, and gaps (N,), from D x (N, K) and |x|^2 (N,)."""
    support = np.empty(len(gram), np.int64)
    system = np.empty((len(gram), len(gram)))
    target = np.empty(len(gram))
    left = np.empty(len(gram))  # correlations of the atoms with the residual
    for row in range(len(codes)):
        u, q = codes[row], correlations[row]
        left[:] = q
        gap = relative_gap(u, q, left, squares[row], l1)
        for _round in range(ROUNDS):
            if gap <= ENOUGH:
                break
            sweep(u, left, gram, l1, True)
            for _again in range(SWEEPS):
                sweep(u, left, gram, l1, False)
            if exact_step(u, q, gram, l1, support, system, target):
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
def exact_step(u, q, gram, l1, support, system, target):
    """Move u to the minimum among codes of its signs, G_SS u_S = q_S - l1 sign(u_S), or until one becomes zero, which
    then leaves the support. Whether it moved; it does not where atoms in use depend on each other.
    """
    moved = False
    while True:
        size = 0
        for j in range(len(u)):
            if u[j] != 0.0:
                support[size] = j
                target[size] = q[j] - l1 * np.sign(u[j])
                size += 1
        if not solve(gram, support, size, system, target):
            return moved
        share, turning = 1.0, -1
        for i in range(size):
            now = u[support[i]]
            if target[i] * now <= 0.0 and now / (now - target[i]) < share:
                share, turning = now / (now - target[i]), i
        for i in range(size):
            u[support[i]] += share * (target[i] - u[support[i]])
        moved = True
        if turning < 0:
            return moved
        u[support[turning]] = 0.0


@compiled
def solve(gram, support, size, system, b):
    """b[:size] becomes the solution of the system on the support, by Cholesky; False where it is singular."""
    for i in range(size):
        for j in range(i + 1):
            total = gram[support[i], support[j]]
            for k in range(j):
                total -= system[i, k] * system[j, k]
            if i > j:
                system[i, j] = total / system[j, j]
            elif total > 1e-10 * gram[support[i], support[i]]:
                system[i, i] = np.sqrt(total)
            else:
                return False
    for i in range(size):
        for k in range(i):
            b[i] -= system[i, k] * b[k]
        b[i] /= system[i, i]
    for i in range(size - 1, -1, -1):
        for k in range(i + 1, size):
            b[i] -= system[k, i] * b[k]
        b[i] /= system[i, i]
    return True


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
