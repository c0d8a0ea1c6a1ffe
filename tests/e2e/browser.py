"""Chromium at the end of a pipe: opens a page, presses, clicks, asks, and remembers what it complained of or asked for.

It speaks the browser's own debugging protocol (JSON, each message ended by a zero byte, on two inherited descriptors),
so the tests need nothing but the browser.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

KEYS = {
    " ": ("Space", 32),
    "ArrowLeft": ("ArrowLeft", 37),
    "ArrowRight": ("ArrowRight", 39),
    "Enter": ("Enter", 13),
    "Escape": ("Escape", 27),
    "Tab": ("Tab", 9),
}


def find_browser() -> str | None:
    """Chromium or Chrome on this machine: CHROMIUM names one, else what the path holds."""
    named = os.environ.get("CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


_LAUNCH = """
import os, sys
ends = [os.dup(int(end)) for end in sys.argv[1:3]]
for number, end in zip((3, 4), ends):
    os.dup2(end, number)
    os.set_inheritable(number, True)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Puts the ends of our pipes where the browser looks for them, then becomes the browser."""


class Browser:
    """One headless page. `complaints` are console errors and uncaught exceptions, `asked` the addresses it loaded.

    `broken` says that a script of the page has thrown since it was opened.
    """

    def __init__(self, program: str, profile: Path, *, width: int = 1280, height: int = 900) -> None:
        self._size = (width, height)
        self._numbers = itertools.count(1)
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.broken = False
        self._session = ""
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        self._process = subprocess.Popen(  # noqa: S603 - the program is the tester's own browser
            [
                *(sys.executable, "-c", _LAUNCH, str(to_read), str(to_write)),
                *(program, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu"),
                *("--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--disable-sync"),
                *("--mute-audio", "--autoplay-policy=no-user-gesture-required", f"--user-data-dir={profile}"),
                *("--force-prefers-reduced-motion", f"--window-size={width},{height}", "about:blank"),
            ],
            pass_fds=(to_read, to_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> Self:
        try:
            self._attach()
        except BaseException:
            self._end()
            raise
        return self

    def _attach(self) -> None:
        pages = [t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page"]
        found = self.call("Target.attachToTarget", targetId=pages[0]["targetId"], flatten=True)
        self._session = found["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.resize(*self._size)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._write)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command and its answer."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        session = {"sessionId": self._session} if self._session else {}
        os.write(self._write, json.dumps(message | session).encode() + b"\0")
        while True:
            answer = self._answers.get(timeout=60)
            if answer is None:
                raise RuntimeError("the browser has ended")
            if answer["id"] == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return dict(answer["result"])

    def open(self, address: str) -> None:
        """Open a page and wait until its script has drawn it."""
        self.broken = False
        self.call("Page.navigate", url=address)
        self.wait("document.documentElement?.dataset.ready === ''")

    def ask(self, script: str) -> Any:
        """The value of a script's expression (promises are waited for)."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(f"{script}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def wait(self, script: str, seconds: float = 30) -> None:
        """Wait until a script's expression is true."""
        end = time.monotonic() + seconds
        while not self.ask(f"Promise.resolve({script}).then(Boolean)"):
            if self.broken or time.monotonic() > end:
                raise TimeoutError(f"never true: {script} {self.complaints}")
            time.sleep(0.03)

    def forgive(self, word: str, seconds: float = 10) -> None:
        """Wait for the complaint that a test expects, and take it off the list."""
        end = time.monotonic() + seconds
        while not any(word in complaint for complaint in self.complaints):
            if time.monotonic() > end:
                raise TimeoutError(f"nobody complained of {word}: {self.complaints}")
            time.sleep(0.03)
        self.complaints[:] = [c for c in self.complaints if word not in c]

    def click(self, selector: str, *, at: tuple[float, float] = (0.5, 0.5)) -> None:
        """Click with the mouse on an element, `at` shares of its width and height."""
        quoted = json.dumps(selector)
        self.ask(f"document.querySelector({quoted}).scrollIntoView({{block: 'center', behavior: 'instant'}})")
        box = self._box(quoted)
        x, y = box[0] + box[2] * at[0], box[1] + box[3] * at[1]
        for what in ("mouseMoved", "mousePressed", "mouseReleased"):
            button = {} if what == "mouseMoved" else {"button": "left", "clickCount": 1}
            self.call("Input.dispatchMouseEvent", type=what, x=x, y=y, **button)

    def hover(self, selector: str) -> None:
        """Point at the middle of an element."""
        quoted = json.dumps(selector)
        self.ask(f"document.querySelector({quoted}).scrollIntoView({{block: 'center', behavior: 'instant'}})")
        box = self._box(quoted)
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=box[0] + box[2] / 2, y=box[1] + box[3] / 2)

    def wheel(self, selector: str, dy: float) -> None:
        """Turn the wheel over the middle of an element."""
        box = self._box(json.dumps(selector))
        x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
        self.call("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=dy)

    def _box(self, quoted: str) -> list[float]:
        sides = "({x, y, width, height}) => [x, y, width, height]"
        return list(self.ask(f"({sides})(document.querySelector({quoted}).getBoundingClientRect())"))

    def press(self, key: str) -> None:
        """Press and let go of a key, or type a character."""
        code, number = KEYS.get(key, ("", ord(key[0].upper())))
        text = {"text": "\r" if key == "Enter" else key} if len(key) == 1 or key == "Enter" else {}
        about = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        self.call("Input.dispatchKeyEvent", type="keyDown", **about, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def choose(self, selector: str, file: Path) -> None:
        """Choose a file in a file field."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        field = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=field, files=[str(file)])

    def drag(self, selector: str, files: list[Path], *, drop: bool = True) -> None:
        """Drag files from outside over the middle of an element, and let them go there."""
        box = self._box(json.dumps(selector))
        carried = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
        at = {"x": box[0] + box[2] / 2, "y": box[1] + box[3] / 2, "data": carried}
        for what in ("dragEnter", "dragOver", *(("drop",) if drop else ())):
            self.call("Input.dispatchDragEvent", type=what, **at)

    def resize(self, width: int, height: int, *, phone: bool = False) -> None:
        """Show the page as a screen of this size does."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def scheme(self, name: str) -> None:
        """Prefer 'dark' or 'light'."""
        feature = {"name": "prefers-color-scheme", "value": name}
        self.call("Emulation.setEmulatedMedia", features=[feature])

    def picture(self, to: Path, *, whole: bool = False) -> Path:
        """A PNG of what is seen, or of the whole page."""
        found = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        to.write_bytes(base64.b64decode(found["data"]))
        return to

    def _listen(self) -> None:
        with os.fdopen(self._read, "rb") as source:
            rest = b""
            while part := source.read1(1 << 20):
                *messages, rest = (rest + part).split(b"\0")
                for message in messages:
                    self._take(json.loads(message))
        self._answers.put(None)

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self._answers.put(message)
            return
        about = message.get("params", {})
        match message["method"]:
            case "Runtime.exceptionThrown":
                self.broken = True
                self.complaints.append(str(about["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if about["type"] in {"error", "assert", "warning"}:
                self.complaints.append(str(about["args"]))
            case "Log.entryAdded" if about["entry"]["level"] == "error":
                self.complaints.append(f"{about['entry']['text']} {about['entry'].get('url', '')}")
            case "Network.requestWillBeSent":
                self.asked.append(about["request"]["url"])
