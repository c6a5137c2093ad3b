"""A real Chromium for tests, and what every page must satisfy: no errors, no barriers, no overflow.

Playwright's calls wait inside an event loop of their own. Were that loop at home in the thread that
tests, Django would refuse its database there ("you cannot call this from an async context"), in
every later test of the process too. So the browser lives in a thread of its own, and what tests
hold are stand-ins that pass each call to that thread and wait for the answer.
"""

import functools
import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    sync_playwright,
)
from playwright.sync_api import expect as expect_in_thread

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"

ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    # Whatever a page asks for: no name but this machine's is found.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
]
DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
WAIT = 10_000
"""Milliseconds until what a test waits for counts as missing."""


# --- the thread of the browser --------------------------------------------------------------------


class Home:
    """The one thread in which playwright runs."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="browser")

    def call(self, act: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What ``act`` gives when called in that thread, as a stand-in where it lives there."""
        args = tuple(itself(one) for one in args)
        kwargs = {name: itself(one) for name, one in kwargs.items()}
        return self.stand_in(self._thread.submit(act, *args, **kwargs).result())

    def stand_in(self, value: Any) -> Any:
        """``value`` where it is plain data, else something that passes calls to its thread."""
        if value is None or isinstance(value, (str, bytes, bool, int, float, dict, Path)):
            return value
        if isinstance(value, (list, tuple)):
            return [self.stand_in(one) for one in value]
        return StandIn(self, value)

    def close(self) -> None:
        self._thread.shutdown()


