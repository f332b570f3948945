"""Settings: each bound of each family, what a refusal says, and the digest that is a run's identity."""

import json
import math
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from repz_core import config, recipes
from repz_core.config import Config, Recipe, RepzError, Training, allowed, bounds, choices, leaf_paths

METHODS = recipes.names()
LEAVES = [(method, path) for method in METHODS for path in leaf_paths(recipes.family(method).Recipe)]


def field_of(method, path):
    owner, field = recipes.family(method).Recipe, None
    for name in path.split("."):
        field = owner.model_fields[name]
        owner = field.annotation
    return field


BOUNDED = [leaf for leaf in LEAVES if bounds(field_of(*leaf)) != (None, None)]
CHOSEN = [leaf for leaf in LEAVES if choices(field_of(*leaf))]


def value_at(recipe, path):
    for name in path.split("."):
        recipe = getattr(recipe, name)
    return recipe


def refusal(recipe, path, value):
    """The one sentence with which `value` is refused."""
    with pytest.raises(RepzError) as caught:
        recipe.replace(**{path: value})
    message = str(caught.value)
    assert re.fullmatch(r"[^\n]+\.", message)
    assert message.startswith(f"{path} must be {allowed(field_of(recipe.method, path))}; got ")
    assert "pydantic" not in message
    return message


@pytest.mark.parametrize(("method", "path"), BOUNDED)
def test_just_outside_a_bound_is_refused_and_the_bound_itself_is_not(method, path, tiny):
    recipe, field = tiny(method), field_of(method, path)
    for bound, direction in zip(bounds(field), (-1, 1), strict=True):
        assert bound is not None, "every number is bounded on both sides"
        inside = field.annotation(bound)
        outside = inside + direction if field.annotation is int else math.nextafter(inside, direction * math.inf)
        assert value_at(recipe.replace(**{path: inside}), path) == inside
        message = refusal(recipe, path, outside)
        assert message.endswith(f"; got {outside!r}.")
        assert f" from {bounds(field)[0]} to {bounds(field)[1]}" in message


@pytest.mark.parametrize(("method", "path"), BOUNDED)
def test_numbers_that_are_none(method, path, tiny):
    recipe = tiny(method)
    for value in (math.nan, math.inf, -math.inf, "nan", "inf", "", "many", "1,5", None, [1], {"a": 1}, 10**400):
        refusal(recipe, path, value)
    if field_of(method, path).annotation is int:
        refusal(recipe, path, bounds(field_of(method, path))[0] + 0.5)


@pytest.mark.parametrize(("method", "path"), BOUNDED)
def test_text_from_a_command_line_is_the_number_it_says(method, path, tiny):
    recipe, number = tiny(method), bounds(field_of(method, path))[1]
    from_text = recipe.replace(**{path: str(number)})
    assert from_text == recipe.replace(**{path: number})
    assert type(value_at(from_text, path)) is field_of(method, path).annotation


@pytest.mark.parametrize(("method", "path"), CHOSEN)
def test_choices(method, path, tiny):
    recipe, options = tiny(method), choices(field_of(method, path))
    for option in options:
        assert value_at(recipe.replace(**{path: option}), path) == option
        assert recipe.replace(**{path: str(option)}) == recipe.replace(**{path: option})  # as a command line says it
    for other in ("", "cats", 7.5, None, [], "a\nb"):
        assert ", ".join(map(str, options)) in refusal(recipe, path, other)


@pytest.mark.parametrize("method", METHODS)
def test_every_setting_is_bounded_and_described(method):
    for path in leaf_paths(recipes.family(method).Recipe):
        field = field_of(method, path)
        assert (
            path in ("method", "dataset", "parent")
            or (path in {p for _m, p in BOUNDED + CHOSEN})
            or field.annotation is bool
        )
        assert path == "method" or field.description
        assert "\n" not in allowed(field)


@pytest.mark.parametrize("method", METHODS)
def test_unknown_settings_are_named_with_those_there_are(method, tiny):
    recipe = tiny(method)
    known = ", ".join(leaf_paths(type(recipe)))
    for path in ("cats", "model.cats", "training.cats", "seed.x", "model.k.x", "", ".", "model.", "cats.k"):
        with pytest.raises(RepzError) as caught:
            recipe.replace(**{path: 1})
        assert str(caught.value) == f"There is no setting '{path}'; there are {known}."
    values = recipe.model_dump()
    values["model"]["cats"] = 1
    with pytest.raises(RepzError, match=r"^There is no setting 'model\.cats'; there are method, "):
        recipes.parse(values)


