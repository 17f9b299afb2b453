"""The branding that is not ours stays out of what the pages load."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "var" / "assets" / "vendor"

spec = importlib.util.spec_from_file_location("copy_assets", ROOT / "scripts" / "copy_assets.py")
copy_assets = importlib.util.module_from_spec(spec)
spec.loader.exec_module(copy_assets)

PUBLISHED = (
    '@font-face{font-family:"GDS Transport";src:url(/assets/fonts/light.woff2)}'
    'body{font-family:"GDS Transport",arial,sans-serif}'
    ".crest{background:url(/assets/images/govuk-crest.svg)}"
    ".icon{background:url(/assets/images/icon-close.svg)}"
    "/*# sourceMappingURL=x.min.css.map */"
)


def test_typeface_crest_and_source_map_are_taken_out():
    assert copy_assets.without_branding(PUBLISHED) == (
        "body{font-family:arial,sans-serif}.crest{background:none}.icon{background:url(images/icon-close.svg)}"
    )


@pytest.mark.parametrize("name", ["govuk-frontend.css", "moj-frontend.css"])
def test_the_published_style_sheets_have_none_of_it_after_the_copy(name):
    text = (VENDOR / name).read_text("utf-8")

    assert not re.search("GDS Transport|govuk-crest|@font-face|sourceMappingURL", text)


@pytest.mark.parametrize("name", ["govuk-frontend.css", "moj-frontend.css"])
def test_every_image_that_a_style_sheet_names_is_there(name):
    text = (VENDOR / name).read_text("utf-8")
    named = {address for address in re.findall(r"url\(([^)]+)\)", text) if not address.startswith(("data:", '"data:'))}

    assert {address for address in named if not (VENDOR / address).is_file()} == set()


def test_no_logotype_or_crown_is_copied():
    assert [image.name for image in (VENDOR / "images").iterdir() if "icon-" not in image.name] == []
