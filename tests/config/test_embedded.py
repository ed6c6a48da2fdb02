import contextlib
import stat
import subprocess
import time

import kombu
import pytest
import redis

from config import embedded


@contextlib.contextmanager
def running(data_dir, binary=None):
    """The broker over this data; killed hard at the end, as a power cut would."""
    command = embedded.command(data_dir)
    server = subprocess.Popen([binary or command[0], *command[1:]])
    try:
        give_up_at = time.monotonic() + 10
        while not embedded.answers(embedded.socket_path(data_dir)):
            assert time.monotonic() < give_up_at and server.poll() is None
            time.sleep(0.02)
        yield redis.Redis.from_url(embedded.url(data_dir))
    finally:
        server.kill()
        server.wait()


def test_the_queue_outlives_the_broker(data_dir):
    with running(data_dir) as client:
        client.rpush("celery", "one", "two")

    with running(data_dir) as client:
        assert client.lrange("celery", 0, -1) == [b"one", b"two"]


def test_the_queue_outlives_a_change_of_server(data_dir):
    ours, bundled = embedded.find_binary(), embedded._bundled_binary()
    if bundled is None or ours == str(bundled):
        pytest.skip("needs a server on the PATH and the bundled one")
    with running(data_dir, bundled) as client:
        client.rpush("celery", "one")

    with running(data_dir, ours) as client:
        client.rpush("celery", "two")

    with running(data_dir, bundled) as client:
        assert client.llen("celery") == 2


def test_the_broker_opens_no_port_and_only_its_owner_reaches_it(data_dir):
    with running(data_dir) as client:
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}

    assert stat.S_IMODE((data_dir / "redis").stat().st_mode) == 0o700


def test_cache_and_queue_reach_a_broker_in_a_folder_with_odd_letters(data_dir):
    odd = data_dir / "my data, 100% ü#?"

    with running(odd) as client:
        assert client.ping()
        queue_url = embedded.url(odd).replace("unix", "redis+socket", 1)
        with kombu.Connection(queue_url) as connection:
            assert connection.default_channel.client.ping()
        assert embedded.socket_path(odd).is_relative_to(data_dir.resolve())


def test_the_socket_lies_with_the_data(data_dir):
    assert embedded.socket_path(data_dir) == data_dir.resolve() / "redis" / "redis.sock"


def test_a_deep_folder_gets_a_short_socket_that_works(deep_folder):
    path = embedded.socket_path(deep_folder)

    assert len(bytes(path)) <= 100
    with running(deep_folder) as client:
        assert client.ping()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_socket_folder_made_by_someone_else_is_refused(deep_folder, tmp_path):
    embedded.socket_path(deep_folder).parent.symlink_to(tmp_path)

    with pytest.raises(embedded.NoServer, match="belongs to someone else"):
        embedded.socket_path(deep_folder)


def test_without_any_server_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(embedded.shutil, "which", lambda name: None)
    monkeypatch.setattr(embedded, "_bundled_binary", lambda: None)

    with pytest.raises(embedded.NoServer, match="apt-get install redis-server"):
        embedded.find_binary()


@pytest.fixture
def deep_folder(tmp_path):
    folder = tmp_path / "deep" / ("é" * 60)
    short = embedded.socket_path(folder).parent
    yield folder
    if short.is_symlink():
        short.unlink()
    elif short.exists():
        for left in short.iterdir():
            left.unlink()
        short.rmdir()
