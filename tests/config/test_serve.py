import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config import local, serve
from config.local import BASE_DIR

RUN_GROUP = """
import json, sys
from pathlib import Path
from config.supervisor import Child, Supervisor
folder = Path(sys.argv[1])
children = [Child(**spec) for spec in json.loads(sys.argv[2])]
Supervisor(
    children, folder / "serve.json", cwd=folder, on_up=lambda: (folder / "all up").touch()
).run()
"""
WSGI = "def app(environ, respond):\n    respond('200 OK', [])\n    return [b'here']\n"
TASKS = """
import time
from pathlib import Path
from celery import Celery
app = Celery("slow", broker={broker!r}, fixups=[])
@app.task(name="slow")
def slow():
    Path("begun").touch()
    time.sleep(1)
    Path("finished").touch()
"""
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties lives together")


@pytest.fixture
def group(tmp_path):
    """Starts a group of made-up children in its own process, as `serve` would."""
    started = []

    def start(*specs, up=True):
        command = [sys.executable, "-c", RUN_GROUP, str(tmp_path), json.dumps(specs)]
        process = subprocess.Popen(command, cwd=local.BASE_DIR, stderr=subprocess.PIPE, text=True)
        started.append(process)
        if up:
            until(lambda: (tmp_path / "all up").exists())
        return process

    yield start
    for process in started:
        while process.poll() is None:
            process.terminate()
            time.sleep(0.1)
        process.stderr.close()


def child(name, script="", **more):
    """Lives until told to stop, and keeps a diary."""
    wait = f"trap 'echo {name} stops >> diary; exit' TERM; echo {name} starts >> diary; "
    return {"name": name, "command": ["sh", "-c", wait + (script or "sleep 60 & wait")], **more}


def until(condition, seconds=10):
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "waited too long"
        time.sleep(0.02)


def states(folder):
    return json.loads((folder / "serve.json").read_text())["children"]


def diary(folder):
    path = folder / "diary"
    return path.read_text().splitlines() if path.exists() else []


def living_in(sessions):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(session) in sessions and state != "Z":
            found.append(stat)
    return found


def serve_with(**env):
    return subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=local.BASE_DIR,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_child_that_dies_is_started_again_and_serve_json_says_so_meanwhile(group, tmp_path):
    group(child("worker"))
    first = states(tmp_path)["worker"]["pid"]

    os.kill(first, signal.SIGKILL)
    until(lambda: not states(tmp_path)["worker"]["up"])
    until(lambda: states(tmp_path)["worker"]["up"])

    assert states(tmp_path)["worker"]["restarts"] == 1
    assert states(tmp_path)["worker"]["pid"] != first


def test_children_stop_in_reverse_order(group, tmp_path):
    process = group(child("broker"), child("worker"), child("web"))
    until(lambda: len(diary(tmp_path)) == 3)

    process.terminate()
    process.wait(10)

    assert diary(tmp_path)[3:] == ["web stops", "worker stops", "broker stops"]
    assert not (tmp_path / "serve.json").exists()


def test_a_one_shot_child_ends_before_the_next_one_starts(group, tmp_path):
    group(child("migrate", "sleep 0.3; echo migrate ends >> diary", once=True), child("web"))
    until(lambda: len(diary(tmp_path)) == 3)

    assert diary(tmp_path) == ["migrate starts", "migrate ends", "web starts"]


def test_when_a_one_shot_child_fails_the_rest_is_stopped(group, tmp_path):
    failing = child("migrate", "until grep broker diary; do sleep 0.02; done; exit 3", once=True)
    process = group(child("broker"), failing, child("web"), up=False)

    process.wait(10)

    assert "migrate stopped (exit code 3)" in process.stderr.read()
    assert diary(tmp_path)[-1] == "broker stops"
    assert "web starts" not in diary(tmp_path)


