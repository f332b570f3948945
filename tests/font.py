"""Cut the small font out of the shipped one, `python tests/font.py`: the signs that the lab's own Chinese words need.

Who reads Chinese where the system has no letters for it loads that one alone, a fifth of the whole; the whole one
comes only with a sign that a name or a message from outside brings.
"""

from pathlib import Path

from babel.messages.pofile import read_po
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT / "repz_core" / "locale" / "zh_CN" / "LC_MESSAGES" / "repz.po"
LECTURES = ROOT / "pages" / "lectures"
FONTS = ROOT / "pages" / "components" / "fonts"
WHOLE, SMALL, STYLE = FONTS / "repz-sc.woff2", FONTS / "repz-sc-own.woff2", FONTS / "repz-sc.css"
CSS = """/* Loaded where a system has no Chinese letters of its own alone: the theme names this font behind theirs.
   Of two faces that have a sign the last is taken: the lab's own words need the small one. Made by tests/font.py. */
@font-face {{ font-family: "repz SC"; font-display: swap; src: url("repz-sc.woff2") format("woff2");
  unicode-range: U+2E80-9FFF, U+FF00-FFEF; }}
@font-face {{ font-family: "repz SC"; font-display: swap; src: url("repz-sc-own.woff2") format("woff2");
  unicode-range: {signs}; }}
"""


def needed() -> set[int]:
    """The signs of the lab's own words, the shipped lectures' among them."""
    with open(CATALOGUE, "rb") as file:
        words = "".join(str(entry.string) for entry in read_po(file, locale="zh_CN") if entry.id)
    words += "".join(path.read_text(encoding="utf-8") for path in sorted(LECTURES.glob("*.json")))
    return {ord(sign) for sign in words if 0x2E80 <= ord(sign) <= 0x9FFF or 0xFF00 <= ord(sign) <= 0xFFEF}


def main() -> None:
    """Write the small font and the style sheet that says which signs are in it."""
    font = TTFont(WHOLE, recalcTimestamp=False)
    subsetter = Subsetter(Options(flavor="woff2", layout_features=[]))
    subsetter.populate(unicodes=needed())
    subsetter.subset(font)
    font.flavor = "woff2"
    font.save(SMALL)
    STYLE.write_text(CSS.format(signs=", ".join(f"U+{code:X}" for code in sorted(needed()))))


if __name__ == "__main__":
    main()
