"""Cut the font that the lab draws cards with out of Noto Sans CJK JP: the characters of JIS X 0208, 0212 and CP932.

    apt-get download fonts-noto-cjk && dpkg-deb -x fonts-noto-cjk_*.deb noto
    pip install fonttools
    python tools/make_font.py noto/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

The licence (SIL Open Font License 1.1, no reserved name but "Source") lies beside the result, fixtures/fonts/OFL.txt.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

TARGET = Path(__file__).parent.parent / "fixtures" / "fonts" / "lab-gothic.otf"
FAMILY = "mynalab Lab Gothic"
_JAPANESE = 0  # the first face of the collection
_EXTRA = "—～∥￠￡￢〓©・"


def characters() -> set[int]:
    """Every code point of the character sets, ASCII included, private use left out."""
    found = set(range(0x20, 0x7F)) | set(map(ord, _EXTRA))
    leads = [bytes((lead,)) for lead in range(0x81, 0xFD)] + [b"\x8f" + bytes((lead,)) for lead in range(0xA1, 0xFF)]
    for lead in leads:
        for trail in range(0x40, 0xFF):
            for codec in ("cp932", "euc_jp"):
                try:
                    found |= set(map(ord, (lead + bytes((trail,))).decode(codec)))
                except UnicodeDecodeError:
                    continue
    return {code for code in found if not 0xE000 <= code <= 0xF8FF}


def main(source: str) -> None:
    """Cut, rename, save."""
    font = TTFont(source, fontNumber=_JAPANESE)
    options = subset.Options(
        layout_features=[],
        hinting=False,
        notdef_outline=True,  # how a program sees that a character is missing
        name_IDs=["*"],
        recalc_timestamp=False,
    )
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE", "GPOS", "GSUB"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters())
    cutter.subset(font)
    for name_id, text in ((1, FAMILY), (3, f"{FAMILY}, a subset of Noto Sans CJK JP"), (4, FAMILY), (6, "LabGothic")):
        font["name"].setName(text, name_id, 3, 1, 0x409)
    TARGET.parent.mkdir(exist_ok=True)
    font.save(TARGET)
    sys.stdout.write(f"{TARGET}: {TARGET.stat().st_size} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1])
