"""``python -m provisioning.demo [--once] [--now …]``: what ``make demo`` runs."""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from provisioning.cli import COULD_NOT_RUN, DONE, FOUND_A_FAULT
from provisioning.demo.running import RunningHall
from provisioning.demo.set_up import TIMEZONE, DemoHall, parse_now, set_up_hall
from provisioning.places import DEMO
from provisioning.sentences import choose_language, format_error
from shared.errors import ServicehallError, Unavailable
from sync_server.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOOK_EVERY_S: Final = 0.5


@click.command()
@click.option("--once", is_flag=True, help="Run the main job without a person, compare, and end.")
@click.option("--now", "shown", metavar="TIME", help="The demo's time: 2027-01-04, '2027-01-04 08:50' or 23:55.")
def demo(*, once: bool, shown: str | None) -> None:
    """Set up a made-up hall under var/demo and run it until Ctrl-C.

    Example: python -m provisioning.demo --now '2027-01-04 08:50'
    """
    try:
        with _only_one(DEMO):
            offset = parse_now(shown, SystemClock(0)) if shown else 0
            code = _run(DEMO, offset, once=once)
    except ServicehallError as error:
        click.echo(format_error(error, choose_language(os.environ)), err=True)
        code = COULD_NOT_RUN
    sys.exit(code)


def _run(folder: Path, offset_ms: int, *, once: bool) -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):  # the second comes when somebody closes the terminal
        signal.signal(number, lambda *_: sys.exit(COULD_NOT_RUN))
    console = Console()
    with console.status("准备大厅：密钥、80 名员工、胸牌 · making the hall: keys, 80 staff, badges"):
        hall = set_up_hall(folder, clock_offset_ms=offset_ms)
    if once:
        main_job = importlib.import_module("provisioning.demo.main_job")  # needs packages that a hall does not have
        return DONE if main_job.run_main_job(hall) else FOUND_A_FAULT
    _run_until_stopped(hall, console)
    return DONE


def _run_until_stopped(hall: DemoHall, console: Console) -> None:
    with RunningHall(hall, display=None) as running, contextlib.suppress(KeyboardInterrupt, SystemExit):
        with console.status("启动服务器与触摸屏 · starting server and kiosk"):
            running.start_server()
            fingerprint = running.enrol()
            running.start_kiosk()
        _print_what_to_try(hall, fingerprint, console)
        while not (running.server.ended or running.kiosk.ended):
            time.sleep(_LOOK_EVERY_S)
        ended = running.server if running.server.ended else running.kiosk
        raise Unavailable("demo_process_ended", name=ended.name, log=str(ended.log))


def _print_what_to_try(hall: DemoHall, fingerprint: str, console: Console) -> None:
    users = Table(title="登录 · sign in", show_header=True)
    for title in ("用户 user", "密码 password", "角色 role"):
        users.add_column(title)
    for user in hall.users:
        users.add_row(user.username, user.password, user.role)
    console.print(f"\n办公室页面 · office page    [bold]{hall.office}[/bold]")
    console.print(f"触摸屏画面 · kiosk picture  [bold]{hall.office}/demo[/bold]")
    console.print(f"触摸屏指纹 · kiosk fingerprint  {fingerprint}")
    console.print(users)
    if os.environ.get("DISPLAY"):
        console.print(
            "试一试 · try: 在胸牌页打开一张胸牌卡，把二维码扫进触摸屏窗口；在窗口里取号，到叫号页叫号；看考勤页。\n"
            "Open a card under Badges and scan its code at the kiosk's window; take a number there and call it\n"
            "under Calling; watch Attendance."
        )
    else:
        console.print(
            "本机没有显示器，触摸屏在后台绘制，画面见上面的演示页；要动手试，请在有显示器的终端里运行，\n"
            "或运行 make demo ONCE=1，看全过程自动走一遍。\n"
            "There is no display here: the kiosk draws unseen, and the page above shows its picture. To use your own\n"
            "hands run this where there is a display, or make demo ONCE=1 to watch the whole job done."
        )
    begins = f"{hall.event_begins.astimezone(ZoneInfo(TIMEZONE)):%H:%M}"
    console.print(f"活动 {begins} 开始；Ctrl-C 结束全部 · the event begins at {begins}; Ctrl-C ends everything\n")


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold the demo of this clone; a second one is told instead of pulling the first one's folder away."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unavailable("demo_runs_already", folder=str(folder)) from error
        yield


if __name__ == "__main__":
    demo()