def test_what_is_missing_or_no_group(tiny):
    values = tiny().model_dump()
    del values["dataset"]
    with pytest.raises(RepzError, match=r"^dataset is missing: it must be text\.$"):
        recipes.parse(values)
    for given_ in (5, None, "k", [1]):
        with pytest.raises(RepzError, match=r"^model must be a group of settings; got [^\n]*\.$"):
            tiny().replace(model=given_)


@pytest.mark.parametrize("given_", [None, 5, "vae", [], {}, {"method": None}, {"method": "cats"}, {"method": ["vae"]}])
def test_what_is_no_recipe(given_):
    with pytest.raises(RepzError, match=r"^[^\n]*(A recipe must be a JSON object|There is no method)[^\n]*\.$"):
        recipes.parse(given_)


@pytest.mark.parametrize("dataset", ["cats", "digits@0badf00d", "", "a\nb"])
def test_a_data_set_there_is_not(dataset, tiny):
    for ask in (
        lambda: recipes.parse(tiny().model_dump() | {"dataset": dataset}),
        lambda: recipes.default("vae", dataset),
    ):
        with pytest.raises(RepzError, match=r"^(There is no data set|The data set digits is here)[^\n]*\.$"):
            ask()


def test_a_recipe_has_one_digest_however_its_data_set_is_written(tiny):
    assert recipes.parse(tiny().model_dump() | {"dataset": "digits"}).digest() == tiny().digest()
    assert recipes.default("vae", tiny().dataset) == recipes.default("vae", "digits")


def test_a_long_value_makes_no_long_sentence(tiny):
    assert len(refusal(tiny(), "model.k", "x" * 100_000)) < 500
    assert len(refusal(tiny(), "model.k", list(range(10_000)))) < 500


def test_replace_leaves_the_old_one_and_the_rest(tiny):
    old = tiny()
    new = old.replace(**{"model.k": 3, "training.lr": "0.01", "seed": 4})
    assert (new.model.k, new.training.lr, new.seed) == (3, 0.01, 4)
    assert (old.model.k, old.seed) == (2, 0)
    assert new.replace(**{"model.k": 2, "training.lr": old.training.lr, "seed": 0}) == old
    assert new.model.width == old.model.width


def test_frozen(tiny):
    recipe = tiny()
    for owner, name in ((recipe, "seed"), (recipe.model, "k"), (recipe.training, "steps")):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(owner, name, 1)


def other_value(method, path, value):
    field = field_of(method, path)
    if options := [option for option in choices(field) if option != value]:
        return options[0]
    if field.annotation is bool:
        return not value
    low, high = bounds(field)
    return value if (low, high) == (None, None) else high if value != high else low


@pytest.mark.parametrize(("method", "path"), LEAVES)
def test_every_setting_changes_the_digest(method, path, tiny):
    recipe = tiny(method)
    if path == "dataset":
        changed = tiny(method, "mnist5k")
    elif other_value(method, path, value_at(recipe, path)) == value_at(recipe, path):  # it has one value: the method
        assert path in json.loads(recipe.model_dump_json())
        return
    else:
        changed = recipe.replace(**{path: other_value(method, path, value_at(recipe, path))})
    assert changed.digest() != recipe.digest()


