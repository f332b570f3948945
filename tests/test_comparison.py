"""What a comparison asks for, and the file that holds it."""

import gzip
from typing import Any

import numpy as np
import pytest
from scipy import stats

from repz_core import comparison, recipes
from repz_core.comparison import COLUMNS, QUANTILES, Ask, Cell, Row, Table, cell, listed, opened, write
from repz_core.config import RepzError, value
from repz_core.runs import RunStore


def small_table(**changes: Any) -> Table:
    """A table of two rows, as a file may hold it."""
    none = {name: Cell(why="no_density") for name in COLUMNS}
    rows = (
        Row(name="pca", cells=none | {"recon": cell([2.0], "no_seed"), "l0": cell([8.0])}),
        Row(name="vae", runs=("vae-0123456789abcdef",), cells=none | {"recon": cell([3.0, 5.0])}),
    )
    ask = Ask(dataset="digits@47012e1a", size=8, seeds=2)
    return Table(**{"ask": ask, "rows": rows, "pair": (0, 1), "train": 10, "test": 5} | changes)


ARRAYS = {"inputs": np.zeros((2, 1, 8, 8), np.uint8), "map_pca": np.zeros((5, 2), np.float16)}


def test_every_family_is_asked_for_the_same_size_and_seeds() -> None:
    asked = Ask(dataset="mnist5k", size=32, seeds=3).recipes()
    assert list(asked) == ["linear_ae", "sparse_coding", "sparse_ae", "vae", "gan", "simclr"]
    assert set(asked) == set(recipes.names())
    for group in asked.values():
        assert [recipe.seed for recipe in group] == [0, 1, 2]
        sizes = [path for path in comparison.SIZES if path.split(".")[1] in type(group[0].model).model_fields]
        assert [value(recipe, sizes[0]) for recipe in group] == [32] * 3


def test_a_try_has_few_steps_in_every_family() -> None:
    ask = Ask(dataset="digits", size=8, seeds=2, steps=20)
    assert {recipe.training.steps for group in ask.recipes().values() for recipe in group} == {20}
    assert ask.id == "digits-8x2-20-steps"
    assert ask.command.endswith("--dataset digits --size 8 --seeds 2 --steps 20")


@pytest.mark.parametrize(
    ("dataset", "sentence"),
    [("ring8", "compared on images; got ring8, which is points"), ("nothing", "There is no data set")],
)
def test_what_cannot_be_compared_is_said(dataset: str, sentence: str) -> None:
    with pytest.raises(RepzError, match=sentence):
        Ask(dataset=dataset).recipes()


@pytest.mark.parametrize("values", [[1.0, 2.0], [0.9, 0.91, 0.95], list(range(10))])
def test_intervals_are_students(values: list[float]) -> None:
    found = cell(values)
    low, high = stats.t.interval(0.95, len(values) - 1, loc=np.mean(values), scale=stats.sem(values))
    assert found.mean == pytest.approx((low + high) / 2)
    assert found.half == pytest.approx((high - low) / 2, rel=1e-5)


def test_quantiles_are_those_of_the_law() -> None:
    assert list(QUANTILES.values()) == pytest.approx([stats.t.ppf(0.975, n - 1) for n in QUANTILES], rel=1e-5)


def test_a_number_alone_has_no_interval_and_says_why() -> None:
    assert (cell([2.0]).half, cell([2.0]).why) == (None, "one_seed")
    assert (cell([], "no_decoder").mean, cell([], "no_decoder").why) == (None, "no_decoder")


def test_a_file_holds_table_and_arrays(store: RunStore) -> None:
    table = small_table()
    found = write(table, ARRAYS, store.root)
    again = opened(store, found.id)
    assert (again.id, again.table) == ("digits-8x2", table)
    assert {name: array.shape for name, array in again.arrays().items()} == {"inputs": (2, 1, 8, 8), "map_pca": (5, 2)}
    assert [path.name for path in (store.root / "comparisons").iterdir()] == ["digits-8x2.safetensors.gz"]


def test_the_users_own_stands_in_for_the_shipped_one(store: RunStore) -> None:
    write(small_table(test=7), ARRAYS, store.shipped)
    [shipped] = listed(store)
    assert shipped.table.test == 7
    write(small_table(), ARRAYS, store.root)
    [mine] = listed(store)
    assert mine.table.test == opened(store, "digits-8x2").table.test == 5


@pytest.mark.parametrize(
    "content",
    [
        b"", b"nonsense", gzip.compress(b"short"), gzip.compress(b"\2\0\0\0\0\0\0\0{}"),
        gzip.compress(b"\xff" * 64),
        gzip.compress(b"\x24\0\0\0\0\0\0\0" + b'{"__metadata__":{"table":"{\\"a\\":1}"}}   '),
    ],
)  # fmt: skip
def test_a_damaged_file_is_a_sentence(content: bytes, store: RunStore) -> None:
    path = write(small_table(), ARRAYS, store.root).path
    path.write_bytes(content)
    assert listed(store) == []
    with pytest.raises(RepzError, match="cannot be read"):
        assert opened(store, "digits-8x2").table


@pytest.mark.parametrize("id", ["", "nothing-8x2", "../../etc/passwd", "x" * 500])
def test_an_unknown_one_is_a_sentence(id: str, store: RunStore) -> None:
    with pytest.raises(RepzError, match="There is no comparison"):
        opened(store, id)
