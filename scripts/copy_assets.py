"""Which published style sheets and scripts do the pages use, and what is taken out of them?

The design system's code is MIT. Its branding is not ours to use outside GOV.UK: the crown, the crest and the GDS
Transport typeface. So the typeface's rules are removed, the font becomes Arial, the crest is dropped, and no image but
the plain icons is copied.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

SOURCES = (
    ("govuk-frontend/dist/govuk/govuk-frontend.min.css", "govuk-frontend.css"),
    ("govuk-frontend/dist/govuk/govuk-frontend.min.js", "govuk-frontend.js"),
    ("@ministryofjustice/frontend/moj/moj-frontend.min.css", "moj-frontend.css"),
    ("@ministryofjustice/frontend/moj/moj-frontend.min.js", "moj-frontend.js"),
)
ICONS = "@ministryofjustice/frontend/moj/assets/images"


def copy_assets(packages: Path, target: Path) -> None:
    """Write the cleaned files to `target/vendor`, afresh."""
    vendor = target / "vendor"
    shutil.rmtree(vendor, ignore_errors=True)
    (vendor / "images").mkdir(parents=True)
    for source, name in SOURCES:
        (vendor / name).write_text(without_branding((packages / source).read_text("utf-8")), "utf-8")
    for icon in sorted((packages / ICONS).glob("icon-*.svg")):
        shutil.copy(icon, vendor / "images" / icon.name)


def without_branding(text: str) -> str:
    """The text without source maps, the GDS Transport typeface and the crest; image addresses made relative."""
    text = re.sub(r"(//|/\*)# sourceMappingURL=\S+?\.map( \*/)?", "", text)
    text = re.sub(r"@font-face\{[^}]*GDS Transport[^}]*\}", "", text)
    text = re.sub(r'"?GDS Transport"?,\s*arial', "arial", text)
    text = re.sub(r"url\((/assets/)?images/govuk-crest[^)]*\)", "none", text)
    return re.sub(r"url\(/assets/images/([^)]+)\)", r"url(images/\1)", text)
