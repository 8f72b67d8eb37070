"""The child process that prints: warm, one fork for each report, with limits on time, memory, pages and what it may touch.

It is told on its standard input what to print and answers on its standard output, each a length and then JSON. What is
printed fetches nothing but the bundled font files; no network is opened, no file but those of fonts and libraries read.
"""

import base64
import hashlib
import json
import logging
import os
import resource
import struct
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

MEMORY = 1024 * 1024 * 1024
SECONDS = 30
MOST_PAGES = 200
LARGEST_FILE = 256 * 1024 * 1024
LARGEST_MESSAGE = 512 * 1024 * 1024
TOO_LONG = 3
"""The exit status for more pages than are printed."""
_LENGTH = struct.Struct(">Q")
_FORBIDDEN = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system", "os.exec",
              "os.posix_spawn", "os.fork", "os.forkpty")
_UA = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Indicates, which part of ISO 14289 standard is followed</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""


def put(out: Any, words: Mapping[str, Any]) -> None:
    """Write one message."""
    content = json.dumps(words).encode()
    out.write(_LENGTH.pack(len(content)) + content)
    out.flush()


def take(stream: Any) -> dict[str, Any] | None:
    """Read one message; ``None`` at the end."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    size = _LENGTH.unpack(head)[0]
    content = stream.read(size) if size <= LARGEST_MESSAGE else b""
    found: dict[str, Any] | None = json.loads(content) if len(content) == size else None
    return found


def _font_files() -> dict[tuple[str, str], Path]:
    """Return the bundled fonts by family and style. Noto Sans: Latin, Cyrillic, Greek. Rubik: Arabic, Hebrew; its letters
    are whole glyphs, so that text copied out of the PDF is what was written (Noto Sans Arabic puts the dots on apart)."""
    import fontpkg_noto_sans
    import fontpkg_rubik

    return {
        (package.FAMILY, "italic" if "Italic" in path.name else "normal"): path.resolve()
        for package in (fontpkg_noto_sans, fontpkg_rubik)
        for path in sorted((Path(package.ROOT) / "files").glob("*.ttf"))
    }


def _font_faces(fonts: Mapping[tuple[str, str], Path]) -> str:
    return "".join(
        f"@font-face {{ font-family: '{family}'; font-style: {style};"
        f" src: url('{path.as_uri()}'); }}\n"
        for (family, style), path in fonts.items()
    )


def _only(fonts: Mapping[tuple[str, str], Path], weasyprint: Any) -> Any:
    """Return a fetcher that knows these files, by their whole address, and refuses everything else."""
    allowed = frozenset(path.as_uri() for path in fonts.values())

    class OnlyOurFonts(weasyprint.URLFetcher):  # type: ignore[misc]  # the class is known at run time only
        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
            if url not in allowed:
                raise ValueError("reports fetch nothing")
            return super().fetch(url, headers)

    return OnlyOurFonts(allowed_protocols={"file"}, allow_redirects=False)



def _finisher(pydyf: Any, types: Mapping[str, str]) -> Callable[[Any, Any], None]:
    """Return what WeasyPrint leaves to do: table heads say what they head, and the file says it is PDF/UA."""
    def finish(_document: Any, pdf: Any) -> None:
        def at(reference: Any) -> Any:
            text = reference if isinstance(reference, bytes | str) else reference.decode()
            return pdf.objects[int(text.split()[0])]

        for each in pdf.objects:
            if isinstance(each, dict) and each.get("S") == "/TH":
                group = at(at(each["P"])["P"]).get("S")
                each.setdefault("A", pydyf.Dictionary({"O": "/Table"}))["Scope"] = (
                    "/Column" if group == "/THead" else "/Row")
            if isinstance(each, dict) and each.get("Type") == "/Filespec":
                name = each["UF"].string if "UF" in each else ""
                if name in types:
                    at(each["EF"]["F"]).extra["Subtype"] = f"/{types[name].replace('/', '#2f')}"
            if isinstance(each, pydyf.Stream) and each.extra.get("Type") == "/Metadata":
                packet = each.stream[0]
                end = packet.index(b"</rdf:RDF>")
                each.stream[0] = packet[:end] + _UA + packet[end:]

    return finish


def _confine() -> None:
    """Take limits that hold whatever is printed, and let nothing of the machine be touched."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    own = tuple({str(Path(one).resolve()) for one in (
        tempfile.gettempdir(), sys.prefix, sys.base_prefix, "/usr", "/etc/fonts", "/dev/null", "/dev/urandom", "/lib",
        *(one for one in sys.path if one))})

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if event.startswith(_FORBIDDEN):
            raise PermissionError(f"printing does not do this: {event}")
        if event == "open" and isinstance(args[0], str | bytes | os.PathLike):
            path = os.path.realpath(os.fsdecode(args[0]))
            writes = set(str(args[1] or "r")) & set("wax+") and not path.startswith((tempfile.gettempdir(), "/dev/null"))
            if writes or not path.startswith(own):
                raise PermissionError("printing reads fonts and libraries, nothing else")

    sys.addaudithook(watch)


