"""Which of several runs is better: the direction of each metric, and the front of those that no other beats in two."""

from collections.abc import Sequence

MORE_IS_BETTER = frozenset(
    {"active_units", "alive", "elbo", "high_quality", "knn", "modes", "precision", "recall", "variance_explained"}
    | {"probe_h", "probe_h_10", "probe_z"}
)
BEST = {"spread": 1.0}  # as wide as the truth, neither more nor less


def cost(metric: str, value: float) -> float:
    """How bad a value is: the smaller the better, whatever the metric's direction."""
    name = metric.removeprefix("val_")
    if name in BEST:
        return abs(value - BEST[name])
    return -value if name in MORE_IS_BETTER else value


def front(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Of points of two costs, those that no other beats: is nowhere worse than, and somewhere better."""
    found, best, last = set[int](), float("inf"), (float("nan"), float("nan"))
    for place in sorted(range(len(points)), key=points.__getitem__):
        if points[place][1] < best or points[place] == last:
            found.add(place)
            best, last = points[place][1], points[place]
    return [place in found for place in range(len(points))]
