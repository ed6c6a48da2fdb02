import os
import stat
import subprocess
import sys

import pytest

from config import local


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    path = tmp_path / "admin-password"

    first = local.local_secret(path)

    assert local.local_secret(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["admin-password"]


def test_a_password_has_no_letters_that_look_alike(tmp_path):
    password = local.local_secret(tmp_path / "admin-password", groups=40)

    assert not set("il1o0") & set(password)


def test_whoever_makes_a_secret_second_uses_the_first_one(tmp_path):
    path = tmp_path / "secret-key"
    first = local.local_secret(path)

    local._make_secret(path, groups=12)

    assert local.local_secret(path) == first


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000", "http://127.1.2.3"]
)
def test_loopback_addresses_are_local(url):
    assert local.is_local(url)


@pytest.mark.parametrize(
    "url",
    ["https://example.org", "http://10.0.0.1", "http://127.0.0.1.example.org", "http://0.0.0.0"],
)
def test_addresses_that_others_can_reach_are_not_local(url):
    assert not local.is_local(url)


def test_a_data_folder_may_have_any_name(tmp_path):
    """Database and mail are told by URL, where some letters mean something else."""
    folder = tmp_path / "my data, 50%41 + more? #1"
    where = "from config import settings as s; print(s.DATABASES['default']['NAME'])"
    outside = {"DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SITE_URL"}
    env = {name: value for name, value in os.environ.items() if name not in outside}

    said = subprocess.run(
        [sys.executable, "-c", f"{where}; print(s.EMAIL_FILE_PATH)"],
        cwd=local.BASE_DIR,
        env=env | {"DATA_DIR": str(folder)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert said.splitlines() == [str(folder / "db.sqlite3"), str(folder / "mail")]
