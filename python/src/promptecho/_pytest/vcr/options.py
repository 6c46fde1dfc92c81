"""What ``vcr_config`` and the marker ``vcr`` say, as options of `promptecho.use_cassette`.

Each name of vcrpy has one row in `_ROWS`: it is translated, or promptecho does it always, or it is
answered with what to use in its place. Nothing is ignored in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable, NamedTuple

#: pytest-recording's ``rewrite`` removes the file first; our ``all`` replaces it at the end.
MODES = {
    "once": "once",
    "new_episodes": "new_episodes",
    "none": "none",
    "all": "all",
    "rewrite": "all",
}

_LOCALHOST = ("localhost", "127.0.0.1", "0.0.0.0", "[::1]")
_SERIALIZERS = ("yaml", "json")
_PLACE = "vcr_config or the marker vcr"
#: Names in `match_on` that are matched in every cassette.
_ALWAYS = ("method", "path", "query", "body", "raw_body")
_WITH_HOST = ("host", "port", "uri", "url", "scheme")
_WHOLE_URL = ("uri", "url")


class NotTranslated(Exception):
    """An option with no meaning here, whose tests could get a wrong answer."""


class Translated(NamedTuple):
    """What the options of a test mean.

    Attributes:
        options: of `use_cassette`, as the project names them.
        implied: of `use_cassette`, what vcrpy does where the project names nothing.
        mode: the name of a mode, or None.
        notices: what to use for options that change nothing; said once in a run.
        unsafe: options that would be missed if something was recorded: what to use for each.
        directory: the folder of the cassette, or None.
        serializer: the format of the cassette.
        rename: what the path of the cassette goes through, or None.
        allowed_hosts: regular expressions, or None.
    """

    options: dict[str, Any]
    implied: dict[str, Any]
    mode: str | None = None
    notices: tuple[str, ...] = ()
    unsafe: tuple[str, ...] = ()
    directory: str | None = None
    serializer: str = "yaml"
    rename: Callable[[str], str] | None = None
    allowed_hosts: Sequence[str] | str | None = None


#: What vcrpy does where nobody names an option: it matches the host, and plays a recording once.
_IMPLIED = {"match_host": True, "on_exhausted": "miss"}


def translated(given: Mapping[str, Any]) -> Translated:
    """Translate the options of a test.

    Raises:
        NotTranslated: an option has no meaning here, or a wrong value.
    """
    made = Translated({}, dict(_IMPLIED))
    for name, value in given.items():
        row = _ROWS.get(name)
        if row is None:
            known = ", ".join(sorted(_ROWS))
            raise NotTranslated(
                f"{_PLACE} names {name!r}, which is no option of vcrpy that promptecho knows "
                f"(it knows {known})"
            )
        made = row(made, name, value)
    return made


# A row: what is translated so far, the name, its value -> what is translated with it.
Row = Callable[[Translated, str, Any], Translated]


def _with(made: Translated, **options: Any) -> Translated:
    """Add options; lists of one name are joined."""
    merged = dict(made.options)
    for name, value in options.items():
        joined = isinstance(value, list)
        merged[name] = [*merged.get(name, ()), *value] if joined else value
    return made._replace(options=merged)


def _says(made: Translated, name: str, advice: str) -> Translated:
    return made._replace(notices=(*made.notices, f"{_PLACE} names {name}. {advice}"))


def _needless(made: Translated, name: str, value: Any) -> Translated:
    """promptecho does this always."""
    return made


def _notice(advice: str, *, same: bool = False) -> Row:
    """An option that promptecho does without; with the value `same` it says what is done here."""

    def row(made: Translated, name: str, value: Any) -> Translated:
        is_same = value is None or bool(value) is same
        return made if is_same else _says(made, name, advice)

    return row


def _unsafe(advice: str) -> Row:
    """An option that may keep something out of a file."""

    def row(made: Translated, name: str, value: Any) -> Translated:
        if _is_off(value):
            return made
        text = f"{_PLACE} names {name}, which promptecho does not call. {advice}"
        return made._replace(unsafe=(*made.unsafe, text))

    return row


def _refused(advice: str) -> Row:
    """An option without which a test could get a wrong answer."""

    def row(made: Translated, name: str, value: Any) -> Translated:
        if _is_off(value):
            return made
        raise NotTranslated(f"{_PLACE} names {name}, which promptecho does not have. {advice}")

    return row


def _is_off(value: Any) -> bool:
    return value is None or value is False or (isinstance(value, (list, tuple)) and not value)


def _mode(made: Translated, name: str, value: Any) -> Translated:
    if value is None:
        return made
    mode = getattr(value, "value", value)  # vcrpy has an enum of the same texts
    if mode not in MODES:
        raise NotTranslated(f"{_PLACE}: {name} is {mode!r}; it must be one of {', '.join(MODES)}")
    return made._replace(mode=MODES[mode])


def _match_on(made: Translated, name: str, value: Any) -> Translated:
    names = list(_listed(name, value))
    for each in names:
        if each == "headers":
            raise NotTranslated(
                f"{_PLACE}: match_on names headers, all of them. Remove it, and name those that "
                "choose the answer in the ini option promptecho_match_headers"
            )
        if each not in (*_ALWAYS, *_WITH_HOST):
            raise NotTranslated(
                f"{_PLACE}: match_on names {each!r}, a matcher of the project. Remove it; "
                "promptecho.register_dialect says how the bodies of an endpoint are compared"
            )
    url = any(each in names for each in _WHOLE_URL)
    left = [each for each in _ALWAYS[:3] if each not in names and not (url and each != "method")]
    if left:
        made = _says(
            made,
            f"match_on without {' and '.join(left)}",
            "promptecho matches method, path, query and body always. Name query parameters that "
            "change with each call in the ini option promptecho_ignore_query.",
        )
    return _with(made, match_host=any(each in names for each in _WITH_HOST))


def _query(made: Translated, name: str, value: Any) -> Translated:
    return _with(made, ignore_query=list(_named(name, value)))


def _members(made: Translated, name: str, value: Any) -> Translated:
    return _with(made, redact_members=list(_named(name, value)))


def _sensitive(made: Translated, name: str, value: Any) -> Translated:
    """Pairs of a placeholder and a value; the value is redacted wherever it is."""
    pairs = list(value.items()) if isinstance(value, Mapping) else list(value or ())
    secrets: list[str] = []
    for pair in pairs:
        secret = pair[1] if isinstance(pair, (list, tuple)) and len(pair) == 2 else None
        if not isinstance(secret, str) or not secret:
            row = _unsafe("Name expressions in redact_patterns of the fixture promptecho_options.")
            return row(made, name, value)
        secrets.append(re.escape(secret))
    return _with(made, redact_patterns=secrets) if secrets else made


def _hosts(made: Translated, name: str, value: Any) -> Translated:
    return _with(made, passthrough=[_host(each) for each in _listed(name, value)])


def _localhost(made: Translated, name: str, value: Any) -> Translated:
    return _with(made, passthrough=list(_LOCALHOST)) if value else made


def _host(name: str) -> str:
    return f"[{name}]" if name.count(":") > 1 and not name.startswith("[") else name


def _repeats(made: Translated, name: str, value: Any) -> Translated:
    return _with(made, on_exhausted="repeat" if value else "miss")


def _serializer(made: Translated, name: str, value: Any) -> Translated:
    if value not in _SERIALIZERS:
        raise NotTranslated(
            f"{_PLACE}: {name} is {value!r}. promptecho writes one format, YAML: convert the files "
            "with promptecho import, and remove the option"
        )
    made = made._replace(serializer=value)
    if value == "yaml":
        return made
    text = f"{_PLACE}: {name} is {value!r}, and promptecho writes YAML only. Remove the option."
    return made._replace(unsafe=(*made.unsafe, text))


def _directory(made: Translated, name: str, value: Any) -> Translated:
    return made._replace(directory=None if value is None else str(value))


def _rename(made: Translated, name: str, value: Any) -> Translated:
    if value is not None and not callable(value):
        raise NotTranslated(f"{_PLACE}: {name} is {value!r}; it must be a function of a path")
    return made._replace(rename=value)


def _allowed(made: Translated, name: str, value: Any) -> Translated:
    return made._replace(allowed_hosts=value)


def _listed(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset, type(None))):
        raise NotTranslated(f"{_PLACE}: {name} is {value!r}; it must be a list of names")
    for each in value or ():
        if not isinstance(each, str):
            raise NotTranslated(f"{_PLACE}: {name} has {each!r}; it must be a list of names")
        yield each


def _named(name: str, value: Any) -> Iterator[str]:
    """The names in a list of names and of pairs of a name and what replaces its value."""
    pairs = value if isinstance(value, (list, tuple)) else _listed(name, value)
    for each in pairs:
        first = each[0] if isinstance(each, (list, tuple)) and each else each
        if not isinstance(first, str):
            raise NotTranslated(f"{_PLACE}: {name} has {each!r}; it must be a name")
        yield first


_REDACT = (
    "Name what it takes out in redact_members, redact_patterns or redact_headers of the fixture "
    "promptecho_options; credentials are redacted without it."
)
_PATCHES = "promptecho patches HTTP libraries by itself: remove the option."

_ROWS: dict[str, Row] = {
    "record_mode": _mode,
    "match_on": _match_on,
    # Request headers are in no file of promptecho.
    "filter_headers": _needless,
    "filter_query_parameters": _query,
    "filter_post_data_parameters": _members,
    # Members are redacted at every depth.
    "filter_nested_post_data_parameters": _needless,
    "filter_sensitive_data": _sensitive,
    "ignore_hosts": _hosts,
    "ignore_localhost": _localhost,
    "allow_playback_repeats": _repeats,
    # Answers are stored decoded.
    "decode_compressed_response": _needless,
    "serializer": _serializer,
    "cassette_library_dir": _directory,
    "path_transformer": _rename,
    "allowed_hosts": _allowed,
    "before_record": _unsafe(_REDACT),
    "before_record_request": _unsafe(
        f"{_REDACT} Requests that it leaves out are hosts for ignore_hosts."
    ),
    "before_record_response": _unsafe(_REDACT),
    "before_save_interaction": _unsafe(_REDACT),
    "after_load_interaction": _refused("Make its changes in the files."),
    "record_on_exception": _notice(
        "A test that fails keeps its recordings, and its file is marked incomplete.", same=True
    ),
    "drop_unused_requests": _notice("Remove unplayed recordings with promptecho prune."),
    "custom_patches": _notice(_PATCHES),
    "skip_patchers": _notice(_PATCHES),
    "persister": _refused("promptecho reads and writes its files by itself."),
    "inject_cassette": _refused("Ask for the fixture vcr."),
    "func_path_generator": _refused("Use the fixture default_cassette_name."),
}
