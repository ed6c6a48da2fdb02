"""The house stands as drawn: arrows point down, nobody names a room after nothing."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {
    "blog": {"blog"},
    "newsletter": {"newsletter", "blog"},
    "comments": {"comments", "newsletter", "blog"},
    "config": {"config", "comments", "newsletter", "blog"},
}
APPS = sorted(MAY_IMPORT)
MODULES = sorted(
    path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts
)
NOT_NAMES = {"services", "utils", "helpers", "core", "common", "managers"}
RECEIVERS = {"newsletter/receivers.py"}  # anymail's tracking
PUBLIC = {
    "SITE_URL": "https://example.org",
    "SECRET_KEY": "a long key for a public site, with more than fifty characters in it",
    "EMAIL_URL": "smtp://localhost",
}


def name(path):
    return str(path.relative_to(ROOT))


def imports(path):
    """The first word of everything that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.split(".")[0]


def relative_reach(path):
    """How many folders up a module's relative imports climb."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield node.level


def django_signals(path):
    """What a module imports of Django's or anymail's signals, to send or to receive them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django"):
            if node.module.endswith(("dispatch", "signals")):
                return True
        elif isinstance(node, ast.Attribute) and node.attr == "receiver":
            return True
    return False


def makes(path):
    """The names of all that a module calls, or hands on to be called."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield from (part.id for part in [node.func, *node.args] if isinstance(part, ast.Name))
            if isinstance(node.func, ast.Attribute):
                yield node.func.attr
        if isinstance(node, ast.FunctionDef):
            yield from (part.id for part in node.decorator_list if isinstance(part, ast.Name))


def manage(tmp_path, *words, **variables):
    """A command of a fresh process with exactly these settings."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", *words],
        cwd=ROOT,
        env=kept | {"DATA_DIR": str(tmp_path)} | variables,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_imports_only_point_down(path):
    app = path.relative_to(ROOT).parts[0]
    others = set(APPS) - MAY_IMPORT[app]

    assert not set(imports(path)) & others
    assert max(relative_reach(path), default=0) < len(path.relative_to(ROOT).parts)


def test_the_import_rule_would_notice(tmp_path):
    module = tmp_path / "upward.py"
    module.write_text("def later():\n    from comments.models import Comment\n")

    assert "comments" in set(imports(module)) - MAY_IMPORT["blog"]


def test_no_room_is_named_after_nothing():
    assert not [name(path) for path in MODULES if NOT_NAMES & {*path.parts, path.stem}]


def test_there_are_no_signal_receivers_of_our_own():
    with_signals = {name(path) for path in MODULES if django_signals(path)}

    assert with_signals <= RECEIVERS


def test_nothing_but_markup_marks_a_string_safe():
    makers = {"mark_safe", "SafeString", "SafeText"}  # as a mere type they make nothing
    marking = {name(path) for path in MODULES if makers & set(makes(path))}

    assert {path for path in marking if not path.startswith("blog/markup")} == set()


def test_templates_mark_nothing_safe():
    templates = [path for app in APPS for path in (ROOT / app).rglob("templates/**/*.*")]
    unsafe = ("|safe", "autoescape off", "safeseq", " style=", "<style", "onclick=")
    mails = {"emails", "mail"}

    assert templates
    for path in templates:
        text = path.read_text()
        assert "|safe" not in text, name(path)
        if not mails & set(path.parts):
            assert not [mark for mark in unsafe if mark in text], name(path)


def test_no_file_is_longer_than_a_person_can_hold():
    lengths = {name(path): len(path.read_text().splitlines()) for path in MODULES}

    assert {path: length for path, length in lengths.items() if length > 360} == {}


def test_the_migrations_say_what_the_models_say(tmp_path):
    result = manage(tmp_path, "makemigrations", "--check", "--dry-run")

    assert result.returncode == 0, result.stdout


def test_a_public_site_passes_djangos_deployment_checks_in_silence(tmp_path):
    result = manage(tmp_path, "check", "--deploy", "--fail-level=WARNING", **PUBLIC)

    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


@pytest.mark.parametrize("missing", ["SECRET_KEY", "EMAIL_URL"])
def test_a_public_site_without_a_setting_says_which(tmp_path, missing):
    variables = {key: value for key, value in PUBLIC.items() if key != missing}

    result = manage(tmp_path, "check", **variables)

    assert result.returncode != 0
    assert f"{missing} must be set, because SITE_URL (https://example.org)" in result.stderr


def test_a_site_of_ones_own_needs_no_setting(tmp_path):
    assert manage(tmp_path, "check").returncode == 0
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


def test_a_mail_address_of_an_unknown_kind_is_refused_in_words(tmp_path):
    result = manage(tmp_path, "check", **(PUBLIC | {"EMAIL_URL": "carrier-pigeon://coop"}))

    assert "EMAIL_URL must begin with smtp://" in result.stderr
