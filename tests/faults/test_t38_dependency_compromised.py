"""T38: a dependency whose bytes changed is not installed, and one with a known weakness is named.

A real pip installs from a folder; a real pip-audit asks a service on loopback.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from provisioning.setup import audit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.fault("T38")


def make_wheel(folder: Path, text: str) -> str:
    """Write a wheel of one module and return its SHA-256."""
    path = folder / "planted_thing-1.0-py3-none-any.whl"
    files = {
        "planted_thing.py": text,
        "planted_thing-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: planted-thing\nVersion: 1.0\n",
        "planted_thing-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},sha256={_digest(body)},{len(body.encode())}\n" for name, body in files.items())
    files["planted_thing-1.0.dist-info/RECORD"] = record + "planted_thing-1.0.dist-info/RECORD,,\n"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, body in files.items():
            wheel.writestr(name, body)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(body: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(body.encode()).digest()).rstrip(b"=").decode()


def install(folder: Path, lock: Path) -> subprocess.CompletedProcess[str]:
    """Install the lock from ``folder`` into an empty place, as the set-up does."""
    words = ["--isolated", "install", "--require-hashes", "--no-deps", "--no-index", "--find-links", str(folder)]
    return subprocess.run(
        [sys.executable, "-m", "pip", *words, "--target", str(folder / "installed"), "--requirement", str(lock)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_file_of_other_bytes_under_the_same_version_is_not_installed(tmp_path: Path) -> None:
    reviewed = make_wheel(tmp_path, "KIND = 'reviewed'\n")
    lock = tmp_path / "lock.txt"
    lock.write_text(f"planted-thing==1.0 --hash=sha256:{reviewed}\n", encoding="ascii")
    assert install(tmp_path, lock).returncode == 0
    make_wheel(tmp_path, "KIND = 'compromised'\n")

    refused = install(tmp_path, lock)

    assert refused.returncode != 0
    assert "DO NOT MATCH THE HASHES" in refused.stderr
    assert "reviewed" in (tmp_path / "installed" / "planted_thing.py").read_text(encoding="utf-8")


def test_a_package_that_the_lock_does_not_hash_is_not_installed(tmp_path: Path) -> None:
    make_wheel(tmp_path, "KIND = 'unknown'\n")
    lock = tmp_path / "lock.txt"
    lock.write_text("planted-thing==1.0\n", encoding="ascii")

    assert install(tmp_path, lock).returncode != 0
    assert not (tmp_path / "installed").exists()


class Service(BaseHTTPRequestHandler):
    """Answers as a vulnerability service would; ``weak`` is the one package it knows a weakness of."""

    weak = "flask"
    status = 200

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
        weakness = {"id": "PLANTED-1", "aliases": [], "summary": "planted", "details": "planted", "affected": []}
        body = json.dumps({"vulns": [weakness]} if asked == self.weak else {}).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def service_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()
        serving.join()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "lock.txt"
    pins = ("click==8.5.1", "flask==3.1.3")
    path.write_text("".join(f"{pin} --hash=sha256:{'0' * 64}\n" for pin in pins), encoding="ascii")
    return path


def test_a_known_weakness_is_named(lock: Path, service_url: str) -> None:
    answer = audit.ask(lock, ("--vulnerability-service", "osv", "--osv-url", service_url))

    assert answer.asked == 2
    assert "KNOWN WEAKNESS flask 3.1.3: PLANTED-1" in answer.tell()


def test_no_known_weakness_says_how_many_were_asked_about(
    lock: Path, service_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Service, "weak", "nothing-of-ours")

    answer = audit.ask(lock, ("--vulnerability-service", "osv", "--osv-url", service_url))

    assert answer.tell() == "no known weakness in 2 packages"


def test_a_service_that_cannot_be_asked_is_no_clean_answer(
    lock: Path, service_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Service, "status", 503)

    answer = audit.ask(lock, ("--vulnerability-service", "osv", "--osv-url", service_url))

    assert not answer.weaknesses
    assert answer.tell().startswith("SKIPPED: no answer from the vulnerability service")


def test_packages_that_the_service_does_not_know_are_named() -> None:
    report = {
        "dependencies": [
            {"name": "click", "version": "8.5.1", "vulns": []},
            {"name": "flask", "skip_reason": "not found"},
        ]
    }

    assert audit.parse_answer(report).tell() == "SKIPPED 1 of 2 packages: flask"
