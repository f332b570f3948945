"""How each family is done: methods/NAME.py defines `METHOD`, a final subclass of base.Method."""

from importlib import import_module

import torch

from repz_core import recipes
from repz_core.config import Recipe
from repz_core.methods.base import Method


def build(recipe: Recipe, shape: tuple[int, int, int]) -> Method:
    """The recipe's nets with their initial weights, a function of its seed alone (the caller's RNG is untouched)."""
    recipes.family(recipe.method)
    method: type[Method] = import_module(f"{__name__}.{recipe.method}").METHOD
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return method(recipe, shape)
