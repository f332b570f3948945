"""One meaning a colour, on every figure and page; all of them told apart by colour-blind people (Okabe & Ito 2008)."""

REAL, FAKE = "#0072b2", "#e69f00"
RECONSTRUCTION, KL = "#009e8e", "#9467bd"
PARENT = "#999999"
OTHER = "#d55e00"

# Ten classes: distinct in hue and lightness on black; the class is written at its centroid as well.
CLASSES = (
    "#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7",
    "#d55e00", "#b3b3b3", "#8c8cff", "#a6d854", "#ffb3c6",
)  # fmt: skip


def of_classes(num: int) -> list[str]:
    """A colour a class; past ten they come again, and the written names tell classes apart."""
    return [CLASSES[label % len(CLASSES)] for label in range(max(num, len(CLASSES)))]
