"""What can be asked, as data: bounded fields, checked once, from which sliders, docs, errors and tests follow.

A leaf: nothing here knows a method, a data set or torch.
"""

import hashlib
import json
import math
from typing import Any, ClassVar, Literal, NamedTuple, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from repz_core.locale import N_, _


class RepzError(ValueError):
    """A fault a person can mend. Its message is one sentence: what is wrong, what is allowed, what was given."""


class Config(BaseModel):
    """Frozen, closed settings. Every field that is a knob has bounds (`ge`, `le` or a Literal) and a description.

    Hints live in a field's `json_schema_extra`: "primary" (a knob shown first), "log" (a slider over decades), "shape"
    (decides the weights' shapes, so that a fork cannot change it), "for" (the one kind of data it matters to).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def parse(cls, values: dict[str, Any]) -> Self:
        """Validate `values`; a RepzError names the first fault, what is allowed and what was given."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise RepzError(explain(cls, error)) from None

    def replace(self, **changes: Any) -> Self:
        """A validated copy with dotted `changes`, e.g. `replace(**{"model.k": 2})`."""
        values = self.model_dump()
        for path, value in changes.items():
            *parents, last = path.split(".")
            target: Any = values
            for name in parents:
                target = target.get(name) if isinstance(target, dict) else None
            if not isinstance(target, dict) or last not in target:
                raise RepzError(
                    _("There is no setting '{path}'; there are {known}.").format(
                        path=path, known=", ".join(leaf_paths(type(self)))
                    )
                )
            target[last] = value
        return self.parse(values)


VERSION = 1  # of the training code: raise it when the same recipe no longer gives the same numbers


MOST_STEPS = 200_000  # of a run; one that asks for so many is to be ended by a clock


class Training(Config):
    """How long and how fast, the same for every family."""

    steps: int = Field(4000, ge=1, le=MOST_STEPS, description=N_("optimiser steps"))
    batch_size: int = Field(128, ge=1, le=4096, description=N_("images a step"))
    lr: float = Field(1e-3, ge=1e-5, le=1e-1, description=N_("learning rate"), json_schema_extra={"log": True})
    num_frames: int = Field(60, ge=2, le=120, description=N_("snapshots kept over the run, denser at its start"))

    MAX_ROWS: ClassVar[int] = 1200  # rows of losses a run logs at the most; frames come on top

    @property
    def row_every(self) -> int:
        """Steps from one logged row to the next."""
        return math.ceil(self.steps / self.MAX_ROWS)

    def thorough_steps(self) -> frozenset[int]:
        """The frames at which validation takes its time: every eighth, and the last."""
        frames = sorted(self.frame_steps())
        return frozenset([*frames[7::8], frames[-1]])

    def frame_steps(self) -> frozenset[int]:
        """About `num_frames` steps from 0 to the last, exponentially denser at the start, where most happens."""
        growth = [math.expm1(4 * i / (self.num_frames - 1)) / math.expm1(4) for i in range(self.num_frames)]
        return frozenset(round(self.steps * share) for share in growth)


class Parent(Config):
    """Where a forked run comes from: the whole recipe of that run, as in its recipe.json, and the step it left at."""

    recipe: dict[str, Any]
    step: int = Field(ge=0, le=200_000, description=N_("step of the parent at which the fork begins"))


