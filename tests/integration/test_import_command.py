"""``servicehall import staff`` as a person runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from openpyxl import Workbook

from provisioning.cli import run
from provisioning.keys import create_keys
from sync_server.config import load_settings
from sync_server.db import Database
from sync_server.migrations.upgrade import upgrade_to_newest
from sync_server.publishing.operations import set_hall_details
from sync_server.publishing.queries import newest_version
from sync_server.staff.queries import StaffFilter, count_staff

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "server.toml"
    path.write_text('hall = "H1"\ndata_dir = "server"\n', encoding="utf-8")
    settings = load_settings(path)
    create_keys(settings.keys_path, "H1", 1_795_400_000_000)
    database = Database(settings.database_url)
    upgrade_to_newest(database)
    with database.transaction() as session:
        set_hall_details(session, "H1", name_zh="清溪", name_en="Qingxi", timezone="Asia/Shanghai")
    database.close()
    return path


class Done(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@pytest.fixture
def run_import(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    def run_it(config: Path, *words: str, language: str = "en_GB.UTF-8") -> Done:
        monkeypatch.setenv("LC_ALL", language)
        monkeypatch.setenv("COLUMNS", "120")
        monkeypatch.delenv("DATABASE_URL", raising=False)
        code = run(["import", "staff", *words, "--config", str(config)])
        return Done(code, *capsys.readouterr())

    return run_it


def staff_and_version(config: Path) -> tuple[int, int]:
    database = Database(load_settings(config).database_url)
    with database.reading() as session:
        told = count_staff(session, "H1", StaffFilter()), newest_version(session, "H1")
    database.close()
    return told


def test_a_list_is_taken_published_and_told(run_import: Callable[..., Done], config: Path, tmp_path: Path) -> None:
    book = Workbook()
    for row in (["工号", "姓名", "部门", "岗位", "窗口", "手机"], ["S1", "甲", "民政局", "婚姻登记", 43, "139"]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "staff.xlsx")

    done = run_import(config, str(tmp_path / "staff.xlsx"))

    assert (done.code, done.err) == (0, "")
    assert "1 member of staff was added." in done.out
    assert "Columns left alone: 手机" in done.out
    assert staff_and_version(config) == (1, 1)


def test_every_bad_row_is_named_and_nothing_is_changed(
    run_import: Callable[..., Done], config: Path, tmp_path: Path
) -> None:
    listed = tmp_path / "名单.csv"
    listed.write_bytes("工号,姓名,部门\r\nS1,甲,民政局\r\nS1,乙,\r\n[red]S 3,=1+1,民政局".encode("gb18030"))

    done = run_import(config, str(listed), language="zh_CN.UTF-8")

    assert done.code == 1
    for told in ("与第 2 行工号相同", "没有填写", "公式；请改为数值", "4 处问题，未作任何更改"):
        assert told in done.out
    assert staff_and_version(config) == (0, 0)


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "[file_empty]"), (b"\xd0\xcf\x11\xe0 old", "[file_old_excel]"), (b"a,b", "[columns_missing]")],
)
def test_a_wrong_file_is_one_sentence(
    run_import: Callable[..., Done], config: Path, tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / "wrong.csv").write_bytes(content)

    done = run_import(config, str(tmp_path / "wrong.csv"))

    assert done.code == 1
    assert done.err.strip().endswith(told)
    assert "Traceback" not in done.err


def test_what_cannot_be_run_says_so(run_import: Callable[..., Done], config: Path, tmp_path: Path) -> None:
    no_file = run_import(config, str(tmp_path / "nowhere.xlsx"))
    no_settings = run_import(tmp_path / "nowhere.toml", str(tmp_path / "nowhere.xlsx"))
    no_argument = run_import(config)

    assert (no_file.code, no_settings.code, no_argument.code) == (3, 3, 2)
    assert "[staff_file_unreadable]" in no_file.err
    assert "[settings_unreadable]" in no_settings.err
    assert "FILE" in no_argument.err


@pytest.mark.parametrize(
    ("content", "language", "told"),
    [
        (b"a,b", "zh_CN.UTF-8", "缺少"),
        (b"a,b", "en_GB.UTF-8", "These columns are missing: "),
        (b"PK\x03\x04 damaged", "en_GB.UTF-8", "The file is damaged or of another kind."),
    ],
)
def test_a_refused_list_is_told_as_on_the_page(  # noqa: PLR0913, PLR0917 - two fixtures, a folder and a case
    run_import: Callable[..., Done], config: Path, tmp_path: Path, content: bytes, language: str, told: str
) -> None:
    (tmp_path / "wrong.xlsx").write_bytes(content)

    done = run_import(config, str(tmp_path / "wrong.xlsx"), language=language)

    assert done.code == 1
    assert told in done.err
    assert not set("['") & set(done.err.partition(" [")[0])
    assert "—" not in done.err


def test_many_faults_go_out_line_by_line(run_import: Callable[..., Done], config: Path, tmp_path: Path) -> None:
    rows = "".join(f"S{number},,\r\n" for number in range(150))
    (tmp_path / "many.csv").write_text("工号,姓名,部门\r\n" + rows, encoding="utf-8")

    done = run_import(config, str(tmp_path / "many.csv"))

    assert done.code == 1
    assert "\n2\t姓名\tnothing is written here\n" in done.out
    assert "300 faults. Nothing was changed" in done.out
