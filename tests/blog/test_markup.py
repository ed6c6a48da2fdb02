import re
import time
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template import Context, Engine
from django.utils.safestring import SafeString
from hypothesis import given, settings
from hypothesis import strategies as st

from blog.markup import MARKUP_VERSION, author_html, clean_text, reader_html, stored

POSTS = Path(__file__).parent / "posts"
VOID = {"br", "hr", "img"}
PLAIN_TAGS = "blockquote br em li strong ul"
AUTHOR_PLAIN_TAGS = f"{PLAIN_TAGS} cite code hr pre section summary table tbody td thead tr"
AUTHOR_TAGS = {
    **dict.fromkeys(AUTHOR_PLAIN_TAGS.split(), {}),
    **dict.fromkeys(["h2", "h3", "h4"], {"id": r"[^\s\"'<>&]+"}),
    "a": {
        "href": r"https?://[^/].*|mailto:.+|tel:\+?[0-9].*|/(?![/\\]).*|#.+",
        "class": "tap",
        "rel": "noopener",
    },
    "details": {"class": "source"},
    "div": {
        "class": "scroll",
        "role": "region",
        "tabindex": "0",
        "aria-label": "Table.*",
        "id": r"source-\d+",
    },
    "img": {"src": r"/media/[\w./-]+", "alt": ".+"},
    "ol": {"start": r"\d+"},
    "p": {"class": "small"},
    "th": {"scope": "col"},
}
READER_TAGS = {
    **dict.fromkeys([*PLAIN_TAGS.split(), "p"], {}),
    "a": {"href": r"https?://[^/].*", "rel": "ugc nofollow noopener"},
    "ol": {"start": r"\d+"},
}


class Check(HTMLParser):
    """Reads HTML as a browser would and lists what an allow-list does not know."""

    def __init__(self, html, allowed):
        super().__init__()
        self.allowed, self.open, self.ids, self.wrong = allowed, [], [], []
        self.feed(html)
        self.close()
        self.wrong += [f"not closed: {tag}" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        if tag not in self.allowed:
            self.wrong.append(tag)
            return
        if tag == "a" and "a" in self.open:
            self.wrong.append("a link in a link")
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            pattern = self.allowed[tag].get(name)
            if not pattern or not re.fullmatch(pattern, value or "", re.I | re.S):
                self.wrong.append(f"{tag} {name}={value}")
            if name == "id":
                self.ids.append(value)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"/{tag}")

    def handle_comment(self, data):
        self.wrong.append("comment")

    handle_decl = handle_pi = unknown_decl = handle_comment


def author_check(source):
    return Check(author_html(source).html, AUTHOR_TAGS)


def reader_check(source):
    return Check(reader_html(source), READER_TAGS)


def post(name):
    return (POSTS / name).read_text(encoding="utf-8")


# Authors: the demo posts


def test_the_ccsvi_post_becomes_the_page_as_designed():
    assert author_html(post("ccsvi.md")).html + "\n" == post("ccsvi.html")


def test_sources_cited_in_a_table_follow_it_in_order():
    html = author_html(post("six-years-on.md")).html
    after_table = html.split("</table>\n</div>\n")[1].split("<p>The Italian trial")[0]

    assert re.findall(r"<summary>(.*?)</summary>", after_table) == [
        "Source 2",
        "Source 3",
        "Source 4",
    ]
    assert '<td>Buffalo, 2014 (<a href="#source-2">source&nbsp;2</a>)</td>' in html


@pytest.mark.parametrize("name", ["ccsvi.md", "six-years-on.md"])
def test_demo_posts_hold_only_what_is_allowed(name):
    check = author_check(post(name))

    assert check.wrong == []
    assert len(check.ids) == len(set(check.ids))