class StandIn:
    """Stands for an object of playwright, or for one of its methods, that lives in ``home``."""

    def __init__(self, home: Home, original: Any) -> None:
        object.__setattr__(self, "_home", home)
        object.__setattr__(self, "_original", original)

    def __getattr__(self, name: str) -> Any:
        return self._home.call(getattr, self._original, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._home.call(setattr, self._original, name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._home.call(self._original, *args, **kwargs)

    def __enter__(self) -> Any:
        return self._home.call(self._original.__enter__)

    def __exit__(self, *problem: Any) -> Any:
        return self._home.call(self._original.__exit__, *problem)

    def __repr__(self) -> str:
        return f"<in the browser: {self._original!r}>"


def itself(value: Any) -> Any:
    """What a stand-in stands for; anything else as it is."""
    return value._original if isinstance(value, StandIn) else value


def expect(what: Any) -> Any:
    """Playwright's ``expect`` for a page or locator of these tests."""
    return what._home.call(expect_in_thread, what)


# --- the browser and its windows ------------------------------------------------------------------


@functools.cache
def chromium() -> str:
    """The path of the Chromium to start; the run fails with advice where there is none."""
    found = subprocess.run(
        [str(ROOT / "scripts" / "find-chromium")], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium without a window on the screen, as long as it is needed."""
    home = Home()
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
    playwright = home.call(sync_playwright().start)
    started = playwright.chromium.launch(executable_path=chromium(), args=arguments)
    try:
        yield started
    finally:
        started.close()
        playwright.stop()
        home.close()


@dataclass
class Faults:
    """What went wrong in a window, in the order it was seen; each with the page it happened on."""

    seen: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    """Addresses that answered a person's own step with 4xx: the test says whether that is right."""

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        address = message.location.get("url", "")
        if "status of 4" in message.text and address in self.refused:
            return
        self.seen.append(f"{path_of(address)}: {message.text}")

    def on_page_error(self, error: Any) -> None:
        self.seen.append(f"script: {error}")

    def on_response(self, response: Response) -> None:
        request = response.request
        if 400 <= response.status < 500 and by_a_person(request):
            self.refused.add(response.url)

    def watch(self, page: Page) -> None:
        """Listens to a page of the browser's thread."""
        page.on("console", self.on_console)
        page.on("pageerror", self.on_page_error)
        page.on("response", self.on_response)


def by_a_person(request: Request) -> bool:
    """Whether a step of a person asked for it: a page, or a part that htmx exchanges."""
    return request.is_navigation_request() or "hx-request" in request.headers


def path_of(address: str) -> str:
    return urlsplit(address).path or address


@contextmanager
def window(started: Browser, shape: dict[str, Any]) -> Iterator[Page]:
    """A page in a profile of its own, Chinese, in Chinese time; fails at the end for its faults."""
    faults = Faults()
    context: BrowserContext = started.new_context(
        **shape, locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce"
    )
    context.set_default_timeout(WAIT)
    try:
        page = context.new_page()
        page._home.call(faults.watch, page)  # type: ignore[attr-defined]
        yield page
        # Messages still on their way are delivered before this answer.
        page.evaluate("() => null")
    finally:
        context.close()
    assert faults.seen == [], "\n".join(faults.seen)


# --- what every page must satisfy -----------------------------------------------------------------

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
GRAVE = ("serious", "critical")


def barriers(page: Page) -> list[str]:
    """What axe finds grave against WCAG 2.1 AA: rule, place, reason."""
    settle(page)
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    found = page._home.call(run_axe, page, options)  # type: ignore[attr-defined]
    return [
        f"{rule['id']} ({rule['impact']}) {' '.join(map(str, node['target']))}: "
        + " ".join(node.get("failureSummary", "").split())
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


def run_axe(page: Page, options: dict[str, Any]) -> dict[str, Any]:
    page.evaluate(Axe().axe_script)
    # What it found in order is long, and nobody reads it.
    found: dict[str, Any] = page.evaluate(
        "options => axe.run(options).then(({violations}) => ({violations}))", options
    )
    return found


def settle(page: Page) -> None:
    """Waits until the page that was last asked for is there with all it loads.

    A click comes back as soon as the browser has begun to receive the next page; its document may
    still be empty then.
    """
    page.wait_for_load_state("load")


def audit_page(page: Page) -> None:
    """Fails for each grave barrier, and where the page has not one title, language and heading."""
    found = barriers(page)
    assert found == [], "\n".join(found)
    assert page.evaluate(
        """() => ({
            language: document.documentElement.lang.toLowerCase().startsWith("zh"),
            title: document.title.trim() !== "",
            headings: document.querySelectorAll("h1").length,
        })"""
    ) == {"language": True, "title": True, "headings": 1}


OVERFLOWING = """() => {
    const width = document.documentElement.clientWidth;
    const scrolls = (element) => {
        for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
            const style = getComputedStyle(at);
            if (style.overflowX !== "visible" || style.position === "fixed") return true;
        }
        return false;
    };
    const found = [];
    for (const element of document.body.querySelectorAll("*")) {
        const box = element.getBoundingClientRect();
        const style = getComputedStyle(element);
        if (box.width <= 1 || box.height <= 1 || style.visibility === "hidden") continue;
        if (style.position === "fixed" || scrolls(element)) continue;
        if (box.right > width + 1 || box.left < -1) {
            const name = element.tagName.toLowerCase() + (element.id ? "#" + element.id : "")
                + [...element.classList].map((one) => "." + one).join("");
            found.push(`${name}: ${Math.round(box.left)} to ${Math.round(box.right)} of ${width}`);
        }
    }
    const whole = document.documentElement.scrollWidth;
    if (width > screen.width) found.push(`drawn for ${width}, not for the ${screen.width} of the screen`);
    if (whole > width + 1) found.push(`the page: ${whole} of ${width}`);
    return found;
}"""


def overflowing(page: Page) -> list[str]:
    """What is wider than the window; what scrolls inside a box of its own does not count."""
    settle(page)
    found: list[str] = page.evaluate(OVERFLOWING)
    return found


def no_overflow(page: Page) -> None:
    """Fails where a person would have to scroll sideways."""
    assert overflowing(page) == []


def save_picture(page: Page, name: str, spare: Path, whole: bool) -> Path:
    """Writes NAME.png into docs/pictures when HUIQI_PICTURES=1 asks for new ones, else ``spare``."""
    folder = PICTURES if os.environ.get("HUIQI_PICTURES") == "1" else spare
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    settle(page)
    page.evaluate("() => document.fonts.ready.then(() => null)")
    page.screenshot(path=path, full_page=whole, animations="disabled", caret="hide")
    return path
