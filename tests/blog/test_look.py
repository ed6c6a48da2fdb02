"""The look's promises that can be computed: contrast, one place of colours, plain templates."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APPS = ("blog", "newsletter", "comments", "config")
SITE_CSS = (ROOT / "blog/static/blog/site.css").read_text()

# Contrast ----------------------------------------------------------------------------------------

SURFACES = ["bg", "raised", "sunk", "question", "notice", "care"]
TEXTS = ["ink", "ink-2", "link", "button", "visited", "error", "done"]
LINES = ["focus", "sheath", "border"]


def layer(name: str) -> str:
    """What stands between the braces of a cascade layer."""
    start = SITE_CSS.index("{", SITE_CSS.index(f"@layer {name} {{"))
    depth = 0
    for place in range(start, len(SITE_CSS)):
        depth += {"{": 1, "}": -1}.get(SITE_CSS[place], 0)
        if not depth:
            return SITE_CSS[start : place + 1]
    raise AssertionError(f"the layer {name} has no end")


def declared(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,8}|var\(--[\w-]+\))", block))


def blocks() -> list[tuple[str, dict[str, str]]]:
    found = re.findall(r"([^{};]+)\{([^{}]*--bg:[^{}]*)\}", layer("tokens"))
    return [(selector.split("*/")[-1].strip(), declared(block)) for selector, block in found]


def tints() -> dict[str, dict[str, str]]:
    """Each tint with all its colours; fog is what the others change."""
    fog = next(colours for selector, colours in blocks() if selector.startswith(":root, ["))
    named = {
        re.search(r"data-tint=(\w+)", selector)[1]: fog | colours
        for selector, colours in blocks()
        if selector.startswith("[data-tint=")
    }
    return {"fog": fog} | named


def colour(tint: dict[str, str], name: str) -> str:
    value = tint[name]
    return colour(tint, value[6:-1]) if value.startswith("var(") else value


def luminance(value: str) -> float:
    digits = value[1:] if len(value) == 7 else "".join(2 * digit for digit in value[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def worst(tint: dict[str, str], fronts: list[str], backs: list[str]) -> tuple[float, str]:
    return min(
        (contrast(colour(tint, front), colour(tint, back)), f"{front} on {back}")
        for front in fronts
        for back in backs
    )


def test_contrast_is_computed_as_the_standard_says():
    assert contrast("#000", "#ffffff") == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


def test_there_are_four_tints():
    assert set(tints()) == {"fog", "cream", "night", "stark"}


@pytest.mark.parametrize("name", ["fog", "cream", "night", "stark"])
def test_all_text_stands_out_seven_to_one(name):
    tint = tints()[name]
    pairs = [worst(tint, TEXTS, SURFACES), worst(tint, ["on-button"], ["button"])]
    pairs.append(worst(tint, ["bg"], ["ink"]))  # a button under the pointer

    assert min(pairs) >= (7,)


@pytest.mark.parametrize("name", ["fog", "cream", "night", "stark"])
def test_borders_focus_and_sheath_stand_out_three_to_one(name):
    assert worst(tints()[name], LINES, SURFACES) >= (3,)


@pytest.mark.parametrize(("name", "wish"), [("night", 0), ("stark", 1)])
def test_the_devices_own_wish_gives_the_same_colours_as_choosing_them(name, wish):
    fog = tints()["fog"]
    wishes = [fog | colours for selector, colours in blocks() if "device" in selector]

    assert wishes[wish] == tints()[name]


# One place of colours ----------------------------------------------------------------------------

HEX = re.compile(
    r"#(?!0000\b)(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})\b", re.I
)  # #0000: no colour
FUNCTION = re.compile(r"\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color|color-mix)\(")
NAMED = re.compile(
    r":(?:[^;{}]*[\s,(])?(?:white|black|gr[ae]y|red|green|blue|yellow|orange|purple|pink|brown|silver|"
    r"navy|teal|maroon|olive|aqua|lime|fuchsia|gold|crimson|tomato)\b(?![-(])",
    re.I,
)


def stylesheets() -> dict[str, str]:
    """All of ours, without the tokens, the black of print, comments and other files' names."""
    found = {}
    for path in (path for app in APPS for path in (ROOT / app).glob("static/**/*.css")):
        css = path.read_text().replace(layer("tokens"), "").replace(layer("print"), "")
        found[str(path.relative_to(ROOT))] = re.sub(r"/\*.*?\*/|url\([^)]*\)", "", css, flags=re.S)
    return found


@pytest.mark.parametrize(
    "css",
    ["a{color:red}", "a { border: 1px solid White; }", "a{color:#fff}", "a{color:rgb(0 0 0)}"],
)
def test_the_search_for_colours_finds_them(css):
    assert any(pattern.search(css) for pattern in (HEX, FUNCTION, NAMED))