def test_a_second_ctrl_c_does_not_wait_for_the_slow(group, tmp_path):
    stubborn = child("worker", "trap '' TERM; echo deaf >> diary; sleep 60", grace=25)
    process = group(stubborn)
    until(lambda: "deaf" in diary(tmp_path))
    began = time.monotonic()

    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    process.wait(10)

    assert time.monotonic() - began < 5


def test_a_running_task_is_finished_before_the_worker_stops(group, tmp_path, data_dir):
    broker = serve._broker(data_dir)
    url = serve.embedded.url(data_dir).replace("unix", "redis+socket", 1)
    (tmp_path / "slow_tasks.py").write_text(TASKS.format(broker=url))
    command = [part.replace("config.celery", "slow_tasks") for part in serve._worker().command]
    process = group({"name": "broker", "command": broker.command}, {
        "name": "worker", "command": command, "grace": 25,
    })  # fmt: skip
    send = "from slow_tasks import slow; slow.delay()"
    subprocess.run([sys.executable, "-c", send], cwd=tmp_path, timeout=20, check=True)
    until(lambda: (tmp_path / "begun").exists(), 20)

    process.terminate()
    process.wait(20)

    assert (tmp_path / "finished").exists()


@on_linux
def test_nothing_is_left_when_the_parent_is_killed(group, tmp_path):
    (tmp_path / "page.py").write_text(WSGI)
    port = free_port()
    command = [
        part.replace("config.wsgi:application", "page:app") for part in serve._web(port).command
    ]
    command += ["--pythonpath", str(BASE_DIR)]  # for its log, which is ours
    process = group(child("broker", "exec sleep 60"), {"name": "web", "command": command})
    until(lambda: serve._web_answers(port))
    sessions = [state["pid"] for state in states(tmp_path).values()]
    assert len(living_in(sessions)) == 3

    process.kill()

    until(lambda: not living_in(sessions))


def test_a_second_start_says_which_process_is_running(tmp_path):
    with serve._only_one(serve._writable(tmp_path)):
        second = serve_with(DATA_DIR=str(tmp_path))

    assert second.returncode == 1
    assert f"already running (process {os.getpid()})" in second.stderr


def test_a_taken_port_is_named(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        start = serve_with(DATA_DIR=str(tmp_path), PORT=str(port))

    assert start.returncode == 1
    assert f"Port {port} is taken" in start.stderr


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()

    start = serve_with(DATA_DIR=str(tmp_path / "file" / "var"))

    assert start.returncode == 1
    assert "cannot write there" in start.stderr
    assert "Traceback" not in start.stderr


def test_the_parent_loads_no_django():
    code = "import sys, config.serve; sys.exit('django' in sys.modules or 'celery' in sys.modules)"

    assert (
        subprocess.run([sys.executable, "-c", code], cwd=local.BASE_DIR, check=False).returncode
        == 0
    )


def test_parts_can_be_left_out(tmp_path, monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://queue.example")

    group = serve._supervisor(8000, tmp_path, ["worker", "beat"])

    assert [child.name for child in group.children] == ["migrate", "static files", "demo", "web"]


def test_at_home_the_account_and_its_password_are_shown(tmp_path, monkeypatch):
    for name in ("ADMIN_PASSWORD", "SITE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DEMO", "1")
    serve._make_secrets(tmp_path)

    assert (tmp_path / "admin-password").read_text().strip() in serve._welcome(tmp_path, [])
    assert "as sara" in serve._welcome(tmp_path, [])


def test_a_password_that_you_set_is_not_repeated(tmp_path, monkeypatch):
    monkeypatch.setenv("ADMIN_PASSWORD", "grasshopper")
    monkeypatch.setenv("DEMO", "0")

    welcome = serve._welcome(tmp_path, [])

    assert "as author, with the password you set in ADMIN_PASSWORD" in welcome
    assert "grasshopper" not in welcome


def test_a_public_site_makes_no_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("SITE_URL", "https://afterword.example")

    serve._make_secrets(tmp_path)

    assert list(tmp_path.iterdir()) == []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