def test_contents_name_each_part_but_not_the_sources():
    assert author_html(post("six-years-on.md")).contents == [
        ("are-our-veins-different", "Are our veins different?"),
        ("does-opening-them-help", "Does opening them help?"),
        ("what-the-trials-cannot-say", "What the trials cannot say"),
        ("about-my-2012-post", "About my 2012 post"),
    ]


def test_words_are_those_of_the_body_alone():
    assert author_html("Two *words*.[^1]\n\n[^1]: Not counted at all.").words == 2


# Authors: headings


@pytest.mark.parametrize(
    ("source", "levels"),
    [
        ("# a\n\n## b\n\n### c", "223"),
        ("### a\n\n## b", "22"),
        ("## a\n\n#### b\n\n#### c\n\n### d", "2333"),
        ("## a\n\n### b\n\n#### c\n\n##### d\n\n###### e", "23444"),
        ("a\n===\n\nb\n---", "22"),
    ],
)
def test_headings_run_from_h2_to_h4_without_gaps(source, levels):
    assert "".join(re.findall(r"<h(\d)", author_html(source).html)) == levels


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("What’s *new*, then?", "whats-new-then"),
        ("Café 2018", "café-2018"),
        ("हिन्दी में", "हिन्दी-में"),
        ("静脈の話", "静脈の話"),
        ("؟ سؤال", "سؤال"),
        ("🙂", "section-1"),
        ("Replies", "section-replies"),
        ("Source 1", "section-source-1"),
        ("Q1", "section-q1"),
        ("A", "section-a"),
        ("Section 1", "section-section-1"),
        ("<b> & \"'", "b"),
    ],
)
def test_a_heading_has_a_readable_id_of_its_own(title, slug):
    assert author_html(f"## {title}").contents[0][0] == slug


def test_equal_headings_get_different_ids():
    ids = [slug for slug, _ in author_html("## Rest\n\n## Rest\n\n## 🙂\n\n## 🙂").contents]

    assert ids == ["rest", "rest-2", "section-1", "section-2"]


def test_an_id_does_not_change_when_text_around_it_does():
    before, after = author_html("## Rest"), author_html("New.\n\n## Sleep\n\n# Rest\n\nMore.")

    assert before.contents[0] in after.contents


def test_a_heading_without_words_is_no_heading():
    rendered = author_html("##\n\n## ![](x.png)\n\ntext")

    assert rendered.contents == []
    assert "<h" not in rendered.html


def test_headings_in_quotes_and_lists_do_not_bend_the_outline():
    rendered = author_html("> ## Quoted\n\n- # Listed")

    assert rendered.contents == []
    assert rendered.html.count("<strong>") == 2


def test_three_parts_lead_back_to_the_contents_and_two_do_not():
    three = "## a b\n\n## b c\n\n## c d"

    assert author_html(three).html.count('<a class="tap" href="#contents">') == 3
    assert "#contents" not in author_html("## a b\n\n## b c").html
    assert "#contents" not in author_html(three, contents_link=False).html


# Authors: blocks


def test_lists_nest_and_keep_their_first_number():
    html = author_html("3. a\n   - b\n     - c\n4. d").html

    assert html.startswith('<ol start="3">\n<li>a\n<ul>\n<li>b\n<ul>\n<li>c</li>')


def test_a_table_scrolls_in_a_named_box():
    html = author_html("| A & b | *C* |\n|---|:-:|\n| 1 | 2 |").html

    assert html.startswith(
        '<div class="scroll" role="region" tabindex="0" aria-label="Table: A &amp; b, C">\n<table>'
    )
    assert '<th scope="col"><em>C</em></th>' in html
    assert "style" not in html


def test_tables_with_equal_headers_have_different_names():
    html = author_html("|a|\n|-|\n\ntext\n\n|a|\n|-|\n\ntext\n\n| |\n|-|\n").html

    assert re.findall('aria-label="(.*?)"', html) == ["Table: a", "Table: a (2)", "Table"]


