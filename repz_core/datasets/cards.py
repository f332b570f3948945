"""What is known of a data set without loading it. A leaf."""

from typing import Literal, NamedTuple

Kind = Literal["images", "patches", "points"]


class Factor(NamedTuple):
    """Something of which a data set's images are known to be made, and between which values it lies."""

    name: str
    title: str
    low: float
    high: float


class Card(NamedTuple):
    """What a data set is. `title`, `description` and `class_names` are marked for translation by whoever shows them.

    `shape` is (channels, rows, columns), `size` the number of images in all parts; `network` says that the first use
    downloads it. A local set's `version` is the start of the SHA-256 of its arrays, checked whenever it is loaded; that
    of a drawn density is the drawing itself. Of `points` in the plane (or on a line) the law is known: `mixtures`.
    `patches` are images of signed values, on average zero; `span` are the values that are shown black and white.
    `factors` are those that are known, the classes left out. `own` sets are the user's, on the shelf; one whose images
    have no labels is all of one class, which has no name.
    """

    name: str
    version: str
    title: str
    description: str
    shape: tuple[int, int, int]
    num_classes: int
    class_names: tuple[str, ...]
    size: int
    network: bool
    kind: Kind = "images"
    span: tuple[float, float] = (0.0, 1.0)
    num_train: int = 0  # of `size`, in the training part; of images alone
    factors: tuple[Factor, ...] = ()
    own: bool = False

    @property
    def labelled(self) -> bool:
        """Whether there are classes to tell apart."""
        return self.num_classes > 1

    @property
    def identity(self) -> str:
        """name@version, which a recipe records."""
        return f"{self.name}@{self.version}"

    @property
    def shades(self) -> dict[str, float]:
        """The span by name, for browser parts."""
        return dict(zip(("black", "white"), self.span, strict=True))
