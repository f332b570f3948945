"""Files become a data set of your own: read, checked, made square, shuffled and split; nothing is kept yet."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from repz_core.config import Config, RepzError
from repz_core.datasets import bounds, formats, pictures, shelf
from repz_core.datasets.cards import Card
from repz_core.datasets.formats import Found
from repz_core.datasets.given import Given, gunzipped, opened, refused, shown
from repz_core.datasets.splits import permutation, stratified
from repz_core.locale import N_, _

_ORDER_SEED = 5_001
LEAST_ROW = 4  # pixels a side of images that come as rows: four numbers of a flower are no image
_ROWS = 4096  # at a time, where numbers change their type


class Options(Config):
    """What is chosen when data are added."""

    side: int | None = Field(
        None, ge=bounds.LEAST_SIDE, le=bounds.MOST_SIDE, description=N_("pixels a side; as they come, unless said")
    )
    grey: bool = Field(False, description=N_("colour images become grey"))
    train: int = Field(72, ge=bounds.LEAST_TRAIN, le=90, description=N_("percent for training"))
    validation: int = Field(8, ge=bounds.LEAST_HELD_OUT, le=45, description=N_("percent for validation"))
    seed: int = Field(0, ge=0, le=2**31 - 1, description=N_("seed of the split"))

    @classmethod
    def of(cls, values: dict[str, Any]) -> "Options":
        """The validated options. Raises RepzError where they are not, or leave nothing to test on."""
        options = cls.parse(values)
        if options.train + options.validation > 100 - bounds.LEAST_HELD_OUT:
            fault = _(
                "Training and validation may take {most} percent, so that there is something to test on; got {given}."
            )
            raise RepzError(fault.format(most=100 - bounds.LEAST_HELD_OUT, given=options.train + options.validation))
        return options


class Intake(NamedTuple):
    """A data set as it would be kept, and how its files were taken, a line each."""

    arrays: shelf.Arrays
    card: Card
    said: tuple[str, ...]


def take(paths: Sequence[Path], name: str, options: Options) -> Intake:
    """The data set of those files. Raises RepzError with one sentence for whatever is none."""
    shelf.check_name(name)
    said: list[str] = []
    with opened(paths) as files:
        if not files:
            raise refused(paths[0].name if paths else "-", _("there is no file in it"))
        x, found, kind = _images_or_points(files, options, said)
        source = shown(paths[0].name)
    names, y = _classes(files[0], found, len(x), said)
    if not bounds.LEAST_IMAGES <= len(x) <= bounds.MOST_IMAGES:
        fault = _("it has {given:,} examples; {least} to {most:,} may be")
        raise refused(source, fault.format(given=len(x), least=bounds.LEAST_IMAGES, most=bounds.MOST_IMAGES))
    split = stratified(y, (options.train, options.validation), options.seed)
    _check_split(source, split)
    order = permutation(_ORDER_SEED, len(x))
    order = order[np.argsort(split[order], kind="stable")]
    shape = (x.shape[1], x.shape[2], x.shape[3]) if kind == "images" else (x.shape[1], 1, 1)
    arrays = {"x": np.ascontiguousarray(x.reshape(len(x), -1)[order]), "y": y[order], "split": split[order]}
    card = Card(
        name=name, version="", title=name, description=_about(len(x), shape, kind, source), shape=shape,
        num_classes=len(names), class_names=names, size=len(x), network=False, kind=kind,
        num_train=int((split == 0).sum()), own=True,
    )  # fmt: skip
    return Intake(arrays, card._replace(version=shelf.version_of(arrays, card)), tuple(said))


def _about(num: int, shape: tuple[int, int, int], kind: str, source: str) -> str:
    """The description of a data set, in English: it is written to disk."""
    channels, rows, columns = shape
    if kind == "points":
        return f"{num:,} points of {channels} coordinates, from {source}."
    return f"{num:,} images of {rows} x {columns} {'colour ' * (channels == 3)}pixels, from {source}."


def _images_or_points(
    files: Sequence[Given], options: Options, said: list[str]
) -> tuple[NDArray[Any], NDArray[Any] | None, Any]:
    """Images (N, C, side, side) uint8 or points (N, 2) float32, their labels, and which of both they are."""
    seen = [given for given in files if given.base.lower().endswith(pictures.ENDINGS)]
    if seen:
        if other := next((given for given in files if given not in seen), None):
            raise refused(other.name, _("it lies among images and is neither a png nor a jpeg"))
        made = pictures.decoded(seen, options.side, options.grey)
        _tell_size(made.came, made.images.shape[2], said)
        return made.images, made.labels, "images"
    found = _arrays(files)
    values = found.values
    if values.ndim == 2 and values.shape[1] == 2:
        return _points(files[0], values), found.labels, "points"
    images = _bytes(files[0], _shaped(files[0], values), said)
    side = options.side or pictures.usual_side(*images.shape[2:])
    channels = 1 if options.grey else images.shape[1]
    if len(images) * channels * side * side > bounds.MOST_KEPT:
        raise refused(files[0].name, _("there are too many pixels in all; choose a smaller size, or leave some out"))
    _tell_size((images.shape[2], images.shape[3]), side, said)
    return pictures.squares(images, side, options.grey), found.labels, "images"


def _arrays(files: Sequence[Given]) -> Found:
    """What one npz or CSV file holds, or IDX files together."""
    if files[0].base.endswith(".npz"):
        alone = formats.npz
    else:
        contents = [(given, gunzipped(given.name, given.read())) for given in files]
        if all(formats.is_idx(content) for _given, content in contents):
            return formats.idx_pairs([(given, formats.idx(given, content)) for given, content in contents])
        alone = formats.csv
    if len(files) > 1:
        raise refused(files[1].name, _("several files must be png or jpeg images, or IDX images and labels"))
    return alone(files[0])


def _tell_size(came: tuple[int, int], side: int, said: list[str]) -> None:
    if came != (side, side):
        old = f"{came[0]} x {came[1]}" if came[0] else _("several sizes")
        said.append(_("resized from {old} to {side} x {side} pixels").format(old=old, side=side))


def _points(given: Given, values: NDArray[Any]) -> NDArray[np.float32]:
    if not (values.size and abs(values.astype(np.float64)).max() <= bounds.MOST_REACH):  # as is not true of NaN
        fault = _("a point's coordinates must be numbers from -{most:g} to {most:g}")
        raise refused(given.name, fault.format(most=bounds.MOST_REACH))
    return values.astype(np.float32)


def _shaped(given: Given, values: NDArray[Any]) -> NDArray[Any]:
    """Values as (N, C, H, W), C of 1 or 3."""
    shape = values.shape
    if len(shape) == 2:
        for channels in (1, 3):
            side = round((shape[1] / channels) ** 0.5)
            if side >= LEAST_ROW and channels * side**2 == shape[1]:
                return values.reshape(len(values), channels, side, side)
    if len(shape) == 3:
        return _within(given, values[:, None])
    if len(shape) == 4 and shape[1] in (1, 3):
        return _within(given, values)
    if len(shape) == 4 and shape[3] in (1, 3):
        return _within(given, np.moveaxis(values, 3, 1))
    fault = _(
        "images are of shape (N, H, W), (N, C, H, W) or (N, H, W, C) with 1 or 3 channels, or rows of a square's "
        "pixels, and points rows of 2 numbers; it has shape {shape}"
    )
    raise refused(given.name, fault.format(shape=shape))


def _within(given: Given, values: NDArray[Any]) -> NDArray[Any]:
    if not values.size or values.shape[2] * values.shape[3] > bounds.MOST_PIXELS:
        raise refused(
            given.name,
            _("its images have {rows} x {columns} pixels").format(rows=values.shape[2], columns=values.shape[3]),
        )
    return values


def _bytes(given: Given, values: NDArray[Any], said: list[str]) -> NDArray[np.uint8]:
    """Values as 8-bit shades: whole numbers from 0 to 255, or numbers from 0 to 1."""
    if values.dtype.kind not in "biuf" or not values.size:
        raise refused(given.name, _("its values are no numbers"))
    low, high = float(values.min()), float(values.max())
    if low != low:
        raise refused(given.name, _("it holds values that are no numbers (NaN)"))
    whole = values.dtype.kind != "f" or all(np.array_equal(part, np.floor(part)) for part in _parts(values))
    if low < 0 or high > 255 or not (whole or high <= 1):
        fault = _(
            "values must be whole numbers from 0 to 255, or numbers from 0 to 1; they go from {low:g} to {high:g}"
        )
        raise refused(given.name, fault.format(low=low, high=high))
    if high > 1:
        if high < 128 or values.dtype != np.uint8:
            said.append(_("values from {low:g} to {high:g} taken as shades of 255").format(low=low, high=high))
        return values.astype(np.uint8, copy=False)
    said.append(_("values from 0 to 1 taken as black to white"))
    shades = np.empty(values.shape, np.uint8)
    for part, made in zip(_parts(values), _parts(shades), strict=True):
        made[:] = np.round(part.astype(np.float32) * 255)
    return shades


def _parts(values: NDArray[Any]) -> list[NDArray[Any]]:
    return [values[start : start + _ROWS] for start in range(0, len(values), _ROWS)]


def _classes(
    given: Given, labels: NDArray[Any] | None, num: int, said: list[str]
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Names of the classes, in the order of their numbers or letters, and each example's (N,); one without a name where
    there are no labels.
    """
    if labels is None:
        said.append(_("no labels: probes and colours by class are left out"))
        return ("",), np.zeros(num, np.int64)
    labels = labels.reshape(-1) if labels.ndim == 2 and 1 in labels.shape else labels
    if labels.shape != (num,):
        fault = _("there must be one label for each of the {num:,} examples; got labels of shape {shape}")
        raise refused(given.name, fault.format(num=num, shape=labels.shape))
    if labels.dtype.kind == "f" and not np.array_equal(labels, np.floor(labels)):  # as is true of NaN
        raise refused(given.name, _("labels must be whole numbers or text"))
    known, y = np.unique(labels, return_inverse=True)
    names = [str(int(label)) if known.dtype.kind in "biuf" else shown(str(label).strip()) for label in known]
    if not 2 <= len(known) <= bounds.MOST_CLASSES:
        fault = _("labels must name 2 to {most} classes, or be left out; got {given:,}")
        raise refused(given.name, fault.format(most=bounds.MOST_CLASSES, given=len(known)))
    if any(not name or len(name) > bounds.MOST_LETTERS for name in names) or len(set(names)) < len(names):
        raise refused(given.name, _("a class's name is 1 to {most} letters").format(most=bounds.MOST_LETTERS))
    if all(name.lstrip("-").isdecimal() for name in names):  # "10" comes after "9"
        order = np.argsort([int(name) for name in names], kind="stable")
        names, y = [names[i] for i in order], np.argsort(order)[y]
    return tuple(names), y.reshape(-1).astype(np.int64)


def _check_split(source: str, split: NDArray[np.uint8]) -> None:
    for part, name in enumerate((N_("training"), N_("validation"), N_("test"))):
        if not (split == part).any():
            fault = _("no image would be left for {part}: there are too few of each class; add more, or move the split")
            raise refused(source, fault.format(part=_(name)))