def test_pictures_come_from_this_site_and_have_words():
    html = author_html("![A *vein*](/media/ab12.png)").html

    assert html == '<p><img src="/media/ab12.png" alt="A vein"></p>'


@pytest.mark.parametrize(
    "src", ["https://evil.example/x.png", "/media/../admin/", "//media/x.png", "/other/x.png"]
)
def test_a_picture_from_elsewhere_leaves_its_words(src):
    assert author_html(f"![A vein]({src})").html == "<p>A vein</p>"


def test_code_and_quotes_stay():
    html = author_html("> quote `a<b`\n\n```python\nx = 1\n```").html

    assert "<blockquote>\n<p>quote <code>a&lt;b</code></p>\n</blockquote>" in html
    assert "<pre><code>x = 1\n</code></pre>" in html


# Authors: links


@pytest.mark.parametrize(
    ("url", "html"),
    [
        ("https://a.example/?b=1&c", '<a href="https://a.example/?b=1&amp;c" rel="noopener">'),
        ("HTTP://a.example", 'rel="noopener"'),
        ("mailto:a@b.example", '<a href="mailto:a@b.example">'),
        ("tel:116123", '<a href="tel:116123">'),
        ("/2018/10/ccsvi/", '<a href="/2018/10/ccsvi/">'),
        ("#rest", '<a href="#rest">'),
    ],
)
def test_links_of_known_kinds_stay(url, html):
    assert html in author_html(f"[text]({url})").html


BAD_URLS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "&#106;avascript:alert(1)",
    "javascript&colon;alert(1)",
    "java&#9;script:alert(1)",
    "<java\tscript:alert(1)>",
    "&#1;javascript:alert(1)",
    "\\javascript:alert(1)",
    "vbscript:x",
    "data:text/html,<script>alert(1)</script>",
    "data:image/png;base64,AA",
    "file:///etc/passwd",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https:/evil.example",
    "http:///evil.example",
    "ftp://evil.example",
    "evil.example",
    "",
]


@pytest.mark.parametrize("render", [author_html, reader_html])
@pytest.mark.parametrize("url", BAD_URLS)
def test_links_of_other_kinds_lose_their_target(render, url):
    html = render(f"[text]({url})")
    html = html if isinstance(html, str) else html.html

    # A backslash in a path is encoded, which leaves an address on this site.
    assert "<a" not in html.replace('<a href="/%5Cevil.example">', "")


@pytest.mark.parametrize("render", [author_check, reader_check])
@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](https://a.example 'x\" onclick=\"alert(1)')",
        '![a" onerror="alert(1)](/media/x.png)',
        '[a](https://a.example/"onmouseover=alert(1))',
        "<svg/onload=alert(1)>",
        "<!-- --><a href=javascript:alert(1)>x</a>",
        "[<b>](https://a.example)<iframe src=//evil.example>",
        "| <script> |\n|-|\n| <img onerror=x> |",
        "## <script>alert(1)</script>",
        "[^1]: <script>\n\na[^1]",
        "```<script>\n</code></pre><script>alert(1)</script>\n```",
        "<javascript:alert(1)>",
        "[x]: javascript:alert(1)\n\n[x]",
        "</section></div></details>",
        "&lt;script&gt;",
    ],
)
def test_html_in_the_source_is_shown_not_obeyed(render, source):
    assert render(source).wrong == []


def test_a_link_without_words_shows_its_address():
    assert ">https://a.example</a>" in author_html("[](https://a.example)").html


# Authors: sources


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("found.[^1] So", "found (1). So"),
        ("found[^1].", "found (1)."),
        ("found [^1].", "found (1)."),
        ("found,[^1] so", "found (1), so"),
        ("found.[^1][^2] So", "found (1) (2). So"),
        ("found?[^1]", "found? (1)"),
        ("and so on...[^1]", "and so on... (1)"),
        ("**found**[^1]so", "<strong>found</strong> (1) so"),
        ("([^1])", "((1))"),
        ("[^1] says", "(1) says"),
        ("line\n[^1]", "line\n(1)"),
    ],
)
def test_a_reference_sits_inside_its_sentence(source, sentence):
    html = author_html(f"{source}\n\n[^1]: one\n[^2]: two").html
    first = html[len("<p>") : html.index("</p>")]

    assert re.sub(r'\(<a href="#source-(\d)">source&nbsp;\1</a>\)', r"(\1)", first) == sentence


