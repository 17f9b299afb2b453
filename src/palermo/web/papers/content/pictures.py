"""A picture without anything that the camera, the phone or a program wrote beside it.

It is decoded and written anew: what comes out holds pixels and nothing else, whatever came in.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from PIL.ExifTags import IFD

from palermo.web.papers.content.kinds import FileRefused, Kind

DAMAGED = "The picture is damaged or not complete. Open it in a picture program, save it again, and add that"
FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}
SAVED_AS = {
    "jpeg": {"quality": 95, "subsampling": 0, "optimize": True},
    "png": {"optimize": False},
    "webp": {"quality": 95, "method": 2},
}
KEPT_MODES = {
    "jpeg": ("L", "RGB"),
    "png": ("1", "L", "LA", "RGB", "RGBA", "I;16"),
    "webp": ("RGB", "RGBA"),
}


PLAIN = {
    *("jfif", "jfif_version", "jfif_unit", "jfif_density", "adobe", "adobe_transform", "progressive", "progression"),
    *("dpi", "gamma", "srgb", "transparency", "interlace", "aspect", "mp", "mpoffset"),
    *("loop", "background", "timestamp", "duration"),
}
"""What only says how the pixels are to be read."""


def clean_picture(path: Path, kind: Kind, to: Path, *, most_pixels: int) -> list[str]:
    """Write the picture anew, upright, and return what of the original is not in it."""
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = most_pixels
    try:
        with path.open("rb") as file:
            picture = Image.open(file, formats=[FORMATS[kind.key]])
            width, height = picture.size
            if width * height > most_pixels:
                raise too_many_pixels(width * height, most_pixels)
            if getattr(picture, "n_frames", 1) > 1 and picture.format != "MPO":
                raise FileRefused(
                    "moving", "It is a moving picture. Add the pictures of it that matter, each by itself"
                )
            removed = beside(picture)
            picture.load()
        # each step lets go of the picture before it: two of the largest at once are enough
        ImageOps.exif_transpose(picture, in_place=True)
        picture = in_common_colours(picture)
        picture = in_a_kept_mode(picture, kind)
        picture.info = {}
        picture.save(to, FORMATS[kind.key], **SAVED_AS[kind.key])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_many_pixels(0, most_pixels) from None
    except UnidentifiedImageError:
        raise FileRefused("damaged", DAMAGED) from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError, OverflowError):
        # what the decoders raise for files that are not as they should be
        raise FileRefused("damaged", DAMAGED) from None
    hold_to_it(to, kind)
    return removed


def too_many_pixels(pixels: int, most: int) -> FileRefused:
    there = f"{pixels / 1e6:.0f} million pixels" if pixels else "too many pixels"
    return FileRefused(
        "pixels", f"The picture has {there}; {most / 1e6:.0f} million are taken. Make it smaller, and add that"
    )


def beside(picture: Image.Image) -> list[str]:
    """What stands in the file beside the pixels: `location`, `metadata`, further `pictures`."""
    found = []
    exif = picture.getexif()
    packet = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or b""
    packet = packet if isinstance(packet, bytes) else str(packet).encode()
    if exif.get_ifd(IFD.GPSInfo) or b"GPSLatitude" in packet or b"GPSLongitude" in packet:
        found.append("location")
    if exif or packet or set(picture.info) - PLAIN:
        found.append("metadata")
    if getattr(picture, "n_frames", 1) > 1:
        found.append("pictures")
    return found


def in_a_kept_mode(picture: Image.Image, kind: Kind) -> Image.Image:
    """In a mode that its kind is written in, with bare patches where it had some."""
    if "transparency" in picture.info:
        return picture.convert("RGBA")
    if picture.mode in KEPT_MODES[kind.key]:
        return picture
    return picture.convert("RGBA" if "A" in picture.getbands() and kind.key != "jpeg" else "RGB")


def in_common_colours(picture: Image.Image) -> Image.Image:
    """With its colour profile applied, which then is not needed any more; as it is where the profile is no good."""
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in ("RGB", "CMYK"):
        return picture
    try:
        there = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(picture, there, ImageCms.createProfile("sRGB"), outputMode="RGB") or picture
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture


def hold_to_it(written: Path, kind: Kind) -> None:
    """Read back what was written: it is a picture of the kind, with nothing beside it."""
    with Image.open(written, formats=[FORMATS[kind.key]]) as picture:
        if left := beside(picture):
            raise RuntimeError(f"a cleaned {kind.key} still has {left}")