@pytest.mark.parametrize("path", stylesheets())
def test_no_colour_stands_outside_the_tokens(path):
    css = stylesheets()[path]

    assert [found[0] for pattern in (HEX, FUNCTION, NAMED) for found in pattern.finditer(css)] == []


def test_no_style_sheet_asks_another_site():
    for app in APPS:
        for path in (ROOT / app).glob("static/**/*.css"):
            assert not re.search(r"url\(\s*['\"]?(?:https?:)?//", path.read_text()), path


# Plain templates ---------------------------------------------------------------------------------

FOR_MACHINES = {"robots.txt", "sitemap.xml"}
SPOKEN = re.compile(r"\b(?:aria-label|alt|title|placeholder|summary)=(\"[^\"]*\"|'[^']*')")
EMPTY_WORDS = {"here", "click here", "read more", "more", "this", "link", "this link", "details"}


def templates() -> list[Path]:
    found = (path for app in APPS for path in (ROOT / app / "templates").glob("**/*.*"))
    return sorted(path for path in found if path.is_file() and path.name not in FOR_MACHINES)


def without_comments(text: str) -> str:
    return re.sub(r"\{#.*?#\}|\{% comment.*?endcomment %\}|<!--.*?-->", "", text, flags=re.S)


def untranslated(text: str) -> str:
    """What is left for people to read when all that goes through gettext is taken out."""
    text = without_comments(text)
    text = re.sub(r"\{% blocktrans(?:late)?\b.*?endblocktrans(?:late)? %\}", "", text, flags=re.S)
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}(?:#\w+)?", "", text, flags=re.S)
    text = re.sub(r"<(style|script)\b.*?</\1>", "", text, flags=re.S)
    spoken = " ".join(value[1:-1] for value in SPOKEN.findall(text))
    text = re.sub(r"<[^>]*>", " ", text)
    return " ".join(re.sub(r"&#?\w+;", " ", f"{text} {spoken}").split())


def link_words(text: str) -> list[str]:
    links = re.findall(r"<a\b[^>]*>(.*?)</a>", without_comments(text), flags=re.S)
    said = (re.sub(r"\{% translate [\"'](.*?)[\"'] %\}", r"\1", link) for link in links)
    return [" ".join(re.sub(r"<[^>]*>", " ", link).split()).strip(".… ").lower() for link in said]


@pytest.fixture(params=templates(), ids=lambda path: str(path.relative_to(ROOT)))
def template(request) -> Path:
    return request.param


def test_every_sentence_goes_through_gettext(template):
    assert not re.search(r"[^\W\d_]", untranslated(template.read_text()))


def test_links_say_where_they_go(template):
    assert not EMPTY_WORDS.intersection(link_words(template.read_text()))


def test_no_label_hides_in_its_field(template):
    assert "placeholder=" not in template.read_text()


def test_nothing_is_declared_safe(template):
    text = without_comments(template.read_text())

    assert not re.search(r"\|\s*safe(?:seq)?\b", text)
    if template.suffix != ".txt":  # plain text has nothing to escape
        assert not re.search(r"autoescape\s+off", text)


def test_style_and_script_stand_in_files_of_their_own(template):
    text = without_comments(template.read_text())

    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+\s*=|javascript:", text, re.I)
    if "emails" not in template.parts:  # mail has to carry its style
        assert not re.search(r"<style\b|\sstyle\s*=", text, re.I)


def test_no_template_asks_another_site(template):
    text = without_comments(template.read_text())

    assert not re.search(r"<(?:img|script|link|iframe)\b[^>]*(?:src|href)=.(?:https?:)?//", text)


def test_only_the_markup_marks_text_as_safe():
    for path in (path for app in APPS for path in (ROOT / app).rglob("*.py")):
        if "markup" not in path.relative_to(ROOT).as_posix():
            assert not re.search(r"\bmark_safe\b|\bSafeString\(|\bSafeText\b", path.read_text()), (
                path
            )


@pytest.mark.parametrize(
    "text",
    ["<p>Hello</p>", '<nav aria-label="Main">', "{% translate 'a' %} b", "<img alt='Sara'>"],
)
def test_the_search_for_untranslated_words_finds_them(text):
    assert re.search(r"[^\W\d_]", untranslated(text))


@pytest.mark.parametrize(
    "text", ["<a href='/'>here</a>", "{% translate 'x' %}<a>{% translate 'Read more' %}</a>"]
)
def test_the_search_for_empty_link_words_finds_them(text):
    assert EMPTY_WORDS.intersection(link_words(text))
