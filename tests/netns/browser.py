#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A headless Chromium for tests, by the DevTools protocol over its pipe: browser.py PROFILE

Reads commands from its input, each as a number of words and then the words, every one ended by NUL; writes
for each a status, 0 or 1, and a text, ended by NUL. PROFILE is a folder that is not there yet. Commands:

open URL                waits until it has loaded
eval SCRIPT             its value: a string as it is, else JSON
shows SECONDS TEXT SCRIPT      waits until eval's answer is TEXT; it is the answer then, and when time is up
view WIDTH HEIGHT [dark] [reduced] [scale=N]
key NAME [TIMES]        Tab, Enter, Escape, ArrowLeft, ...
type TEXT
click SELECTOR          with the mouse, in the middle of the first that is like this, and takes it away again
mock PATTERN STATUS TYPE BODY   answers in the server's place, until "unmock"
unmock
shot FILE [HEIGHT]      PNG; HEIGHT: of the document's top, else what is in view
problems ORIGIN         what went wrong since this was asked last, a line each: what the console calls an
                        error or warning, exceptions, requests to elsewhere than ORIGIN
"""
import base64
import fcntl
import json
import os
import re
import subprocess
import sys
import threading
import time

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--hide-scrollbars", "--ignore-certificate-errors",
         "--remote-debugging-pipe", "about:blank"]
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, "PageUp": 33, "PageDown": 34, "End": 35, "Home": 36, "ArrowLeft": 37,
        "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, " ": 32}
ANSWER_SECONDS = 60


class Failure(Exception):
    pass


def text_of(value):
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class Pipe:
    """Numbered calls, and the events that come in between."""

    def __init__(self, profile, on_event):
        ends = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in os.pipe() + os.pipe()]
        theirs_in, self.to, self.come, theirs_out = ends
        # The browser reads commands at 3 and writes answers at 4.
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "browser", "chromium",
             f"--user-data-dir={profile}", *FLAGS],
            pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.on_event = on_event
        self.answers = {}
        self.arrived = threading.Condition()
        self.number = 0
        self.ended = False
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        rest = b""
        while chunk := os.read(self.come, 1 << 20):
            *messages, rest = (rest + chunk).split(b"\0")
            for message in map(json.loads, messages):
                if "id" not in message:
                    self.on_event(message["method"], message["params"])
                    continue
                with self.arrived:
                    self.answers[message["id"]] = message
                    self.arrived.notify_all()
        with self.arrived:
            self.ended = True
            self.arrived.notify_all()

    def send(self, method, session=None, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        return self.number

    def call(self, method, session=None, **params):
        with self.arrived:
            number = self.send(method, session, **params)
            if not self.arrived.wait_for(lambda: number in self.answers or self.ended, ANSWER_SECONDS):
                raise Failure(f"{method}: no answer")
            answer = self.answers.pop(number, None)
        if not answer:
            raise Failure("the browser has ended")
        if "error" in answer:
            raise Failure(f"{method}: {answer['error']['message']}")
        return answer["result"]


class Browser:
    def __init__(self, profile):
        self.requests, self.complaints = [], []
        self.mocks = {}
        self.loaded = threading.Event()
        self.pipe = Pipe(profile, self.on_event)
        self.session = None
        target = self.pipe.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.pipe.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def call(self, method, **params):
        return self.pipe.call(method, self.session, **params)

    def on_event(self, method, params):
        if method == "Network.requestWillBeSent":
            self.requests.append(re.sub("//[^/]*@", "//", params["request"]["url"]))
        elif method == "Page.loadEventFired":
            self.loaded.set()
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            entry = params["entry"]
            self.complaints.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}")
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.complaints.append("console: " + " ".join(
                str(arg.get("value", arg.get("description"))) for arg in params["args"]))
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.complaints.append("exception: " + details.get("exception", {}).get("description", details["text"]))
        elif method == "Fetch.requestPaused":
            self.fulfill(params["requestId"], params["request"]["url"])

    def fulfill(self, request, url):
        """Called by the thread that reads: it may not wait for an answer."""
        for pattern, (status, kind, body) in self.mocks.items():
            if pattern in url:
                self.pipe.send("Fetch.fulfillRequest", self.session, requestId=request, responseCode=status,
                               responseHeaders=[{"name": "Content-Type", "value": kind}],
                               body=base64.b64encode(body.encode()).decode())
                return
        self.pipe.send("Fetch.continueRequest", self.session, requestId=request)

    def do_open(self, url):
        self.loaded.clear()
        self.call("Page.navigate", url=url)
        if not self.loaded.wait(ANSWER_SECONDS):
            raise Failure(f"{url} did not load")

    def do_eval(self, script):
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise Failure(answer["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        return answer["result"].get("value")

    def do_shows(self, seconds, text, script):
        until = time.monotonic() + float(seconds)
        while (value := text_of(self.do_eval(script))) != text and time.monotonic() < until:
            time.sleep(0.05)
        return value

    def do_view(self, width, height, *wishes):
        scale = [float(wish[6:]) for wish in wishes if wish.startswith("scale=")]
        self.call("Emulation.setDeviceMetricsOverride", width=int(width), height=int(height), mobile=int(width) < 500,
                  deviceScaleFactor=scale[0] if scale else 1)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if "dark" in wishes else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if "reduced" in wishes else "no-preference"}])

    def do_key(self, name, times="1"):
        params = {"key": name, "code": name, "windowsVirtualKeyCode": KEYS[name]}
        if name == "Enter":
            params["text"] = "\r"
        for _ in range(int(times)):
            self.call("Input.dispatchKeyEvent", type="keyDown", **params)
            self.call("Input.dispatchKeyEvent", type="keyUp", **params)

    def do_type(self, text):
        self.call("Input.insertText", text=text)

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def do_click(self, selector):
        at = self.do_eval(f"""(() => {{
            const one = document.querySelector({json.dumps(selector)});
            if (!one) return null;
            one.scrollIntoView({{block: 'center'}});
            const box = one.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
        }})()""")
        if not at:
            raise Failure(f"there is no {selector}")
        self.mouse("mouseMoved", *at)
        self.mouse("mousePressed", *at, button="left", clickCount=1)
        self.mouse("mouseReleased", *at, button="left", clickCount=1)
        self.mouse("mouseMoved", 0, 0)

    def do_mock(self, pattern, status, kind, body):
        self.mocks[pattern] = (int(status), kind, body)
        self.call("Fetch.enable")

    def do_unmock(self):
        self.mocks = {}
        self.call("Fetch.disable")

    def do_shot(self, file, height=None):
        clip = {}
        if height:
            width = self.do_eval("innerWidth")
            clip = {"clip": {"x": 0, "y": 0, "width": width, "height": int(height), "scale": 1},
                    "captureBeyondViewport": True}
        data = self.call("Page.captureScreenshot", format="png", **clip)["data"]
        with open(file, "wb") as out:
            out.write(base64.b64decode(data))

    def do_problems(self, origin):
        elsewhere = [url for url in self.requests if not url.startswith((origin, "data:", "about:"))]
        found = self.complaints + [f"request: {url}" for url in elsewhere]
        self.requests, self.complaints = [], []
        return "\n".join(found)


def words(stream):
    """The words of the next command; none at the end."""
    rest = b""
    while chunk := stream.read1():
        rest += chunk
        while rest.count(b"\0") > int(rest.partition(b"\0")[0] or 0):
            count, _, rest = rest.partition(b"\0")
            *found, rest = rest.split(b"\0", int(count))
            yield [word.decode() for word in found]


def main():
    browser = Browser(sys.argv[1])
    for name, *arguments in words(sys.stdin.buffer):
        try:
            status, value = 0, getattr(browser, "do_" + name)(*arguments)
        except Failure as failure:
            status, value = 1, str(failure)
        text = "" if value is None else text_of(value)
        os.write(1, f"{status}\0{text}\0".encode())


if __name__ == "__main__":
    main()
