"""Writes the font of chart pictures: `python .ci/chart_font.py FOLDER`, with Inter-Regular.otf and Inter-SemiBold.otf
of Debian's package fonts-inter 4.0~beta7 in FOLDER. It keeps the letters that charts print, and writes their widths."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

TARGET = Path(__file__).resolve().parents[1] / "config/fonts"
STYLES = ("Regular", "SemiBold")
LETTERS = (
    (0x20, 0x7E), (0xA0, 0x17F), (0x370, 0x3FF), (0x400, 0x45F),
    (0x2010, 0x2026), (0x2030, 0x203A), (0x20A0, 0x20BF), (0x2190, 0x2193), (0x2212, 0x2212), (0x2260, 0x2265),
    (0x25A0, 0x25CF),
)  # fmt: skip
"""Latin, Greek, Cyrillic, punctuation, currencies, arrows, signs and shapes."""
NAMES = [0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17]
"""Copyright, family, version and licence among others."""


def main(source: Path, target: Path = TARGET) -> None:
    """The same source gives the same bytes."""
    for style in STYLES:
        _write(source / f"Inter-{style}.otf", target / f"Inter-{style}.otf")
    table = {style: dict(widths(TTFont(target / f"Inter-{style}.otf"))) for style in STYLES}
    (target / "widths.json").write_text(json.dumps(table, ensure_ascii=False, separators=(",", ":")) + "\n")


def _write(source: Path, target: Path) -> None:
    """Without features such as kerning, so that a text is as wide as its letters together."""
    options = subset.Options(hinting=False, glyph_names=False, name_IDs=NAMES, notdef_outline=True)
    options.drop_tables += ["GDEF", "GPOS", "GSUB"]
    font = subset.load_font(source, options)
    letters = subset.Subsetter(options)
    letters.populate(unicodes=[code for first, last in LETTERS for code in range(first, last + 1)])
    letters.subset(font)
    subset.save_font(font, target, options)


def widths(font: TTFont) -> Iterator[tuple[str, float]]:
    """Of each letter, in thousandths of the font's size."""
    unit = font["head"].unitsPerEm
    for code, glyph in sorted(font.getBestCmap().items()):
        yield chr(code), round(1000 * font["hmtx"][glyph][0] / unit, 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
