"""Which data sets there are, without loading any: what pages and recipes need to know of them. A light leaf."""

from pathlib import Path

from repz_core.config import RepzError, short
from repz_core.datasets import shelf
from repz_core.datasets.cards import Card as Card
from repz_core.datasets.cards import Factor
from repz_core.datasets.mixtures import HEART, mixture
from repz_core.locale import N_, _

NUM_POINTS = 50_000


def _points(name: str, version: str, title: str, description: str) -> Card:
    law = mixture(name)
    assert law
    num_classes = int(law.labels.max()) + 1
    names, dims = tuple(str(label + 1) for label in range(num_classes)), law.centres.shape[1]
    return Card(name, version, title, description, (dims, 1, 1), num_classes, names, NUM_POINTS, False, "points")


def _patches(side: int, version: str) -> Card:
    return Card(
        name=f"patches{side}",
        version=version,
        title={12: N_("Image patches, 12 x 12"), 16: N_("Image patches, 16 x 16")}[side],
        description=N_("20,000 squares out of two whitened photographs, whose values are signed; no download."),
        shape=(1, side, side),
        num_classes=2,
        class_names=(N_("temple"), N_("flower")),
        size=20_000,
        network=False,
        kind="patches",
        span=(-4.0, 4.0),
    )


_DIGITS = tuple("0123456789")
_CLOTHES = (N_("T-shirt"), N_("trousers"), N_("pullover"), N_("dress"), N_("coat"),
            N_("sandal"), N_("shirt"), N_("sneaker"), N_("bag"), N_("ankle boot"))  # fmt: skip
_THINGS = (N_("airplane"), N_("automobile"), N_("bird"), N_("cat"), N_("deer"),
           N_("dog"), N_("frog"), N_("horse"), N_("ship"), N_("truck"))  # fmt: skip

CARDS: dict[str, Card] = {
    card.name: card
    for card in (
        Card(
            name="digits",
            version="47012e1a",
            title=N_("Digits, 8 x 8"),
            description=N_(
                "1,797 handwritten digits on 8 x 8 pixels, UCI's optical recognition set; trains in seconds."
            ),
            shape=(1, 8, 8),
            num_classes=10,
            class_names=_DIGITS,
            size=1797,
            network=False,
            num_train=1290,
        ),
        Card(
            name="mnist5k",
            version="9b13a44c",
            title=N_("MNIST, 5,000 images"),
            description=N_("5,000 of MNIST's handwritten digits on 28 x 28 pixels, 500 of each; no download."),
            shape=(1, 28, 28),
            num_classes=10,
            class_names=_DIGITS,
            size=5000,
            network=False,
            num_train=3600,
        ),
        Card(
            name="sprites",
            version="2f0e3c16",
            title=N_("Sprites"),
            description=N_(
                "6,000 drawn squares, ellipses and hearts on 32 x 32 colour pixels, whose true factors are known: "
                "shape, position, scale, rotation and hue."
            ),
            shape=(3, 32, 32),
            num_classes=3,
            class_names=(N_("square"), N_("ellipse"), N_("heart")),
            size=6000,
            network=False,
            num_train=4320,
            factors=(
                Factor("hue", N_("hue"), 0.0, 1.0),
                Factor("scale", N_("size"), 5.0, 9.0),
                Factor("rotation", N_("angle"), -0.79, 0.79),
                Factor("x", N_("from the left"), 10.5, 21.5),
                Factor("y", N_("from the top"), 10.5, 21.5),
            ),
        ),
        _patches(12, "0362936c"),
        _patches(16, "ac5cce41"),
        Card(
            name="mnist",
            version="openml-554",
            title=N_("MNIST"),
            description=N_("70,000 handwritten digits on 28 x 28 pixels; the first use downloads them from OpenML."),
            shape=(1, 28, 28),
            num_classes=10,
            class_names=_DIGITS,
            size=70_000,
            network=True,
            num_train=54004,
        ),
        Card(
            name="fashion",
            version="openml-40996",
            title=N_("Fashion-MNIST"),
            description=N_("70,000 clothes on 28 x 28 pixels; the first use downloads them from OpenML."),
            shape=(1, 28, 28),
            num_classes=10,
            class_names=_CLOTHES,
            size=70_000,
            network=True,
            num_train=54000,
        ),
        Card(
            name="cifar10",
            version="openml-40927",
            title=N_("CIFAR-10"),
            description=N_("60,000 photographs on 32 x 32 colour pixels; the first use downloads them from OpenML."),
            shape=(3, 32, 32),
            num_classes=10,
            class_names=_THINGS,
            size=60_000,
            network=True,
            num_train=45000,
        ),
        _points(
            "ring8",
            "695f3ed3",
            N_("Ring of 8"),
            N_("Points of eight narrow Gaussians on a circle of radius 1, standard deviation 0.01."),
        ),
        _points(
            "grid25",
            "4512af52",
            N_("Grid of 25"),
            N_("Points of 25 narrow Gaussians on a grid from −4 to 4 in steps of 2, standard deviation 0.05."),
        ),
        _points("gaussians", "5406e9b5", N_("Two Gaussians"), N_("Points of two Gaussians side by side.")),
        _points(
            "cloud", "b71f34c3", N_("A long cloud"), N_("Points of one long Gaussian cloud, aslant, around (0.5, 0.2).")
        ),
        _points("arc", "0b60bb4a", N_("An arc"), N_("Points around half a circle: a line cannot follow it.")),
        _points("moons", "35741a82", N_("Two moons"), N_("Points around two half circles that reach into each other.")),
        _points("swissroll", "4ce58df9", N_("Swiss roll"), N_("Points around a spiral.")),
        _points(
            "drawn",
            HEART,
            N_("Your own drawing"),
            N_("Points of a density painted on the GAN page; a heart until then."),
        ),
        _points(
            "dirac",
            "5cfad54f",
            N_("A single point"),
            N_("The number zero, again and again: the least data on which the Dirac-GAN circles."),
        ),
    )
}


def cards() -> dict[str, Card]:
    """All data sets by name: those that come with the lab, then the user's own."""
    return CARDS | shelf.cards()


def adopt(file: Path, name: str) -> Card:
    """Keep the data set of a file among the user's own. Raises RepzError as `shelf.adopt` does."""
    if name in CARDS:
        raise shelf.taken(name)
    return shelf.adopt(file, name)


def card(dataset: str) -> Card:
    """The card of `dataset`, given as name or name@version. Raises RepzError for an unknown name or another version."""
    name, at, version = dataset.partition("@")
    found = CARDS.get(name) or shelf.find(name, version)
    if found is None:
        raise RepzError(
            _("There is no data set {name}; there are {known}.").format(name=short(name), known=", ".join(cards()))
        )
    if at and name == "drawn":
        mixture(dataset)  # raises where it is no drawing
        return found._replace(version=version)
    if at and version != found.version:
        raise RepzError(
            _("The data set {name} is here in version '{here}' only; got '{given}'.").format(
                name=name, here=found.version, given=version
            )
        )
    return found


def identity(dataset: str) -> str:
    """`dataset` (name or name@version) as name@version, which a recipe records. Raises RepzError as `card` does."""
    return card(dataset).identity
