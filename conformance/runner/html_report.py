"""A run as one static HTML file, for the pages of a port: no script, no network, all escaped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from .adapter import last
from .asking import Failure, Outcome
from .cases import MODULES, SUITE
from .claims import SHOWN, Claims
from .showing import printable
from .text_report import Texts, counts, given_up, in_order, quoted, reasons, skips

STYLE = """
:root { color-scheme: light dark; --text: #1b1b1b; --page: #fff; --line: #767676; --bad: #a40000;
  --good: #006b2d; --block: #f2f2f2; }
@media (prefers-color-scheme: dark) { :root { --text: #ececec; --page: #161616; --line: #8f8f8f;
  --bad: #ff9b9b; --good: #7fdc9f; --block: #262626; } }
body { color: var(--text); background: var(--page); font: 1rem/1.5 system-ui, sans-serif;
  max-width: 60rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
caption { text-align: left; font-weight: bold; }
th, td { border: 1px solid var(--line); padding: .25rem .5rem; text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
pre { background: var(--block); padding: .5rem; overflow: auto; white-space: pre-wrap;
  overflow-wrap: anywhere; }
summary { cursor: pointer; font-weight: bold; overflow-wrap: anywhere; }
.bad { color: var(--bad); } .good { color: var(--good); }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(
    outcome: Outcome,
    hello: dict[str, Any],
    claimed: Claims,
    texts: Texts,
    *,
    seed: int,
    whole: bool,
) -> str:
    """The file."""
    who = " ".join(str(hello[name]) for name in ("name", "version") if hello.get(name))
    title = f"{who}: promptecho conformance {SUITE}"
    state = "bad" if outcome.failures or not outcome.passed else "good"
    language = hello.get("language")
    parts = [
        *heading(title, f"{counts(outcome)}.", state),
        f"<p>Suite {SUITE}, seed {seed}" + (f", {text(language)}" if language else "") + ".</p>",
        *classes(claimed, whole=whole),
        *modules(claimed),
        *failures(outcome, texts),
        *skipped(outcome, hello),
        "</main>\n</body>\n</html>\n",
    ]
    return "\n".join(parts)


def heading(title: str, result: str, state: str) -> Iterator[str]:
    """The head of the file, and the result in one line."""
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>"
    yield f'<h1>{text(title)}</h1>\n<p class="{state}"><strong>{text(result)}</strong></p>'


def classes(claimed: Claims, *, whole: bool) -> Iterator[str]:
    """What the run shows of each class, and what it does not show."""
    yield "<h2>Classes</h2>"
    if not whole:
        yield "<p>Only some cases were asked: this run shows no class.</p>"
    elif not claimed.classes:
        yield "<p>No class is claimed.</p>"
    else:
        badge = claimed.badge
        yield f"<p>{f'The badge <strong>{badge}</strong> is earned.' if badge else 'No badge.'}</p>"
        names = (
            "Class",
            "Passed",
            "Failed",
            "Skipped",
            "A run without failures shows",
            "Not shown",
        )
        rows = [(c.name, c.passed, c.failed, c.skipped, *SHOWN[c.name]) for c in claimed.classes]
        yield table("Classes that are claimed, and those that they include", names, rows)


def modules(claimed: Claims) -> Iterator[str]:
    """The optional parts."""
    rows = [(n, about, "yes" if n in claimed.modules else "no") for n, about in MODULES.items()]
    yield "<h2>Modules</h2>"
    yield f"<p>Formats: {text(', '.join(claimed.formats) or 'not said')}.</p>"
    yield table("Optional parts", ("Module", "What it is", "Claimed"), rows)


def failures(outcome: Outcome, texts: Texts) -> Iterator[str]:
    """Each failure, folded."""
    yield "<h2>Failures</h2>"
    if not outcome.failures:
        yield "<p>None.</p>"
    for failure in in_order(outcome.failures):
        yield from one_failure(failure, texts)
    if left := given_up(outcome.failures):
        yield f"<p>{left} more cases were not asked, because the adapter was given up.</p>"


def one_failure(failure: Failure, texts: Texts) -> Iterator[str]:
    """One failure."""
    content, found = failure.case.content, failure.found
    word = "Died" if failure.kind == "died" else "Failed"
    covers = ", ".join(content["covers"])
    yield f'<details>\n<summary><span class="bad">{word}</span> {text(failure.case.name)} '
    yield f"[{text(covers)}]</summary>\n<p>{text(content['title'])}</p>"
    place = found.pointer + (f" ({found.place})" if found.place else "")
    rows = [("Place", place or "the answer"), ("Want", found.want), ("Got", found.got)]
    rows.append(("Given", json.dumps(content["given"])))
    rows += [("Why it matters", each) for each in reasons(failure, texts)]
    rows += [("The specification", each) for each in quoted(failure, texts)]
    yield table("What is wrong", ("What", "Value"), rows)
    if found.rows:
        cells = [(index, row.want, row.got) for index, row in enumerate(found.rows)]
        yield table(f"The whole list at {found.list_at}", ("Item", "Want", "Got"), cells)
    if failure.noise:
        words = "\n".join(last(failure.noise))
        yield f"<p>The end of standard error:</p>\n<pre>{text(words)}</pre>"
    yield "</details>"


def skipped(outcome: Outcome, hello: dict[str, Any]) -> Iterator[str]:
    """Why cases were skipped; known failures with their links, which are text only."""
    yield "<h2>Skipped cases</h2>"
    rows = skips(outcome)
    known = [(str(each.get("case")), str(each["link"])) for each in hello.get("skips", ())]
    yield table("Reasons", ("Reason", "Cases"), rows) if rows else "<p>None.</p>"
    if known:
        yield table("Known failures", ("Case", "Issue"), known)


def table(caption: str, names: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table; the first cell of a row is its heading."""
    head = "".join(f'<th scope="col">{text(each)}</th>' for each in names)
    body = []
    for first, *others in map(list, rows):
        cells = "".join(f"<td>{text(each)}</td>" for each in others)
        body.append(f'<tr><th scope="row">{text(first)}</th>{cells}</tr>')
    return "\n".join(
        [
            f"<table>\n<caption>{text(caption)}</caption>",
            f"<thead><tr>{head}</tr></thead>\n<tbody>",
            *body,
            "</tbody>\n</table>",
        ]
    )


def text(value: object) -> str:
    """Anything as text of the page."""
    return escape(printable(str(value)))
