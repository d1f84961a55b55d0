"""A headless Chromium that tests drive as a reader would: sizes, colour schemes, keys."""

import fcntl
import json
import os
import select
import subprocess
import time
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)
PATIENCE_S = 60
WATCH = """
window.faults = [];
addEventListener("error", (e) => faults.push(e.message));
addEventListener("unhandledrejection", (e) => faults.push(String(e.reason?.stack ?? e.reason)));
addEventListener("securitypolicyviolation", (e) => faults.push(`policy: ${e.violatedDirective}`));
"""
"""What goes wrong on a page, and what its policy forbids."""
KEYS = {"Tab": 9, "Enter": 13, " ": 32, "End": 35, "Home": 36}
KEYS |= {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}


class Browser:
    """One process, spoken to through two pipes (the DevTools protocol)."""

    def __init__(self, chromium: str, folder: Path) -> None:
        read, self._write = os.pipe()
        self._read, write = os.pipe()
        # Numbers that the shell does not overwrite while it sets 3 and 4.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 20) for end in (read, write)]
        command = [chromium, *FLAGS, "--remote-debugging-pipe", f"--user-data-dir={folder}"]
        script = f'exec "$@" 3<&{ends[0]} 4>&{ends[1]}'
        self._process = subprocess.Popen(
            ["bash", "-c", script, "bash", *command],
            pass_fds=ends,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (read, write, *ends):
            os.close(end)
        self._rest = b""
        self._number = 0

    def page(self, path: Path) -> "Page":
        """The file ``path``, opened and loaded."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        page.call("Page.bringToFront")  # what lies behind is not laid out
        page.call("Page.enable")
        page.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        page.call("Page.navigate", url=path.as_uri())
        page.wait(
            f"location.href === {json.dumps(path.as_uri())} && document.readyState === 'complete'"
        )
        return page

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """What ``method`` answers; RuntimeError where it fails, TimeoutError where it does not."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], PATIENCE_S)
            if not ready:
                raise TimeoutError("the browser does not answer")
            part = os.read(self._read, 1 << 20)
            if not part:
                raise RuntimeError("the browser has gone")
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\0")
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        self.call("Browser.close")
        self._process.wait(PATIENCE_S)
        os.close(self._read)
        os.close(self._write)


class Page:
    """One page of a browser."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """What ``method`` answers for this page."""
        return self._browser.call(method, self._session, **params)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; RuntimeError where it throws."""
        found = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"]["exception"]["description"])
        return found["result"].get("value")

    def wait(self, expression: str) -> None:
        """Until ``expression`` is true; TimeoutError after ``PATIENCE_S``, or where a fault is."""
        end = time.monotonic() + PATIENCE_S
        while not self.evaluate(expression):
            if (faults := self.evaluate("window.faults")) or time.monotonic() > end:
                raise TimeoutError(f"never true: {expression} {faults}")
            time.sleep(0.02)

    def press(self, key: str) -> None:
        """Press and release a key."""
        code = "Space" if key == " " else key
        told = {"key": key, "code": code, "windowsVirtualKeyCode": KEYS[key]}
        self.call("Input.dispatchKeyEvent", type="keyDown", **told)
        self.call("Input.dispatchKeyEvent", type="keyUp", **told)

    def click(self, expression: str) -> None:
        """Click the middle of the element that ``expression`` gives."""
        box = "(e => (e.scrollIntoView({block: 'center'}), e.getBoundingClientRect()))"
        box += f"({expression})"
        at = self.evaluate(f"(r => ({{x: r.x + r.width / 2, y: r.y + r.height / 2}}))({box})")
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **at)

    def resize(self, width: int, height: int = 900) -> None:
        """Give the page a screen of so many pixels."""
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **screen)

    def prefer(self, scheme: str) -> None:
        """Ask for the ``light`` or ``dark`` colours."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[feature])
