"""A QR code as a picture on a page."""

from markupsafe import Markup


def drawn(address: str) -> Markup:
    """Return a QR code of ``address`` as SVG."""
    # Late: what draws takes 6 MB, and a worker never shows a page.
    import qrcode
    from qrcode.image.svg import SvgPathImage

    code = qrcode.QRCode(image_factory=SvgPathImage, border=2)
    code.add_data(address)
    # Made of the address alone by the library: a path of numbers, whatever the address says.
    return Markup(code.make_image().to_string(encoding="unicode"))  # noqa: S704 (see above)
