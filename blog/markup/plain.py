"""A post as plain text, for mails and feeds. Lines are not wrapped here."""

from markdown_it.token import Token

from .lines import source_name, words

LISTS = {"bullet_list_open", "ordered_list_open"}
STARTS = LISTS | {
    "paragraph_open",
    "heading_open",
    "blockquote_open",
    "table_open",
    "fence",
    "code_block",
    "hr",
}


def plain(tokens: list[Token]) -> str:
    lines: list[str] = []
    lists: list[int | None] = []  # the next number of each open list; None where it has bullets
    cells: list[str] | None = None
    marker, quotes, gap = "", 0, False
    for token in tokens:
        said = None
        gap = gap or (token.type in STARTS and not lists)
        match token.type:
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_open":
                lists.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                number = lists[-1]
                marker = "- " if number is None else f"{number}. "
                lists[-1] = None if number is None else number + 1
            case "blockquote_open" | "blockquote_close":
                quotes += token.nesting
            case "tr_open":
                cells = []
            case "tr_close":
                said, cells = " | ".join(cells or []), None
            case "inline" if cells is not None:
                cells.append(_line(token.children or []))
            case "inline":
                said = _line(token.children or [])
            case "fence" | "code_block":
                said = token.content.rstrip("\n")
            case "hr":
                said = "* * *"
        if said:
            lines += [""] if gap and lines else []
            indent = "  " * (len(lists) - 1)
            first = "> " * quotes + indent + (marker or "  " * bool(lists))
            later = "> " * quotes + indent + "  " * bool(lists)
            said_lines = said.split("\n")
            lines += [first + said_lines[0], *(later + line for line in said_lines[1:])]
            marker, gap = "", False
    return "\n".join(lines)


def _line(children: list[Token]) -> str:
    said: list[str] = []
    start, href = 0, ""
    for token in children:
        match token.type:
            case "softbreak":
                said.append(" ")
            case "hardbreak":
                said.append("\n")
            case "image":
                said.append(words(token.children))
            case "link_open":
                start, href = len(said), str(token.attrs["href"])
            case "link_close":
                text = "".join(said[start:])
                if href[0] != "#" and text not in (href, href.removeprefix("mailto:")):
                    said.append(f" ({href})")
            case "footnote_ref":
                said.append(f"({source_name(token.meta['number'])})".replace("\xa0", " "))
            case _:
                said.append(token.content)
    return "".join(said)