def _print(job: Mapping[str, Any]) -> bytes:
    import pydyf
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration

    fonts, created_at = _font_files(), datetime.fromisoformat(job["created_at"])
    fetcher, known = _only(fonts, weasyprint), FontConfiguration()
    style = weasyprint.CSS(string=_font_faces(fonts) + job["css"], font_config=known, url_fetcher=fetcher)
    contents = [base64.b64decode(item["content"]) for item in job["attachments"]]
    files = [
        weasyprint.Attachment(
            string=content, name=item["name"], description=item["description"], relationship="Data",
            created=created_at, modified=created_at, url_fetcher=fetcher)
        for item, content in zip(job["attachments"], contents, strict=True)
    ]
    identity = hashlib.sha256("".join(job["htmls"]).encode() + b"".join(contents)).digest()[:16]
    options: dict[str, Any] = {
        "stylesheets": [style], "attachments": files, "pdf_variant": "pdf/a-3a", "pdf_tags": True, "pdf_identifier": identity}
    documents, pages = [], 0
    for html in job["htmls"]:  # each counts its own pages
        documents.append(weasyprint.HTML(string=html, url_fetcher=fetcher).render(font_config=known, **options))
        pages += len(documents[-1].pages)
        if pages > MOST_PAGES:
            raise SystemExit(TOO_LONG)
    document = documents[0] if len(documents) == 1 else documents[0].copy([page for one in documents for page in one.pages])
    types = {item["name"]: item["media_type"] for item in job["attachments"]}
    pdf: bytes = document.write_pdf(finisher=_finisher(pydyf, types), **(weasyprint.DEFAULT_OPTIONS | options))
    return pdf


def _in_a_fork(job: Mapping[str, Any]) -> dict[str, Any]:
    """Print in a process of its own and return what it made, or the status it ended with."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _alone(job, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        made = take(stream)
    _, status = os.waitpid(child, 0)
    return made if made is not None and status == 0 else {"status": os.waitstatus_to_exitcode(status)}


def _alone(job: Mapping[str, Any], writing: int) -> None:
    """Be the child: print, say it, end. Never returns."""
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage()[:500])

    status = 1
    try:
        logging.getLogger("weasyprint").addHandler(Ear(logging.WARNING))
        os.environ["SOURCE_DATE_EPOCH"] = str(int(datetime.fromisoformat(job["created_at"]).timestamp()))  # fontTools dates by it
        _confine()
        pdf = _print(job)
        with os.fdopen(writing, "wb") as out:
            put(out, {"pdf": base64.b64encode(pdf).decode(), "heard": heard[:100]})
        status = 0
    except SystemExit as ended:
        status = int(str(ended.code))
    finally:
        os._exit(status)  # whatever happened: nothing of the warm process is run twice


def main() -> None:
    """Warm up, say whether printing works here, then print what is asked until nobody asks any more."""
    source, out = sys.stdin.buffer, sys.stdout.buffer
    try:
        import weasyprint  # noqa: F401 (to be warm)
    except (ImportError, OSError):
        put(out, {"ready": False})
        return
    put(out, {"ready": True})
    while (job := take(source)) is not None:
        put(out, _in_a_fork(job))


if __name__ == "__main__":
    main()