def test_sources_are_numbered_as_they_are_first_cited_and_shown_once():
    html = author_html("a[^z] b[^y]\n\nc[^z]\n\n[^y]: Y\n[^z]: Z\n[^x]: X").html

    assert html.endswith("<ol>\n<li>Z</li>\n<li>Y</li>\n<li>X</li>\n</ol>\n</section>")
    assert re.findall("<summary>(.*?)</summary>", html) == ["Source 1", "Source 2"]


def test_a_reference_to_nothing_stays_as_typed():
    assert author_html("found.[^9]\n\n[^1]: one").html.startswith("<p>found.[^9]</p>")


def test_a_sentence_that_leads_to_a_list_is_not_parted_from_it():
    html = author_html("They say:[^1]\n\n- one\n\nend\n\n[^1]: one").html

    assert re.findall("<(ul|details|p)[ >]", html)[:3] == ["p", "ul", "details"]


def test_a_source_that_is_shown_nowhere_is_reached_in_the_list():
    html = author_html("a\n\n[^1]: one[^2]\n[^2]: two").html

    assert '<li>one (<a href="#sources">source&nbsp;2</a>)</li>' in html
    assert "<details" not in html


@pytest.mark.parametrize(
    "source",
    [
        "## Rest[^1]\n\ntext\n\n[^1]: one",
        "a[^1]\n\n[^1]: one[^2]\n[^2]: two[^1]",
        "a[^1]\n\n[^1]: one[^1]",
        "![a[^1]](/media/x.png)\n\n[^1]: one",
        "a[^1]\n\n[^1]:",
        "a[^1]\n\n[^1]: one\n[^1]: two",
        "a[^1]\n\n[^1]: # Heading\n\n    - list[^1]\n\n    |a|\n    |-|",
        "- a[^1]\n\n  [^1]: inside a list",
        "> a[^1]\n\n[^1]: > quote",
        "a[^1]\n\n[^1]: [^2]: one",
        "[a[^1]](/b/) [**b[^1]**](/b/) [c[^1]][d]\n\n[^1]: one\n\n[d]: /b/",
    ],
)
def test_references_in_odd_places_break_nothing(source):
    check = author_check(source)

    assert check.wrong == []
    assert len(check.ids) == len(set(check.ids))


def test_a_reference_in_a_heading_is_left_out_of_the_contents():
    assert author_html("## Rest.[^1]\n\n[^1]: one").contents == [("rest", "Rest.")]


def test_emphasis_in_a_source_names_a_work():
    html = author_html("*a*[^1]\n\n[^1]: *Neurology*").html

    assert "<em>a</em>" in html
    assert "<p><cite>Neurology</cite></p>" in html


# Authors: plain text


def test_plain_text_reads_like_the_post():
    source = (
        "## One\n\nSee [it](https://a.example/) and <https://b.example/>.[^1]\n\n"
        "3. c\n   - d\n\n> q\n\n|x|y|\n|-|-|\n|1|2|\n\n![alt](/media/a.png)\n\n[^1]: *Work*"
    )

    assert author_html(source).text == (
        "One\n\nSee it (https://a.example/) and https://b.example/ (source 1).\n\n"
        "3. c\n  - d\n\n> q\n\nx | y\n1 | 2\n\nalt\n\nSources\n\n1. Work"
    )