class Recipe(Config):
    """Everything that decides a run's numbers. A family narrows `method`, `model` and `data` in recipes/NAME.py."""

    method: str
    dataset: str = Field(description=N_("data set, as name@version"))
    model: Config
    data: Config
    training: Training = Training()
    seed: int = Field(0, ge=0, le=2**31 - 1, description=N_("seed of weights, batches and noise"))
    threads: int = Field(1, ge=1, le=64, description=N_("processor threads; sums depend on it"))
    version: int = Field(VERSION, ge=1, le=VERSION, description=N_("version of the training code"))
    parent: Parent | None = Field(None, description=N_("the run this one is a fork of"))

    def digest(self) -> str:
        """The identity of the run this recipe asks for: 16 hex digits of SHA-256 over its canonical JSON."""
        canonical = json.dumps(self.plain(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    def plain(self) -> dict[str, Any]:
        """As JSON values; without `parent` where there is none, so that it is as if the field did not exist."""
        values = self.model_dump(mode="json")
        return values if self.parent else {name: value for name, value in values.items() if name != "parent"}


class Family(NamedTuple):
    """Recorded runs that are like a preset, `base`, but for one setting: sliders swap them at once.

    Those that are no presets themselves record `frames` frames; 0: as many as the preset.
    """

    base: str
    path: str
    values: tuple[Any, ...]
    frames: int = 0


def leaf_paths(cls: type[Config]) -> list[str]:
    """Dotted names of all settings of `cls`, nested ones included."""
    paths = []
    for name, field in cls.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Config):
            paths += [f"{name}.{path}" for path in leaf_paths(inner)]
        else:
            paths.append(name)
    return paths


def value(config: Config, path: str) -> Any:
    """The value of the setting with that dotted name."""
    found: Any = config
    for name in path.split("."):
        found = getattr(found, name)
    return found


def field_at(cls: type[Config], path: str) -> FieldInfo:
    """The field with that dotted name."""
    *parents, last = path.split(".")
    for name in parents:
        cls = cls.model_fields[name].annotation  # type: ignore[assignment]  # a group is a Config
    return cls.model_fields[last]


def hint(config: Config | type[Config], path: str, name: str) -> Any:
    """What the setting has for the hint `name` ("primary", "log", "shape", "for"); None where it has none."""
    cls = config if isinstance(config, type) else type(config)
    extra = field_at(cls, path).json_schema_extra
    return extra.get(name) if isinstance(extra, dict) else None


def bounds(field: FieldInfo) -> tuple[Any, Any]:
    """The least and greatest allowed value of a numeric field; None where there is no such bound."""
    ge = next((m.ge for m in field.metadata if hasattr(m, "ge")), None)
    le = next((m.le for m in field.metadata if hasattr(m, "le")), None)
    return ge, le


def choices(field: FieldInfo) -> tuple[Any, ...]:
    """The allowed values of a Literal field, () for any other."""
    return get_args(field.annotation) if get_origin(field.annotation) is Literal else ()


def allowed(field: FieldInfo) -> str:
    """What `field` takes, as words: "a whole number from 1 to 128"."""
    low, high = bounds(field)
    if options := choices(field):
        return _("one of {options}").format(options=", ".join(map(str, options)))
    if field.annotation is bool:
        return _("true or false")
    if field.annotation not in (int, float):
        return _("text") if field.annotation is str else _("a group of settings")
    kind = _("a whole number") if field.annotation is int else _("a number")
    return _("{kind} from {low} to {high}").format(kind=kind, low=low, high=high)


def explain(cls: type[Config], error: ValidationError) -> str:
    """The first fault of a pydantic error in one sentence."""
    first = error.errors()[0]
    path = [str(part) for part in first["loc"]]
    owner, field = cls, None
    for name in path:
        field = owner.model_fields.get(name)
        groups = [field.annotation, *get_args(field.annotation)] if field else []  # a group, or one that may be missing
        if inner := next((group for group in groups if isinstance(group, type) and issubclass(group, Config)), None):
            owner = inner
        elif field is not None:
            break  # what is below is a value's own business
    if field is None:
        return _("There is no setting '{path}'; there are {known}.").format(
            path=".".join(path), known=", ".join(leaf_paths(cls))
        )
    if first["type"] == "missing":
        return _("{path} is missing: it must be {allowed}.").format(path=".".join(path), allowed=allowed(field))
    return _("{path} must be {allowed}; got {given}.").format(
        path=".".join(path), allowed=allowed(field), given=short(first["input"])
    )


def whole(given: Any) -> Any:
    """A whole number written as text, as the command line gives it, as a number; anything else as it is."""
    return int(given) if isinstance(given, str) and given.isdecimal() else given


def short(given: Any) -> str:
    """What was given, on one line and of bounded length."""
    try:
        text = repr(given)
    except (ValueError, RecursionError):  # an int of more digits than Python prints, a list deeper than it follows
        text = type(given).__name__
    return text if len(text) <= 100 else text[:97] + "..."