@pytest.mark.parametrize("method", METHODS)
def test_the_digest_is_the_same_everywhere(method, tiny):
    recipe = tiny(method)
    assert re.fullmatch("[0-9a-f]{16}", recipe.digest())
    values = json.loads(recipe.model_dump_json())
    turned = {
        name: dict(reversed(value.items())) if isinstance(value, dict) else value
        for name, value in reversed(values.items())
    }
    assert list(turned) != list(values)
    assert recipes.parse(turned).digest() == recipe.digest()
    code = "import sys, json; from repz_core import recipes; print(recipes.parse(json.load(sys.stdin)).digest())"
    done = subprocess.run([sys.executable, "-c", code], input=json.dumps(turned), capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == (recipe.digest(), "")


def test_the_digest_of_a_known_recipe():
    """A change here orphans every run people have: raise config.VERSION instead if numbers changed."""
    values = {
        "method": "vae",
        "dataset": "digits@47012e1a",
        "model": {"k": 2, "beta": 1, "net": "mlp", "width": 16},
        "data": {"threshold": 0.5},
        "training": {"steps": 20, "batch_size": 32, "lr": 1e-3, "num_frames": 5},
        "seed": 7,
        "threads": 1,
        "version": 1,
    }
    assert recipes.parse(values).digest() == "b3ee44e7c55a69d6"


def test_the_version_of_the_code_is_part_of_a_recipe():
    field = Recipe.model_fields["version"]
    assert field.default == config.VERSION
    assert set(choices(field) or bounds(field)) == {config.VERSION}


@pytest.mark.parametrize("method", METHODS)
def test_presets_and_defaults_are_valid(method):
    module = recipes.family(method)
    for name, (dataset, changes) in module.PRESETS.items():
        recipe = recipes.preset(method, name)
        assert recipe == recipes.default(method, dataset).replace(**changes)
        assert recipes.parse(json.loads(recipe.model_dump_json())) == recipe
    with pytest.raises(RepzError, match=rf"^{method} has no preset 'cats'; there are "):
        recipes.preset(method, "cats")


@given(st.integers(1, 200_000), st.integers(2, 120))
def test_rows_and_frames_of_any_length_of_run(steps, num_frames):
    training = Training(steps=steps, num_frames=num_frames)
    frames = training.frame_steps()
    assert {0, steps} <= frames
    assert min(frames) == 0
    assert max(frames) == steps
    assert len(frames) <= num_frames
    if steps >= 100 * num_frames:
        assert len(frames) >= 0.7 * num_frames
    rows = frames | set(range(training.row_every, steps + 1, training.row_every))
    assert len(rows) + len(frames) <= 2000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["vae", "digits", "mlp"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = sorted({name for method, path in LEAVES for name in path.split(".")})
NEAR = st.dictionaries(st.sampled_from(NAMES) | st.text(), JSON | st.dictionaries(st.sampled_from(NAMES), JSON))


@given(JSON | NEAR | NEAR.map(lambda values: {"method": "vae", "dataset": "digits"} | values))
def test_any_json_is_a_recipe_or_one_sentence(values):
    try:
        recipe = recipes.parse(values)
    except RepzError as error:
        assert "\n" not in str(error)  # noqa: PT017 (either outcome is right)
    else:
        assert recipes.parse(json.loads(recipe.model_dump_json())) == recipe


def test_every_kind_of_field_has_words():
    class Kinds(Config):
        """One of each."""

        flag: bool = True
        text: str = ""
        group: Training = Training()

    said = {name: allowed(field) for name, field in Kinds.model_fields.items()}
    assert said == {"flag": "true or false", "text": "text", "group": "a group of settings"}
    assert Kinds().replace(flag="false").flag is False
    with pytest.raises(RepzError, match=r"^flag must be true or false; got 'maybe'\.$"):
        Kinds().replace(flag="maybe")
    assert config.leaf_paths(Kinds)[:2] == ["flag", "text"]


@pytest.mark.parametrize("depth", [90, 300, 900])
@pytest.mark.parametrize("where", ["model", "parent", "dataset", "method", "forks"])
def test_what_is_nested_deep_is_one_sentence(where, depth, tiny):
    """A recipe.json is text of anybody's; neither JSON, pydantic nor repr may run out of stack on it."""
    plain = tiny().plain()
    deep = json.loads('{"a":[' * (depth // 2) + "1" + "]}" * (depth // 2))
    if where == "forks":
        deep = plain
        for seed in range(depth):
            deep = plain | {"parent": {"recipe": deep, "step": 0}, "seed": seed}
    values = deep if where == "forks" else plain | {where: {"recipe": deep, "step": 0} if where == "parent" else deep}
    with pytest.raises(RepzError, match=r"^[^\n]{1,500}\.$"):
        recipes.parse(values)


def test_forks_of_forks_have_room(tiny):
    recipe = tiny()
    for seed in range(45):
        recipe = recipes.fork(recipe, 0 if seed == 0 else 1, **{"training.lr": 0.001 + seed / 1000})
        recipe = recipes.parse(recipe.plain())
    assert recipe.digest() == recipes.parse(json.loads(json.dumps(recipe.plain()))).digest()
