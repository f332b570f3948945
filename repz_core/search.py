"""A search over knobs: Optuna's tree of Parzen estimators (Bergstra et al. 2011) proposes runs by what others came to.

Batches of as many runs as train at a time are proposed, trained and told in order, so that a search with the same seed
proposes the same runs: asked for again, it replays those that are there and goes on.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

from repz_core import labels, recipes, sweep
from repz_core.config import Recipe, RepzError
from repz_core.limits import Limits
from repz_core.locale import _
from repz_core.pareto import cost
from repz_core.runs import RunStore, run_id
from repz_core.sweep import Axis, Sweep

FIRST = 8  # proposals by chance, before the first that learns
MOST_TOGETHER = 16  # runs at a time: what is proposed together cannot learn from one another


def search(store: RunStore, asked: Sweep, trials: int, wait: Callable[[Sequence[str]], None]) -> list[str]:
    """Try `trials` recipes for the best of the sweep's goal; their ids, in the order they were proposed.

    `wait(ids)` returns once these runs have ended. Raises RepzError where Optuna is missing, or the goal is no metric.
    """
    optuna = _optuna()
    base = recipes.parse(asked.base)
    _check(base, asked, trials)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=asked.seed, n_startup_trials=FIRST))
    space = {each.path: _law(optuna, base, each) for each in asked.axes}
    before = sweep.members(sweep.check_name(store.root, asked))
    tried: dict[str, Recipe] = {}
    told = 0
    while told < trials:
        batch = [study.ask(space) for _trial in range(min(trials - told, _together()))]
        wanted = [_recipe(base, asked, trial.params) for trial in batch]
        tried |= {run_id(recipe): recipe for recipe in wanted}
        known = {run_id(recipe): recipe for recipe in [*before, *tried.values()]}
        sweep.save(store.root, asked.replace(tried=[recipe.plain() for recipe in known.values()]))
        for recipe in wanted:
            labels.add_tag(store.root, run_id(recipe), asked.name)
            store.submit(recipe)
        wait([run_id(recipe) for recipe in wanted])
        for trial, recipe in zip(batch, wanted, strict=True):
            _tell(optuna, study, trial, store.open(run_id(recipe)).status.metrics.get(asked.goal), asked.goal)
        told += len(batch)
    return list(tried)


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        words = _("A search needs Optuna: {python} -m pip install -r requirements-search.txt.")
        raise RepzError(words.format(python=sys.executable)) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _check(base: Recipe, asked: Sweep, trials: int) -> None:
    metrics = recipes.family(base.method).METRICS
    if asked.goal not in metrics:
        raise RepzError(
            _("--search takes a metric of {method}: one of {known}; got {given}.").format(
                method=base.method, known=", ".join(metrics), given=asked.goal
            )
        )
    if not 1 <= trials <= sweep.MOST_RUNS:
        raise RepzError(_("--trials must be from 1 to {most}; got {given}.").format(most=sweep.MOST_RUNS, given=trials))
    if not asked.axes or asked.seeds > 1:
        raise RepzError(_("A search varies knobs of --grid and --random, with one seed."))


def _together() -> int:
    limits = Limits.from_environment()
    return min(limits.workers, limits.queue, MOST_TOGETHER)


def _law(optuna: Any, base: Recipe, each: Axis) -> Any:
    """What Optuna may propose for an axis."""
    kinds = optuna.distributions
    if not each.law:
        return kinds.CategoricalDistribution(each.values)
    if sweep.is_whole(base, each.path):
        return kinds.IntDistribution(round(each.low), round(each.high), log=each.law == "log")
    return kinds.FloatDistribution(each.low, each.high, log=each.law == "log")


def _recipe(base: Recipe, asked: Sweep, params: dict[str, Any]) -> Recipe:
    changes = {
        each.path: sweep.readable(each, params[each.path]) if each.law else params[each.path] for each in asked.axes
    }
    return recipes.parse(base.replace(**changes).plain())


def _tell(optuna: Any, study: Any, trial: Any, metric: float | None, goal: str) -> None:
    """A run without the metric has failed, from which nothing is learned."""
    if metric is None:
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
    else:
        study.tell(trial, cost(goal, metric))
