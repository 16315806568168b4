"""The run folder: written by one, watched by many, never torn, resumable after any end."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from gan.checkpoint import checkpoints, load, newest_checkpoint
from gan.cli import app
from gan.errors import RunError
from gan.runs import (
    Host,
    RunReader,
    RunWriter,
    Session,
    Supervisor,
    command_line,
    list_runs,
    resume,
    train_argv,
)
from gan.training import Progress, Trainer
from tests.children import quick_child

TRAIN = [sys.executable, "-m", "gan", "train", "--preset", "digits", "--seed", "3"]


def until(condition, timeout_s: float = 180.0):
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError("it did not come to pass in time")


def state_of(path: Path) -> str:
    try:
        return RunReader(path).status().state
    except Exception:
        return ""


def test_a_finished_run_holds_all_that_the_contract_names(tiny_run: Path):
    reader = RunReader(tiny_run)
    assert reader.status().state == "finished"
    assert reader.status().fraction == 1.0
    assert set(reader.rows()[0]) == {
        "nimg", "seconds", "images_per_s", "loss_g", "loss_d", "score_real", "score_fake",
        "score_held_out", "grad_norm_g", "grad_norm_d", "g_lr", "d_lr", "penalty", "augment_p",
    }  # fmt: skip
    first, last = reader.snapshots()[0], reader.snapshots()[-1]
    assert (first, last) == (0, 1008)
    grid = Image.open(io.BytesIO(reader.snapshot(last)))
    assert grid.size == (64, 64)
    assert load(tiny_run).config.nimg == 1008
    assert reader.config().preset == "digits"


def test_rows_can_be_asked_for_from_a_moment_on(tiny_run: Path):
    rows = RunReader(tiny_run).rows()
    assert RunReader(tiny_run).rows(after_nimg=rows[0]["nimg"]) == rows[1:]


def test_a_half_written_row_is_left_for_next_time(tiny_run: Path, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(tiny_run, copy)
    count = len(RunReader(copy).rows())
    with (copy / "progress.jsonl").open("a") as stream:
        stream.write('{"nimg": 99')
    assert len(RunReader(copy).rows()) == count


def test_reading_on_from_an_offset_gives_the_same_rows(tiny_run: Path, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(tiny_run, copy)
    file = copy / "progress.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    whole = RunReader(copy).rows()
    file.write_bytes(lines[0] + lines[1][:7])
    first, offset = RunReader(copy).tail(0)
    file.write_bytes(b"".join(lines))
    rest, _ = RunReader(copy).tail(offset)
    assert first + rest == whole
    assert RunReader(copy).tail(10**9)[0] == whole  # it has become shorter: from the beginning


def test_a_run_is_not_written_over(tiny_run: Path, make_config):
    with pytest.raises(RunError, match="already holds a run"):
        RunWriter(tiny_run, make_config(), steerable=False).create()


def test_a_folder_that_holds_anything_else_is_left_alone(tmp_path: Path, make_config):
    (tmp_path / "config.json").write_text("{}")  # a weights folder, or a run that lost its status
    with pytest.raises(RunError, match="new or empty"):
        RunWriter(tmp_path, make_config(), steerable=False).create()
    assert (tmp_path / "config.json").read_text() == "{}"


@pytest.mark.parametrize(
    "status",
    [
        '{"state": "running", "updated_at": "x"}',
        '{"state": "running", "pid": "abc", "host": "here", "updated_at": null}',
        '{"state": "finished", "nimg": "x", "seconds": "y", "started_at": "z"}',
        "[" * 60_000,
        "5",
    ],
)
def test_a_damaged_status_hides_its_run_and_no_other(tiny_run: Path, tmp_path: Path, status: str):
    shutil.copytree(tiny_run, tmp_path / "good")
    shutil.copytree(tiny_run, tmp_path / "bad")
    (tmp_path / "bad" / "status.json").write_text(status)
    assert [s.id for s in list_runs(tmp_path)] == ["good"]


def test_a_pid_given_anew_is_not_the_run(tiny_run: Path, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(tiny_run, copy)
    status = json.loads((copy / "status.json").read_text())
    live = status | {"state": "running", "pid": os.getpid(), "updated_at": 1.0}
    (copy / "status.json").write_text(json.dumps(live))
    assert RunReader(copy).status().state == "running"  # asleep for long, but alive
    (copy / "status.json").write_text(json.dumps(live | {"born": "1"}))
    assert RunReader(copy).status().state == "interrupted"


@pytest.mark.parametrize(
    "text",
    ['5\n{}\n[]\n{"nimg": "x"}\n', '{"nimg": 9{"nimg": 99}\n'],
    ids=["no rows", "one that a full disk cut short"],
)
def test_rows_that_are_none_are_passed_over(tiny_run: Path, tmp_path: Path, text: str):
    copy = tmp_path / "copy"
    shutil.copytree(tiny_run, copy)
    whole = RunReader(copy).rows()
    with (copy / "progress.jsonl").open("a") as stream:
        stream.write(text)
    assert RunReader(copy).rows() == whole


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path, make_config):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        RunWriter(tmp_path / "file" / "run", make_config(), steerable=False).create()


def test_a_run_whose_process_is_gone_reads_as_interrupted(tiny_run: Path, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(tiny_run, copy)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    status = json.loads((copy / "status.json").read_text())
    (copy / "status.json").write_text(json.dumps(status | {"state": "running", "pid": gone.pid}))
    assert RunReader(copy).status().state == "interrupted"
    live = status | {"state": "running", "pid": os.getpid(), "updated_at": time.time()}
    (copy / "status.json").write_text(json.dumps(live))
    assert RunReader(copy).status().state == "running"
    (copy / "status.json").write_text(json.dumps(live | {"host": "elsewhere", "updated_at": 1.0}))
    assert RunReader(copy).status().state == "interrupted"


def test_runs_are_listed_newest_first_and_strangers_are_passed_over(tiny_run: Path, tmp_path: Path):
    for number, name in enumerate(["old", "new"]):
        shutil.copytree(tiny_run, tmp_path / name)
        status = json.loads((tmp_path / name / "status.json").read_text())
        status["started_at"] = float(number)
        (tmp_path / name / "status.json").write_text(json.dumps(status))
    (tmp_path / "stranger").mkdir()
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "status.json").write_text("{")
    (tmp_path / "torn" / "config.json").write_text("{}")
    assert [s.id for s in list_runs(tmp_path)] == ["new", "old"]


def run_to_the_end(config, digits, path: Path) -> dict[str, torch.Tensor]:
    writer = RunWriter(path, config, steerable=False)
    writer.create()
    trainer = Trainer(config, digits)
    Session(trainer, writer).run()
    return trainer.g.state_dict()


@pytest.mark.slow
def test_a_stopped_run_resumes_to_the_same_weights_as_an_unbroken_one(
    tmp_path: Path, digits, make_config
):
    config = replace(make_config(), total_kimg=3.2)
    whole = run_to_the_end(config, digits, tmp_path / "whole")
    writer = RunWriter(tmp_path / "broken", config, steerable=True)
    writer.create()
    commands: queue.Queue = queue.Queue()

    def stop_after_a_row(event: object, status: object) -> None:
        if isinstance(event, Progress):
            commands.put({"command": "stop"})

    trainer = Trainer(config, digits)
    status = Session(trainer, writer, commands=commands, watcher=stop_after_a_row).run()
    assert status.state == "stopped"
    reader = RunReader(tmp_path / "broken")
    moments = {reader.snapshots()[-1], reader.weights()[-1], reader.rows()[-1]["nimg"]}
    assert moments == {status.nimg}  # all tell of the same moment
    assert resume(config, digits, tmp_path / "broken").state == "finished"
    resumed = load(tmp_path / "broken")
    assert resumed.config.nimg == 3200
    found = newest_checkpoint(tmp_path / "broken" / "checkpoints")
    trainer = Trainer(config, digits)
    from tests.restoring import load_checkpoint

    load_checkpoint(found.path, trainer.modules())
    assert all(torch.equal(v, trainer.g.state_dict()[k]) for k, v in whole.items())


@pytest.mark.slow
def test_a_damaged_newest_checkpoint_is_named_and_passed_over(tmp_path: Path, digits, make_config):
    config = replace(make_config(), total_kimg=1.0)
    run_to_the_end(config, digits, tmp_path / "r")
    resume(replace(config, total_kimg=2.0), digits, tmp_path / "r")
    os.truncate(tmp_path / "r" / "checkpoints" / "0000002000" / "state.pt", 100)
    said: list[str] = []
    resume(replace(config, total_kimg=3.0), digits, tmp_path / "r", Host(say=said.append))
    assert said == ["checkpoint 0000002000 is damaged and was skipped; going on from 0000001008"]
    assert [r["nimg"] for r in RunReader(tmp_path / "r").rows()][-1] == 3008


def test_a_full_disk_keeps_the_last_checkpoint_and_says_so(
    tmp_path: Path, digits, make_config, monkeypatch
):
    config = replace(make_config(), total_kimg=50.0)
    writer = RunWriter(tmp_path / "r", config, steerable=False)
    writer.create()
    session = Session(Trainer(config, digits), writer)
    session.trainer.step()
    session.checkpoint()

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(RunWriter, "snapshot", full)
    with pytest.raises(RunError, match="the disk is full"):
        session.run()
    assert newest_checkpoint(tmp_path / "r" / "checkpoints").path.name == "0000000016"
    assert RunReader(tmp_path / "r").status().state == "interrupted"


def test_a_full_disk_pauses_a_steered_run_until_it_is_resumed(
    tmp_path: Path, digits, make_config, monkeypatch
):
    config = replace(make_config(), total_kimg=0.2)
    writer = RunWriter(tmp_path / "r", config, steerable=True)
    writer.create()
    real, failures = RunWriter.snapshot, [OSError(errno.ENOSPC, "No space left on device")]

    def full_once(self, event):
        if failures:
            raise failures.pop()
        real(self, event)

    monkeypatch.setattr(RunWriter, "snapshot", full_once)
    commands: queue.Queue = queue.Queue()
    commands.put({"command": "resume"})
    seen: list[str] = []
    session = Session(Trainer(config, digits), writer, commands=commands)
    report = writer.report
    monkeypatch.setattr(
        writer, "report", lambda s, **k: (seen.append(k.get("message", "")), report(s, **k))
    )
    assert session.run().state == "finished"
    assert any("disk is full" in str(message) for message in seen)


def test_divergence_ends_the_run_and_offers_the_last_good_checkpoint(
    tmp_path: Path, digits, make_config
):
    from gan.errors import DivergedError

    config = replace(make_config(), total_kimg=50.0)
    writer = RunWriter(tmp_path / "r", config, steerable=False)
    writer.create()
    session = Session(Trainer(config, digits), writer)
    session.trainer.step()
    session.checkpoint()
    next(session.trainer.method.d.parameters()).data.fill_(float("nan"))
    with pytest.raises(DivergedError):
        session.run()
    status = RunReader(tmp_path / "r").status()
    assert (status.state, "lower learning rate" in str(status.message)) == ("failed", True)
    assert newest_checkpoint(tmp_path / "r" / "checkpoints").path.name == "0000000016"


@pytest.fixture
def supervisor():
    supervisor = Supervisor()
    yield supervisor
    supervisor.shutdown()


def start(supervisor: Supervisor, path: Path, **options) -> str:
    argv = train_argv("digits", run_dir=path, steer=True, **options)
    return supervisor.start(argv, path)


@pytest.mark.slow
def test_a_process_can_be_paused_stepped_steered_resumed_and_stopped(supervisor, tmp_path: Path):
    path = tmp_path / "r"
    run_id = start(supervisor, path)
    until(lambda: RunReader(path).status().nimg > 500)
    supervisor.send(run_id, {"command": "pause"})
    until(lambda: state_of(path) == "paused")
    until(lambda: checkpoints(path / "checkpoints"))  # a kill now would lose nothing
    held = RunReader(path).status().nimg
    time.sleep(0.6)
    assert RunReader(path).status().nimg == held
    supervisor.send(run_id, {"command": "step"})
    until(lambda: RunReader(path).status().nimg == held + 64)
    supervisor.send(run_id, {"command": "set", "key": "g_lr", "value": 0.0005})
    supervisor.send(run_id, {"command": "set", "key": "g_lr", "value": "fast"})
    supervisor.send(run_id, {"command": "resume"})
    until(lambda: RunReader(path).status().nimg > held + 500)
    assert RunReader(path).rows()[-1]["g_lr"] == 0.0005
    supervisor.send(run_id, {"command": "stop"})
    until(lambda: state_of(path) == "stopped")
    until(lambda: not supervisor.owns(run_id))
    assert RunReader(path).config().train.g_lr == 0.0005  # and so it will be after a resume
    with pytest.raises(RunError, match="cannot be steered"):
        supervisor.send(run_id, {"command": "pause"})


@pytest.mark.slow
def test_garbage_on_the_pipe_is_passed_over_and_its_end_still_heard(tmp_path: Path):
    path = tmp_path / "r"
    command = [*TRAIN, "--run-dir", str(path), "--steer"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    until(lambda: state_of(path) == "running")
    process.stdin.write(b"[" * 200_000 + b"\nnonsense\n5\n")
    process.stdin.close()
    assert process.wait(180) == 0
    assert state_of(path) == "interrupted"


@pytest.mark.slow
def test_an_impatient_second_ctrl_c_loses_nothing(tmp_path: Path):
    path = tmp_path / "r"
    process = subprocess.Popen([*TRAIN, "--run-dir", str(path)], stdout=subprocess.DEVNULL)
    until(lambda: state_of(path) == "running")
    for _ in range(8):
        process.send_signal(signal.SIGINT)
        time.sleep(0.03)
    process.wait(180)
    assert state_of(path) == "interrupted"
    assert newest_checkpoint(path / "checkpoints")


@pytest.mark.slow
def test_a_process_that_cannot_start_leaves_its_sentence(supervisor, tmp_path: Path):
    with pytest.raises(RunError, match="no folder"):
        start(supervisor, tmp_path / "r", data="folder:/nowhere")


def train(path: Path, told: Path, on_hangup: signal.Handlers = signal.SIG_DFL) -> None:
    """The command in a fork, as a terminal starts it or, deaf to hang-ups, as nohup does."""
    signal.signal(signal.SIGHUP, on_hangup)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # as prefork does with its own
    with told.open("w") as stream, contextlib.redirect_stdout(stream):
        app([*TRAIN[3:], "--run-dir", str(path)])


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_saves_and_ends_well_and_the_run_goes_on_from_there(tmp_path: Path, number):
    path = tmp_path / "r"
    process = quick_child(train, path, tmp_path / "told")
    until(lambda: state_of(path) == "running")
    os.kill(process.pid, number)
    process.join(180)
    assert process.exitcode == 0
    assert "--resume" in (tmp_path / "told").read_text()
    assert RunReader(path).status().state == "interrupted"
    kimg = str(RunReader(path).status().nimg / 1000 + 0.5)
    resumed = CliRunner().invoke(app, ["train", "--resume", str(path), "--kimg", kimg])
    assert resumed.exit_code == 0, resumed.output
    assert RunReader(path).status().state == "finished"


@pytest.mark.slow
def test_under_nohup_a_run_outlives_its_terminal(tmp_path: Path):
    path = tmp_path / "r"
    process = quick_child(train, path, tmp_path / "told", signal.SIG_IGN)
    until(lambda: state_of(path) == "running")
    os.kill(process.pid, signal.SIGHUP)
    held = RunReader(path).status().nimg
    until(lambda: RunReader(path).status().nimg > held + 500)
    process.terminate()
    process.join(180)
    assert process.exitcode == 0
    assert state_of(path) == "interrupted"


@pytest.mark.slow
def test_a_terminal_window_that_is_closed_saves_and_ends_the_run(tmp_path: Path):
    fcntl, pty, termios = map(pytest.importorskip, ("fcntl", "pty", "termios"))  # not on Windows
    path = tmp_path / "r"
    ours, its = pty.openpty()

    def be_in_the_terminal() -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)

    process = subprocess.Popen(
        [*TRAIN, "--run-dir", str(path)],
        stdin=its,
        stdout=its,
        stderr=its,
        preexec_fn=be_in_the_terminal,
    )
    os.close(its)

    def shown() -> bool:
        os.read(ours, 2**16)  # else it waits for who reads
        return state_of(path) == "running" and RunReader(path).status().nimg > 500

    until(shown)
    os.close(ours)
    process.wait(180)
    assert state_of(path) == "interrupted"
    saved = int(newest_checkpoint(path / "checkpoints").path.name)
    assert saved == RunReader(path).status().nimg


def test_the_command_line_is_the_one_a_person_would_type():
    argv = train_argv(
        "fashion",
        data="digits",
        settings={"g_lr": 0.001, "flip": True, "g_widths": (8, 4)},
        seed=3,
        seconds=60,
        run_dir=Path("runs/a b"),
        steer=True,
    )
    assert command_line(argv) == (
        "python -m gan train --preset fashion --data digits --set g_lr=0.001 --set flip=true "
        "--set g_widths=8,4 --seed 3 --seconds 60 --run-dir 'runs/a b'"
    )