# Readers


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("one\ntwo\n\nthree", "<p>one<br>\ntwo</p>\n<p>three</p>"),
        ("*a* **b** \\*c\\*", "<p><em>a</em> <strong>b</strong> *c*</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("> a", "<blockquote>\n<p>a</p>\n</blockquote>"),
        ("# a", "<p># a</p>"),
        ("a\n===", "<p>a<br>\n===</p>"),
        ("    a\n\tb", "<p>a<br>\nb</p>"),
        ("* * *", "<p>***</p>"),
        (
            "https://a.example <https://b.example>",
            "<p>https://a.example &lt;https://b.example&gt;</p>",
        ),
        ("![a](https://a.example/x.png)", None),
        ("|a|\n|-|\n|b|", "<p>|a|<br>\n|-|<br>\n|b|</p>"),
        ("`a` &amp; <b>", "<p>`a` &amp;amp; &lt;b&gt;</p>"),
        ("[^1]\n\n[^1]: a", "<p>[^1]</p>\n<p>[^1]: a</p>"),
        ("", ""),
        (" \n\n ", ""),
    ],
)
def test_readers_have_few_marks_and_all_else_stays_as_typed(source, html):
    assert reader_check(source).wrong == []
    assert html is None or reader_html(source) == html


def test_readers_links_earn_nothing():
    assert reader_html("[a](http://a.example/)") == (
        '<p><a href="http://a.example/" rel="ugc nofollow noopener">a</a></p>'
    )


@pytest.mark.parametrize("url", ["mailto:a@b.example", "/admin/", "#main"])
def test_readers_link_to_the_web_only(url):
    assert reader_html(f"[a]({url})") == "<p>a</p>"


@pytest.mark.parametrize("source", ["> " * 40 + "end", "- " * 40 + "end", ">" * 40 + "end"])
def test_no_word_is_lost_by_nesting_too_deeply(source):
    assert "end" in reader_html(source)
    assert "end" in author_html(source).html


HOSTILE = {
    "lines": "\n" * 10_000,
    "short lines": "a\n" * 5_000,
    "one word": "a" * 10_000,
    "quotes": ">" * 10_000,
    "spaced quotes": "> " * 5_000,
    "quoted lines": ">\n" * 5_000,
    "lists": "- " * 5_000,
    "numbered lists": "1. " * 3_333,
    "list lines": "* \n" * 3_333,
    "deeper and deeper": "".join(" " * (2 * i) + "- a\n" for i in range(95)),
    "quotes and lists": "> - " * 2_500,
    "lazy quote": "> a\n" + "b\n" * 4_900,
    "opening brackets": "[" * 10_000,
    "odd brackets": "[[]" * 3_333,
    "brackets around": "[" * 5_000 + "]" * 5_000,
    "links": "[a](b" * 2_000,
    "parentheses": "[a](" + "(" * 9_990,
    "angles": "[](<" * 2_500,
    "titles": '[a](b "' * 1_400,
    "pictures": "![" * 5_000,
    "stars": "*" * 10_000,
    "emphasis": "*a " * 3_333,
    "mixed emphasis": "**a *b " * 1_400,
    "nested emphasis": "*a" * 2_500 + "a*" * 2_500,
    "underscores": "_a__b" * 2_000,
    "backslashes": "\\" * 10_000,
    "backticks": "".join("`" * n + " " for n in range(140)),
    "combining marks": "a" + "\u0301\u0316" * 4_999,
    "NULs": "\0" * 10_000,
    "surrogates": "\ud800a" * 5_000,
    "directions": "\u202e" * 10_000,
    "tags": "<b>" * 3_333,
    "entities": "&amp;" * 2_000,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_replies_are_shown_within_a_second(source):
    start = time.process_time()
    check = reader_check(source)

    assert check.wrong == []
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    "source",
    ["a" * 10_000_000, "a\n" * 100_000, "a" * 1_000_000, "é\u0301" * 500_000, "> " * 30_000],
    ids=["10 MB", "100,000 lines", "1 MB word", "marks", "quotes"],
)
def test_text_over_any_limit_is_shown_as_typed(source):
    start = time.process_time()
    html = reader_html(source)

    assert html.startswith("<p>") and html.count("<p>") == 1
    assert time.process_time() - start < 3


