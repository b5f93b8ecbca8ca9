"""The one command: what it lists, what each part says of itself, and how it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from provisioning import cli
from provisioning.lazy_group import Lazy, LazyGroup
from shared.errors import RuleViolation, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = Path(sys.executable).with_name("servicehall")


def walk(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command below ``command`` with the words that call it."""
    yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from walk(found, (*words, name))


def test_every_command_has_help_with_an_example() -> None:
    without = [
        " ".join(words)
        for words, command in walk(cli.servicehall)
        if "Example: servicehall" not in " ".join((command.help or "").split())
    ]

    assert without == []


def test_every_example_names_a_command_that_exists() -> None:
    known = {words for words, _ in walk(cli.servicehall)}

    for words, command in walk(cli.servicehall):
        example = (command.help or "").partition("Example: servicehall ")[2].split()
        called = tuple(example[: len(words)]) if words else tuple(example[:2])
        assert called in known, (words, example)


def test_help_of_all_is_listed_without_loading_flask_or_kivy() -> None:
    probe = (
        "import sys\nfrom provisioning import cli\n"
        "assert cli.run(['--help']) == 0\n"
        "print(sorted({'flask', 'kivy', 'sqlalchemy', 'tinydb'} & set(sys.modules)))"
    )

    told = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert told.stdout.splitlines()[-1] == "[]"
    assert "records" in told.stdout
    assert "Exit codes: 0 done" in told.stdout


def test_records_are_verified_without_loading_a_server_or_a_kiosk(tmp_path: Path) -> None:
    empty = tmp_path / "empty.lines"
    empty.write_bytes(b"")
    probe = (
        "import sys\nfrom provisioning import cli\n"
        f"assert cli.run(['records', 'verify', {str(empty)!r}]) == 1\n"
        "print(sorted({'flask', 'kivy', 'sqlalchemy', 'tinydb', 'sync_server', 'kiosk'} & set(sys.modules)))"
    )

    told = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert told.stdout.splitlines()[-1] == "[]"


def test_the_installed_program_answers() -> None:
    told = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True)

    assert told.stdout.startswith("servicehall 0.")


@pytest.mark.parametrize("words", [["nonsense"], ["records", "verify"], ["keys", "make", "--hall"], ["keys", "show"]])
def test_wrong_use_ends_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(words) == cli.WRONG_USE
    assert "Error: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (RuleViolation("keys_exist", folder="/k"), cli.FOUND_A_FAULT),
        (Unavailable("keys_unreadable", folder="/k"), cli.COULD_NOT_RUN),
        (PermissionError(13, "Permission denied", "/k/online.json"), cli.COULD_NOT_RUN),
        (click.Abort(), cli.COULD_NOT_RUN),
        (KeyboardInterrupt(), cli.COULD_NOT_RUN),
    ],
)
def test_a_failure_ends_with_one_sentence_and_its_code(
    raised: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    def failing() -> None:
        raise raised

    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    monkeypatch.setitem(cli.servicehall.commands, "failing", failing)

    assert cli.run(["failing"]) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert "Traceback" not in told.err
    assert told.err.strip()[0].isupper()


def test_a_command_that_found_a_fault_says_so_by_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cli.servicehall.commands, "finding", click.Command("finding", callback=lambda: 1))

    assert cli.run(["finding"]) == cli.FOUND_A_FAULT


def test_a_part_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = LazyGroup("absent", lazy={"thing": Lazy("no_such_package.commands:thing", "Absent.", "kiosk")})
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    monkeypatch.setitem(cli.servicehall.commands, "absent", absent)

    assert cli.run(["absent", "thing"]) == cli.COULD_NOT_RUN
    assert "kiosk" in capsys.readouterr().err


def test_after_a_demo_a_command_takes_its_settings_without_being_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = tmp_path / "server.toml"
    settings.write_text("", encoding="ascii")
    taken: list[str] = []

    @click.command()
    @click.option("--config", required=True)
    def probe(config: str) -> None:
        taken.append(config)

    monkeypatch.setenv("SERVICEHALL_SERVER_CONFIG", str(settings))
    monkeypatch.setitem(cli.servicehall.commands["import"].commands, "probe", probe)  # type: ignore[attr-defined]

    assert cli.run(["import", "probe"]) == 0
    assert cli.run(["import", "probe", "--config", "other.toml"]) == 0
    assert taken == [str(settings), "other.toml"]


@pytest.mark.parametrize(
    "words",
    [
        ["server", "run"],
        ["server", "rebuild"],
        ["server", "name-hall", "--zh", "清溪", "--en", "Qingxi"],
        ["server", "add-account", "zhou", "--name", "周敏", "--role", "office", "--password", "a b c d e f g"],
        ["import", "staff", "staff.csv"],
        ["records", "export", "--out", "day.lines"],
        ["kiosk", "status"],
        ["enrol", "kiosk", "--code", "7K2M9-QX4TD"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
@pytest.mark.parametrize(("content", "code"), [(None, "settings_unreadable"), ("hall = 3\n", "settings_")])
def test_settings_that_are_wrong_or_away_end_every_command_with_3(
    words: list[str], content: str | None, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "settings.toml"
    if content is not None:
        settings.write_text(content, encoding="utf-8")

    assert cli.run([*words, "--config", str(settings)]) == cli.COULD_NOT_RUN

    told = capsys.readouterr().err
    assert str(settings) in told
    assert f"[{code}" in told
    assert list(tmp_path.iterdir()) == ([] if content is None else [settings])


@pytest.mark.parametrize(("language", "told"), [("zh_CN.UTF-8", "保险柜"), ("en_GB.UTF-8", "safe")])
def test_keys_are_told_in_the_language_of_the_terminal(
    language: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", language)

    assert cli.run(["keys", "make", "--hall", "H1", "--out", str(tmp_path / "keys")]) == 0
    assert cli.run(["keys", "show", "--keys", str(tmp_path / "nowhere")]) == cli.COULD_NOT_RUN

    printed = capsys.readouterr()
    assert told in printed.out
    assert printed.err.strip().endswith("[keys_unreadable]")
