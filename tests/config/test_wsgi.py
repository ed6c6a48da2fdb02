"""What the web server hands over, and what it writes down itself."""

import io

import pytest
from django.test import RequestFactory
from gunicorn.config import Config

from config.web_log import Log
from config.wsgi import application

pytestmark = pytest.mark.django_db(transaction=True)  # the server closes connections by itself
CODECS = ["base64", "hex", "undefined", "idna", "utf-16", "no such thing"]


@pytest.mark.parametrize("parameter", ["charset=", "CharSet =", "charset*=utf-8''"])
@pytest.mark.parametrize("codec", CODECS)
def test_no_header_chooses_how_an_address_is_read(publication, codec, parameter):
    environ = RequestFactory().get("/?page=%E9").environ
    environ["CONTENT_TYPE"] = f"text/html; {parameter}{codec}"
    said = []

    application(environ, lambda status, headers: said.append(status))

    assert said == ["404 Not Found"]


@pytest.mark.parametrize("codec", CODECS)
def test_no_header_chooses_how_a_form_is_read(publication, codec):
    body = b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\nno\xe9\r\n--x--\r\n'
    environ = RequestFactory().post("/newsletter/").environ
    environ |= {"CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
    environ["CONTENT_TYPE"] = f"multipart/form-data; charset={codec}; boundary=x"
    said = []

    application(environ, lambda status, headers: said.append(status))

    assert said == ["403 Forbidden"]


@pytest.fixture
def lines(caplog):
    """What the web server's own log says."""
    log = Log(Config())
    log.error_log.addHandler(caplog.handler)
    yield log, lambda: caplog.text
    log.error_log.removeHandler(caplog.handler)


def test_a_broken_request_is_logged_without_whom_and_what(lines):
    log, said = lines
    log.warning("Invalid request from ip=203.0.113.7: Invalid HTTP Header: 'X-MARIGOLD'")

    assert "An invalid request" in said()
    assert "203.0.113.7" not in said() and "MARIGOLD" not in said()


def test_an_error_is_logged_by_class_and_place(lines):
    log, said = lines
    try:
        raise ValueError("marigold@example.com")
    except ValueError:
        log.exception("Error handling request %s %s", "GET", "/2018/10/ccsvi/")

    assert "ValueError" in said() and "test_wsgi.py" in said()
    assert "marigold" not in said() and "ccsvi" not in said()


def test_other_warnings_are_kept(lines):
    log, said = lines
    log.warning("Worker was sent %s!", "SIGKILL")

    assert "Worker was sent SIGKILL!" in said()
