"""The documents name every setting, error code and record type; leaving one out is found."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from provisioning.sentences import load_sentences
from provisioning.setup import docs

ROOT = Path(__file__).resolve().parents[2]
TOP_LEVEL_DOCUMENTS = ("README", "ARCHITECTURE", "PROTOCOL", "SECURITY", "CONTRIBUTING", "CHANGELOG")


@pytest.fixture(scope="module")
def before() -> set[str]:
    """What is found anyway."""
    return set(docs.find_faults(docs.load_documents(), docs.load_sources(), load_sentences()))


def test_the_documents_are_in_date() -> None:
    assert docs.find_faults(docs.load_documents(), docs.load_sources(), load_sentences()) == []


@pytest.mark.parametrize("setting", ["hall", "sync_listen"])
def test_a_server_setting_without_a_row_is_found(setting: str) -> None:
    documents = docs.load_documents()
    lines = documents["provisioning/README.md"].splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith(f"| `{setting}` |"))
    documents["provisioning/README.md"] = "\n".join(lines[:first] + lines[first + 1 :])

    faults = docs.find_faults(documents, docs.load_sources(), load_sentences())

    assert f"provisioning/README.md, Server settings: no row for `{setting}`" in faults


def test_a_setting_in_a_table_of_the_file_is_named_with_its_table() -> None:
    documents = docs.load_documents()
    documents["provisioning/README.md"] = documents["provisioning/README.md"].replace("`printer.kind`", "`kind`")

    faults = docs.find_faults(documents, docs.load_sources(), load_sentences())

    assert "provisioning/README.md, Kiosk settings: no row for `printer.kind`" in faults


def test_a_record_type_that_the_protocol_does_not_name_is_found() -> None:
    documents = docs.load_documents()
    documents["PROTOCOL.md"] = documents["PROTOCOL.md"].replace("`pack_activated`", "")

    assert "PROTOCOL.md: no `pack_activated`" in docs.find_faults(documents, docs.load_sources(), load_sentences())


@pytest.mark.parametrize(
    "source",
    [
        'raise Unavailable("planted_code", why="x")',
        'raise errors.MalformedInput("planted_code") from None',
        'raise OutOfOrder("planted_code" if True else "gap")',
    ],
)
def test_an_error_code_without_a_sentence_is_found(source: str, before: set[str]) -> None:
    sources = {**docs.load_sources(), "kiosk/planted.py": source}

    faults = docs.find_faults(docs.load_documents(), sources, load_sentences())

    assert set(faults) - before == {"provisioning/sentences.toml: no sentence for planted_code (kiosk/planted.py)"}


def test_a_sentence_that_nothing_raises_and_one_that_is_half_said_are_found(before: set[str]) -> None:
    sentences = {**load_sentences(), "planted" + "_code": {"zh": "有。", "en": ""}}
    documents = {**docs.load_documents(), "provisioning/MESSAGES.md": docs.format_messages(sentences)}

    faults = docs.find_faults(documents, docs.load_sources(), sentences)

    assert set(faults) - before == {
        "provisioning/sentences.toml: planted_code says nothing in en",
        "provisioning/sentences.toml: nothing raises planted_code",
    }


def test_a_list_of_messages_that_fell_behind_is_found() -> None:
    documents = {**docs.load_documents(), "provisioning/MESSAGES.md": "# Messages\n"}

    faults = docs.find_faults(documents, docs.load_sources(), load_sentences())

    assert any(fault.startswith("provisioning/MESSAGES.md is behind") for fault in faults)


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in [*ROOT.glob("*.md"), *(ROOT / "provisioning").glob("*.md")]
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]

    assert broken == []


def test_make_alone_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE)) - {"help"}

    told = subprocess.run(["make", "--silent"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert {line.split()[1] for line in told.splitlines()} == targets


def test_nothing_lies_at_the_top_but_what_was_agreed() -> None:
    told = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if told.returncode:
        pytest.skip("not a git clone")
    top = {name.partition("/")[0] for name in told.stdout.splitlines()}

    assert top <= {
        *(f"{name}.md" for name in TOP_LEVEL_DOCUMENTS),
        *("pyproject.toml", "Makefile", "LICENSE", ".gitignore", ".ci"),
        *("shared", "kiosk", "sync_server", "provisioning", "assets", "tests"),
    }


def test_no_file_names_a_registry_or_this_machine() -> None:
    """Where packages come from is the business of the machine that installs."""
    told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if told.returncode:
        pytest.skip("not a git clone")
    hosts = ["pypi" + ".org", "python" + "hosted", "npm" + "js.org", "registry" + ".npm", "deb" + "ian.org"]
    hosts += ["/work" + "/main", "/opt" + "/wheels", "/opt" + "/pypi", "/root" + "/"]
    found = []
    for name in told.stdout.decode().split("\0"):
        path = ROOT / name
        if path.is_file() and path.stat().st_size < 2**20:
            text = path.read_text(encoding="utf-8", errors="ignore")
            found += [f"{name}: {host}" for host in hosts if host in text]

    assert found == []
