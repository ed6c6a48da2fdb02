"""What is uploaded as a picture is drawn anew, or refused in words."""

import io
import os
import re
import struct
import subprocess
import sys
import zipfile
import zlib

import PIL.Image
import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL.PngImagePlugin import PngInfo

from blog.models import Image
from blog.models.images import Picture

pytestmark = pytest.mark.django_db

ADD = "/admin/blog/image/add/"
GPS = 0x8825
ORIENTATION = 0x0112


def drawn(kind="PNG", size=(40, 30), mode="RGB", **options) -> bytes:
    written = io.BytesIO()
    PIL.Image.new(mode, size).save(written, kind, **options)
    return written.getvalue()


def with_exif(kind: str, orientation: int = 6) -> bytes:
    exif = PIL.Image.Exif()
    exif[ORIENTATION] = orientation
    exif[GPS] = {1: "N", 2: (51.0, 30.0, 12.0)}
    return drawn(kind, exif=exif)


def png_head(width: int, height: int) -> bytes:
    """A whole one-bit picture, small as a file and huge when decoded."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    squeeze, row = zlib.compressobj(9), bytes(1 + (width + 7) // 8)
    data = b"".join(squeeze.compress(row) for _ in range(height)) + squeeze.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def zipped() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("x.html", "<script>")
    return written.getvalue()


def upload(desk, content: bytes, name="picture.png", alt="A wire."):
    return desk.post(ADD, {"file": SimpleUploadedFile(name, content), "alt": alt, "caption": ""})


def kept(content: bytes, name="x.png") -> Image:
    return Image.objects.create(file=ContentFile(content, name=name), alt="A wire.")


def reopened(image: Image) -> PIL.Image.Image:
    return PIL.Image.open(io.BytesIO(image.file.open().read()))


@pytest.mark.parametrize(("kind", "ending"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp")])
def test_a_picture_is_kept_under_the_name_of_its_content(desk, kind, ending):
    response = upload(desk, drawn(kind), name="no ending at all")

    assert response.status_code == 302
    assert re.fullmatch(rf"[0-9a-f]{{32}}\.{ending}", Image.objects.get().file.name)


REFUSED = {
    "svg with script": (
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
        "a.svg",
    ),
    "svg named png": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "a.png"),
    "html named jpg": (b"<!doctype html><script>alert(1)</script>", "a.jpg"),
    "gif": (drawn("GIF"), "a.gif"),
    "gif that is a script too": (b"GIF89a/*" + drawn("GIF")[8:] + b"*/=1;alert(1)//", "a.png"),
    "zip named png": (zipped(), "a.png"),
    "gif of too many points": (drawn("GIF", size=(5000, 4000), mode="L"), "a.gif"),
    "tiff": (drawn("TIFF"), "a.png"),
    "bmp": (drawn("BMP"), "a.png"),
    "ico": (drawn("ICO"), "a.png"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "a.png"),
    "half a png": (drawn(size=(400, 300))[:120], "a.png"),
    "half a jpeg": (with_exif("JPEG")[:200], "a.jpg"),
    "a head alone": (b"\x89PNG\r\n\x1a\n", "a.png"),
    "one byte": (b"\x00", "a.png"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_picture_is_refused_in_words(desk, case):
    content, name = REFUSED[case]

    response = upload(desk, content, name)

    words = "This is not a picture that we can read. PNG, JPEG and WebP work."
    assert words in response.content.decode()
    assert not Image.objects.exists()


def test_an_empty_file_and_no_file_are_answered_in_words(desk):
    assert "This file is empty." in upload(desk, b"").content.decode()
    assert "Choose a picture." in desk.post(ADD, {"alt": "A wire."}).content.decode()


def test_a_picture_must_say_what_it_shows(desk):
    response = upload(desk, drawn(), alt="")

    assert "Say in a sentence what the picture shows." in response.content.decode()
    assert not Image.objects.exists()


def test_a_refused_picture_keeps_the_words_typed_beside_it(desk):
    response = upload(desk, b"no picture", alt="A wire with gaps.")

    assert 'value="A wire with gaps."' in response.content.decode()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_place_and_camera_are_gone_and_the_picture_stands_upright(kind):
    image = kept(with_exif(kind))

    again = reopened(image)
    assert not again.getexif()
    assert b"Exif" not in image.file.open().read()
    assert again.size == (image.width, image.height) == (30, 40)


def test_nothing_else_that_a_file_can_carry_is_kept():
    notes = PngInfo()
    notes.add_text("Author", "Sara Example")
    notes.add_itxt("XML:com.adobe.xmp", "<x>Sara Example</x>")
    files = [
        drawn("PNG", pnginfo=notes, icc_profile=b"Sara Example"),
        drawn("JPEG", comment=b"Sara Example", icc_profile=b"Sara Example", xmp=b"Sara Example"),
        drawn("WEBP", icc_profile=b"Sara Example", xmp=b"Sara Example"),
        drawn("PNG") + b"<script>Sara Example</script>" + zipped(),
    ]

    for content in files:
        image = kept(content)
        assert b"Sara Example" not in image.file.open().read()


def test_a_large_picture_is_made_smaller_in_proportion():
    image = kept(drawn("JPEG", size=(3200, 1000)))

    assert (image.width, image.height) == (1600, 500)


def test_a_small_picture_keeps_its_size():
    assert reopened(kept(drawn(size=(10, 12)))).size == (10, 12)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_kind_of_png_is_understood(mode):
    assert reopened(kept(drawn("PNG", mode=mode))).size == (40, 30)


def test_a_picture_in_print_colours_is_understood():
    assert reopened(kept(drawn("JPEG", mode="CMYK"))).mode == "RGB"


def test_what_is_seen_through_stays_so():
    see_through = PIL.Image.new("P", (4, 4))
    see_through.info["transparency"] = 0
    written = io.BytesIO()
    see_through.save(written, "PNG")

    assert reopened(kept(written.getvalue())).mode == "RGBA"


@pytest.mark.parametrize("size", [(30_000, 30_000), (4001, 3000)])
def test_too_many_points_are_refused_in_words(desk, size):
    response = upload(desk, png_head(*size))

    assert "more than 12 million points" in response.content.decode()
    assert not Image.objects.exists()


def test_twelve_million_points_are_not_too_many():
    assert kept(png_head(4000, 3000)).width == 1600


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="only Linux says how much")
def test_a_bomb_is_refused_without_unpacking_it(tmp_path):
    (tmp_path / "bomb.png").write_bytes(png_head(30_000, 30_000))
    probe = (
        "import sys, django; django.setup()\n"
        "from django.core.exceptions import ValidationError\n"
        "from django.core.files import File\n"
        "from blog.models.images import Picture\n"
        "try: Picture.redrawn_from(File(open(sys.argv[1], 'rb')))\n"
        "except ValidationError: print(open('/proc/self/status').read())\n"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(tmp_path),
    }

    run = subprocess.run(
        [sys.executable, "-c", probe, tmp_path / "bomb.png"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip

    most = int(re.search(r"VmHWM:\s+(\d+) kB", run.stdout)[1])
    assert most < 200_000  # Django included


def test_a_heavy_file_is_refused_before_it_is_opened():
    heavy = ContentFile(drawn())
    heavy.size = 20_000_001

    with pytest.raises(ValidationError, match="20 megabytes"):
        Picture.redrawn_from(heavy)


@pytest.mark.parametrize(
    "name", ["../../x", "..%2f..%2fx.png", "a" * 300, "a" * 300 + ".png", "x\x00y"]
)
def test_the_name_that_a_file_comes_with_is_never_used(desk, settings, name):
    body = (
        f'--line\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        + drawn()
        + b'\r\n--line\r\nContent-Disposition: form-data; name="alt"\r\n\r\nA wire.\r\n--line--\r\n'
    )

    response = desk.generic("POST", ADD, body, "multipart/form-data; boundary=line")

    assert response.status_code == 302
    assert [path.name for path in settings.MEDIA_ROOT.iterdir()] == [Image.objects.get().file.name]


def test_the_same_picture_twice_is_one_file(settings):
    first, second = kept(drawn()), kept(drawn())

    assert first.file.name == second.file.name
    first.delete()
    assert (settings.MEDIA_ROOT / second.file.name).exists()
    second.delete()
    assert not list(settings.MEDIA_ROOT.iterdir())


def test_changing_the_words_leaves_the_picture_alone(desk):
    image = kept(drawn())
    address = f"/admin/blog/image/{image.pk}/change/"

    response = desk.post(address, {"alt": "A bare wire.", "caption": "Bare."})

    assert response.status_code == 302
    assert Image.objects.get().alt == "A bare wire."
    assert Image.objects.get().file.name == image.file.name


def test_pictures_chosen_in_the_list_go_with_their_files(desk, settings):
    image = kept(drawn())

    desk.post(
        "/admin/blog/image/",
        {"action": "delete_selected", "_selected_action": [image.pk], "post": "yes"},
    )

    assert not Image.objects.exists()
    assert not list(settings.MEDIA_ROOT.iterdir())


@pytest.mark.parametrize(
    ("kind", "type_"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
def test_a_picture_is_served_under_its_own_type_for_ever(reader, publication, kind, type_):
    response = reader.get(kept(drawn(kind)).file.url)

    assert response["Content-Type"] == type_
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in response["Cache-Control"]


def test_a_picture_under_another_ending_is_not_there(reader, publication):
    image = kept(drawn())

    assert reader.get(image.file.url.replace(".png", ".jpg")).status_code == 404


@pytest.mark.parametrize("name", ["notes.txt", "0" * 32 + ".png", "0" * 32 + ".html", "a.png"])
def test_nothing_else_in_the_folder_is_reachable(reader, publication, settings, name):
    kept(drawn())
    (settings.MEDIA_ROOT / name).write_bytes(b"secret")

    assert reader.get(f"/media/{name}").status_code == 404


def test_a_picture_whose_file_is_lost_is_not_there(reader, publication, settings):
    image = kept(drawn())
    (settings.MEDIA_ROOT / image.file.name).unlink()

    assert reader.get(image.file.url).status_code == 404


def test_the_lead_image_stands_beside_the_post_with_its_words(reader, post):
    post.lead_image = kept(drawn())
    post.lead_image.caption = "A coated wire."
    post.lead_image.save()
    post.save()

    page = reader.get(post.get_absolute_url()).content.decode()

    assert f'<img src="{post.lead_image.file.url}" width="40" height="30" alt="A wire.">' in page
    assert "<figcaption>A coated wire.</figcaption>" in page
