"""A real Chromium that is driven through its DevTools pipe, for what a page does when somebody clicks."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

TIMEOUT_S = 60.0


class Browser:
    """One page of a Chromium without a screen; ends with the ``with`` block."""

    def __init__(self, folder: Path, width: int = 1100, height: int = 1400) -> None:
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if program is None:
            pytest.skip("no Chromium on this machine")
        to_browser, self._to = os.pipe()
        self._from, from_browser = os.pipe()
        switches = (
            "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
            f"--disable-sync --no-first-run --remote-debugging-pipe --window-size={width},{height}"
        )
        # Chromium reads commands from descriptor 3 and answers on 4.
        shell = f'exec "$0" "$@" 3<&{to_browser} 4>&{from_browser}'
        self._process = subprocess.Popen(
            ["bash", "-c", shell, program, *switches.split(), f"--user-data-dir={folder}", "about:blank"],
            pass_fds=(to_browser, from_browser), stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_browser)
        os.close(from_browser)
        self._number, self._rest = 0, b""
        targets = self._ask("Target.getTargets", session=None)["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        self._session = self._ask("Target.attachToTarget", {"targetId": page, "flatten": True}, None)["sessionId"]

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._to)
        os.close(self._from)

    def open(self, url: str, password: str | None = None) -> None:
        """Load a page; with a password, which stands for any user."""
        if password is not None:
            self._ask("Network.enable")
            token = base64.b64encode(f"operator:{password}".encode()).decode()
            self._ask("Network.setExtraHTTPHeaders", {"headers": {"Authorization": f"Basic {token}"}})
        self._ask("Page.navigate", {"url": url})
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        found = self._ask("Runtime.evaluate", {"expression": script, "returnByValue": True, "awaitPromise": True})
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, script: str) -> None:
        """Wait until an expression is true."""
        deadline = time.monotonic() + TIMEOUT_S
        while not self.run(f"Boolean({script})"):
            assert time.monotonic() < deadline, f"{script} never came true; {self.text()}"
            time.sleep(0.05)

    def click(self, selector: str) -> None:
        """One click of the mouse in the middle of an element, which is scrolled to first."""
        script = "const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2];"
        find = f"const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center'}});"
        where = self.run(f"(() => {{ {find} {script} }})()")
        for kind in ("mousePressed", "mouseReleased"):
            at = {"type": kind, "x": where[0], "y": where[1], "button": "left", "clickCount": 1}
            self._ask("Input.dispatchMouseEvent", at)

    def text(self) -> str:
        """All that can be read on the page."""
        return str(self.run("document.body.innerText"))

    def picture(self, path: Path) -> None:
        """The page as a PNG."""
        shot = self._ask("Page.captureScreenshot", {"format": "png"})
        path.write_bytes(base64.b64decode(shot["data"]))

    def _ask(self, method: str, parameters: dict[str, Any] | None = None, session: str | None = "") -> dict[str, Any]:
        self._number += 1
        asked: dict[str, Any] = {"id": self._number, "method": method, "params": parameters or {}}
        if session is not None:
            asked["sessionId"] = self._session
        os.write(self._to, json.dumps(asked).encode() + b"\0")
        while True:
            while b"\0" not in self._rest:
                read = os.read(self._from, 1 << 16)
                assert read, f"Chromium ended at {method}"
                self._rest += read
            message, self._rest = self._rest.split(b"\0", 1)
            answer = json.loads(message)
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return dict(answer["result"])