# Typed text


@pytest.mark.parametrize(
    ("source", "clean"),
    [
        ("a\r\nb\rc\u2028d\u2029e\x85f\vg\fh", "a\nb\nc\nd\ne\nf\ng\nh"),
        ("a\0b\x07c\x1bd\x7fe\x9bf\tg", "abcdef\tg"),
        ("a\ud800b\udfffc", "abc"),
        ("\u202aa\u202eb\u2066c\u2069\ufeff", "abc"),
        ("e\u0301", "é"),
        ("e\x00\u0301", "é"),
        ("سلام\u200c👩\u200d🔬 हिन्दी", "سلام\u200c👩\u200d🔬 हिन्दी"),
    ],
)
def test_typed_text_is_cleaned(source, clean):
    assert clean_text(source) == clean


def test_towers_of_marks_come_down():
    clean = clean_text("x" + "\u0316" * 300 + "y" + "\u0301" * 3)

    assert sum(unicodedata.category(char) == "Mn" for char in clean) == 8 + 2  # ý is one of three


def test_a_hidden_direction_mark_does_not_come_back_as_an_entity():
    rendered = author_html("a&#x202e;b")

    assert "\u202e" not in rendered.html + rendered.text
    assert "\u202e" not in reader_html("a&#x202e;b")


# Templates


def test_stored_html_is_shown_as_html_in_a_template():
    engine = Engine(libraries={"markup": "blog.templatetags.markup"})
    template = engine.from_string("{% load markup %}{{ html|stored }}{{ html }}")

    assert template.render(Context({"html": "<p>a</p>"})) == "<p>a</p>&lt;p&gt;a&lt;/p&gt;"
    assert isinstance(stored("<p>"), SafeString)
    assert not isinstance(reader_html("a"), SafeString)


def test_the_version_is_a_number_to_compare():
    assert MARKUP_VERSION >= 1


# Any text at all

PIECES = st.sampled_from(
    [
        *"\n\n\n  *_`#>-+.[]()!|<>&;:\\^~=\"'/\t",
        *["\n\n", "\n    ", "\n- ", "\n1. ", "\n> ", "\n## ", "\n### ", "\n|a|b|\n|-|-|\n|c|d|\n"],
        *[
            "[^1]",
            "[^2]",
            "\n[^1]: ",
            "\n\n[^2]: ",
            "](",
            "](/media/a.png)",
            "](https://a.example)",
        ],
        *["javascript:", "&#106;", "//evil", "<script>", " onerror=x", "data:", "```\n", "***"],
        *["source-1", "Replies", "word", "é", "\u0301", "\u202e", "\0", "\ud800", "🙂", "\xa0"],
    ]
)
ANY_TEXT = st.one_of(
    st.text(), st.text(st.characters()), st.lists(PIECES, max_size=60).map("".join)
)


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT)
def test_whatever_an_author_types_only_allowed_html_comes_out(source):
    check = author_check(source)

    assert check.wrong == []
    assert len(check.ids) == len(set(check.ids))


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT)
def test_whatever_a_reader_types_only_allowed_html_comes_out(source):
    check = reader_check(source)

    assert check.wrong == []
    assert check.ids == []


@settings(max_examples=200, deadline=None)
@given(ANY_TEXT)
def test_headings_in_contents_are_in_the_page(source):
    rendered = author_html(source)

    assert [slug for slug, _ in rendered.contents] == re.findall(
        '<h2 id="(.*?)">', rendered.html.replace('<h2 id="sources">', "")
    )


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT)
def test_clean_text_stays_as_it_is(source):
    assert clean_text(clean_text(source)) == clean_text(source)
