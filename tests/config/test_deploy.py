"""The files in deploy/, as far as they can be read without the programs that use them."""

import configparser
from pathlib import Path

UNIT = Path(__file__).parents[2] / "deploy" / "afterword.service"


def test_the_service_has_a_folder_for_large_uploads():
    """`strict` makes all of /tmp read-only, and a picture above 2.5 MB passes through it."""
    unit = configparser.ConfigParser()
    unit.read(UNIT)
    service = unit["Service"]

    assert service["ProtectSystem"] == "strict"
    assert service["PrivateTmp"] == "yes"
