"""The rig itself: each thing it guards against is planted and must be found."""

import os
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.contrib.contenttypes.models import ContentType
from playwright.sync_api import Browser

from tests.browser import rig

POLICY = "default-src 'self'; img-src 'self' data:"


def document(body: str, head: str = "") -> str:
    return (
        "<!doctype html><html lang='zh-hans'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'><title>样页</title>"
        f"<link rel='icon' href='data:,'>{head}</head><body><main><h1>样页</h1>{body}</main></body></html>"
    )


@dataclass
class Site:
    """Serves given texts by path, with a strict content security policy."""

    url: str = ""
    pages: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    slow: set[str] = field(default_factory=set)
    """Paths whose page comes in two parts, the first of them empty but for the doctype."""

    def page(self, path: str, text: str, status: int = 200, kind: str = "text/html") -> str:
        self.pages[path] = (status, kind, text)
        return self.url + path


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, text = made.pages.get(self.path, (404, "text/html", document("没有")))
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            if self.path in made.slow:
                self.wfile.write(b"<!doctype html>")
                self.wfile.flush()
                time.sleep(0.5)
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        assert isinstance(server, socketserver.TCPServer)
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


def faults(chromium: Browser, address: str) -> str:
    """What a window says at its end after one visit; empty when it has nothing to say."""
    try:
        with rig.window(chromium, rig.DESKTOP) as page:
            page.goto(address)
    except AssertionError as failure:
        return str(failure)
    return ""


def test_a_clean_page_has_no_faults(chromium: Browser, site: Site) -> None:
    address = site.page("/", document("<p>正文</p>"))
    with rig.window(chromium, rig.DESKTOP) as page:
        page.goto(address)
        rig.audit_page(page)
        rig.no_overflow(page)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<p style='color: red'>正文</p>", "Content Security Policy"),
        ("<script>document.title = '改'</script>", "Content Security Policy"),
        ("<script src='/broken.js'></script>", "planted"),
        ("<script src='/loud.js'></script>", "said aloud"),
        ("<img src='/missing.png' alt=''>", "/missing.png"),
    ],
)
def test_a_fault_fails_its_window(chromium: Browser, site: Site, body: str, words: str) -> None:
    site.page("/broken.js", "throw new Error('planted')", kind="text/javascript")
    site.page("/loud.js", "console.error('said aloud')", kind="text/javascript")
    assert words in faults(chromium, site.page("/", document(body)))


def test_a_page_that_is_refused_is_no_fault_by_itself(chromium: Browser, site: Site) -> None:
    assert faults(chromium, site.page("/secret", document("无权查看"), status=403)) == ""
    assert "500" in faults(chromium, site.page("/broken", document("出错"), status=500))


def test_barriers_are_found(chromium: Browser, site: Site) -> None:
    sheet = "<link rel='stylesheet' href='/pale.css'>"
    site.page("/pale.css", "p { color: #ccc; background: #fff }", kind="text/css")
    address = site.page("/", document("<p>看不清的字</p><input type='text'>", sheet))
    with rig.window(chromium, rig.DESKTOP) as page:
        page.goto(address)
        found = rig.barriers(page)
        assert [one.split()[0] for one in found] == ["color-contrast", "label"]
        with pytest.raises(AssertionError):
            rig.audit_page(page)


def test_a_page_that_is_still_coming_is_waited_for(chromium: Browser, site: Site) -> None:
    site.page("/next/", document("<p>正文</p>"))
    site.slow.add("/next/")
    with rig.window(chromium, rig.DESKTOP) as page:
        page.goto(site.page("/", document("<a href='/next/'>下一页</a>")))
        page.get_by_role("link").click()
        rig.audit_page(page)
        assert page.url == site.url + "/next/"


def test_a_second_heading_is_found(chromium: Browser, site: Site) -> None:
    address = site.page("/", document("<h1>又一个</h1>"))
    with rig.window(chromium, rig.DESKTOP) as page:
        page.goto(address)
        with pytest.raises(AssertionError):
            rig.audit_page(page)


def test_what_is_too_wide_is_found(chromium: Browser, site: Site) -> None:
    sheet = "<link rel='stylesheet' href='/wide.css'>"
    site.page(
        "/wide.css",
        "body { margin: 0 } main > p { width: 600px } .box { overflow-x: auto } .box p { width: 900px }",
        kind="text/css",
    )
    wide = site.page("/wide", document("<p>宽</p>", sheet))
    boxed = site.page("/boxed", document("<div class='box'><p>宽</p></div>", sheet))
    with rig.window(chromium, rig.PHONE) as page:
        page.goto(wide)
        assert rig.overflowing(page) == ["p: 0 to 600 of 390", "the page: 600 of 390"]
        page.goto(boxed)
        assert rig.overflowing(page) == []
        page.goto(site.page("/", document("").replace("width=device-width", "width=980")))
        assert rig.overflowing(page) == ["drawn for 980, not for the 390 of the screen"]
    with rig.window(chromium, rig.DESKTOP) as page:
        page.goto(wide)
        assert rig.overflowing(page) == []


@pytest.mark.django_db
def test_the_database_answers_while_a_browser_runs(chromium: Browser, site: Site) -> None:
    with rig.window(chromium, rig.DESKTOP) as page:
        page.goto(site.page("/", document("<button>确定</button>")))
        ContentType.objects.create(app_label="planted", model="planted")
        assert ContentType.objects.filter(app_label="planted").count() == 1
        button = page.get_by_role("button", name="确定")
        rig.expect(button).to_be_visible()
        assert [one.text_content() for one in button.all()] == ["确定"]


def test_a_picture_is_kept_apart(chromium: Browser, site: Site, keep_picture) -> None:  # type: ignore[no-untyped-def]
    with rig.window(chromium, rig.PHONE) as page:
        page.goto(site.page("/", document("<p>正文</p>")))
        picture = keep_picture(page, "planted")
    data = picture.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    # Width and height of a PNG stand after its first 16 bytes: twice the points of the phone.
    assert (int.from_bytes(data[16:20]), int.from_bytes(data[20:24])) == (780, 1688)


def test_the_browser_may_be_named() -> None:
    script = str(rig.ROOT / "scripts" / "find-chromium")

    def named(path: str) -> tuple[int, str]:
        environment = {**os.environ, "HUIQI_CHROMIUM": path}
        ran = subprocess.run([script], env=environment, capture_output=True, text=True, check=False)
        return ran.returncode, ran.stdout.strip() or ran.stderr.splitlines()[0]

    assert named(rig.chromium()) == (0, rig.chromium())
    assert named("/nowhere/chromium") == (
        1,
        "HUIQI_CHROMIUM names /nowhere/chromium, which does not run.",
    )


def test_pages_of_the_portal_are_served(open_page) -> None:  # type: ignore[no-untyped-def]
    page = open_page("/")
    read = "async () => (await (await fetch('/static/vendor/icons.svg')).text()).split('<symbol')"
    assert page.evaluate(f"async () => (await ({read})()).length > 50") is True
