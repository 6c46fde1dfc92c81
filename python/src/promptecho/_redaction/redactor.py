"""Secrets out of texts, JSON values and URLs (spec section "Redaction").

Redaction runs before normalization on both sides, recording and replay, so it never breaks a
match; it is idempotent, so a key can be recomputed from the file. Everything here is pure.

Most bodies hold no secret, and most of their bytes are prose. So each step first searches for
substrings, in C, and tries the patterns only where one of them could match.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any, Callable, Union

from .._base.errors import NotCanonical
from .._base.model import JSON, Number, Steps
from .._base.vocabulary import REDACTED
from .._text.canonical import c_encoder, canonical
from .._text.json import levels, parse
from .._text.survey import survey
from .lexical import Elements, MemberText
from .literals import Literal, Spellings, shapes_of
from .looks_secret import SecretTest
from .member_places import EVERYWHERE, NO_NAMES, NOWHERE, Names, Spot, spot_of
from .opaque_data import NO_DATA, OpaqueMembers
from .places import Found, FoundByName
from .shapes import HIDING_ESCAPE, SecretPattern, Shape, octets, pattern_shape, runs
from .urls import UrlNames, UrlSecrets

#: What is searched for in a text.
Search = Union[Shape, UrlSecrets]

#: Whether a body is one of a conversation [MATCH-8]; it is asked only where that decides.
IsConversation = Callable[[], bool]


def never() -> bool:
    """Of no conversation."""
    return False


class Redactor:
    """The rules of one session, compiled once.

    Args:
        patterns: credential shapes that are searched for in every text [RED-5].
        literals: secret values that are searched for in every text [RED-6].
        names: names of members whose values are secret [RED-4].
        conversation: the places of a conversation where names count [RED-17].
        opaque: members of a conversation that are never touched [RED-18].
        elements: XML elements whose text is secret (STS answers) [RED-13].
        urls: query fields that are secret in URLs inside a text [RED-21]; None looks for none.
    """

    def __init__(
        self,
        patterns: Iterable[SecretPattern] = (),
        literals: Iterable[Literal] = (),
        names: Names = NO_NAMES,
        conversation: Spot = NOWHERE,
        opaque: OpaqueMembers = NO_DATA,
        elements: Iterable[str] = (),
        urls: UrlNames | None = None,
    ) -> None:
        self._given = tuple(patterns)
        self._patterns = tuple(map(pattern_shape, self._given))
        self._secret_test = SecretTest(self._patterns)
        self._literals = tuple(literals)
        self._spellings: Spellings | None = None
        self._names = names
        self._all_names = names.always | names.maybe | names.own
        self._conversation = conversation
        self._opaque = opaque
        self._elements = Elements(elements)
        self._listed_text = MemberText(self._all_names)
        self._own_text = MemberText(names.own)
        self._harmless: set[str] = set()  # names that are known not to be secret
        # A user's pattern may depend on where a string begins or ends, or on the text beside it.
        self._looks_around = not all(shape.literal for shape in self._patterns)
        self._shapes = (*shapes_of(self._literals), *self._patterns)
        self._urls = (UrlSecrets(urls, self._patterns),) if urls else ()
        self._url_names = urls
        self._all = (*self._shapes, *self._urls)
        self._worded = tuple({shape.needle for shape in self._shapes if not shape.has_run})
        self._by_mark = _by_mark(self._shapes)
        self._not_in_run = tuple(shape for shape in self._shapes if not shape.in_run)
        self._odd = tuple(s for s in self._shapes if not s.in_run and s.pattern is None)

    def knowing(self, literals: Iterable[Literal]) -> Redactor:
        """The same rules, and more literals."""
        return Redactor(
            patterns=self._given,
            literals=(*literals, *self._literals),
            names=self._names,
            conversation=self._conversation,
            opaque=self._opaque,
            elements=self._elements.names,
            urls=self._url_names,
        )

    def may_hold_literal(self, data: bytes, *, is_form: bool) -> bool:
        """Whether the octets of a body, perhaps a form's, may spell a literal [RED-6]."""
        if self._spellings is None:
            self._spellings = Spellings(self._literals)
        return self._spellings.may_be_in(data, is_form=is_form)

    # Texts

    def looks_secret(self, value: str) -> bool:
        """Whether a value looks secret [RED-15]."""
        return self._secret_test(value)

    def possible_patterns(self, data: bytes) -> tuple[Search, ...]:
        """What a text could hold, or a part of it, of what is searched for; mostly nothing."""
        if not self._all:
            return ()
        urls = tuple([each for each in self._urls if each.may_be_in(data)])
        long_runs = runs(data)
        if not long_runs and not any(needle in data for needle in self._worded):
            return urls
        in_run = [
            shape
            for mark, shapes in self._by_mark
            if mark in long_runs
            for shape in shapes
            if shape.literal in long_runs
        ]
        others = [shape for shape in self._not_in_run if shape.needle in data]
        return (*in_run, *others, *urls)

    def surely_clean(self, data: bytes) -> bool:
        """Whether :meth:`event` certainly leaves a text unchanged, and any part of the text."""
        if self.possible_patterns(data):
            return False
        return not self._names.own or not self._own_text.may_be_in(data)

    def text(
        self,
        text: str,
        shapes: list[str] | None = None,
        possible_patterns: tuple[Search, ...] | None = None,
    ) -> str:
        """A text without credential shapes, literals and secrets of URLs in it.

        It is the same object when it has none.

        Args:
            text: the text.
            shapes: takes the names of the shapes that were found.
            possible_patterns: those that it could hold, where they are known.
        """
        if possible_patterns is None:
            possible_patterns = self.possible_patterns(octets(text))
        if not any(shape.occurs_in(text) for shape in possible_patterns):
            return text
        # All of them: where one was taken out, the text around it may be another [RED-5].
        return _without(self._all, text, shapes)

    def url(self, text: str, shapes: list[str] | None = None) -> str:
        """The URL of a request without credential shapes and literals [URL-4].

        Its query has its own rules [URL-6].
        """
        return _without(self._shapes, text, shapes)

    def event(
        self, text: str, shapes: list[str] | None = None, conversation: IsConversation = never
    ) -> str:
        """A text that may hold JSON: an event, a line, a field of a form [RED-13]."""
        if self.surely_clean(octets(text)):
            return text
        if conversation():
            text = self._opaque.apart(text, lambda part: self.text(part, shapes))
        else:
            text = self.text(text, shapes)
        return self._own_text.clean(text, lambda *_: True) if self._names.own else text

    def body(
        self, text: str, shapes: list[str] | None = None, conversation: IsConversation = never
    ) -> str:
        """A body that is stored as a text: perhaps JSON in an odd layout, or XML [RED-13]."""
        text = self.event(text, shapes, conversation)
        named = self._listed_text.may_be_in(octets(text)) and _is_plain_json(text)
        if (not named and not self._elements.may_be_in(text)) or conversation():
            return text
        if named:
            text = self._listed_text.clean(text, self._is_secret_text)
        return self._elements.clean(text)

    def _is_secret_text(self, name: str, value: str) -> bool:
        return self._names.counts(_folded(name), value)

    def field(self, name: str, value: str, shapes: list[str] | None = None) -> str:
        """The value of a form's field: secret by its name, or a text."""
        return REDACTED if self.hides(name, value) else self.event(value, shapes)

    def hides(self, name: str, value: str) -> bool:
        """Whether the name of a form's field makes its value secret."""
        return value != "" and self._names.counts(_folded(name), value)

    def surely_clean_fields(self, fields: Collection[tuple[str, str]]) -> bool:
        """Whether :meth:`field` certainly leaves the values of all these fields unchanged."""
        names = {name for name, _ in fields}
        if not self._all_names.isdisjoint(_all_folded(names)):
            return False
        return self.surely_clean(octets("\n\n".join([value for _, value in fields])))

    # JSON values

    def json(
        self,
        value: JSON,
        found: list[Found],
        data: bytes | None = None,
        conversation: IsConversation = never,
    ) -> JSON:
        """A JSON value without its secrets; the steps to each of them are added to `found`.

        Args:
            value: the value.
            found: takes the places.
            data: a JSON text of the value; one search of it rules out most shapes.
            conversation: whether the value is the body of a conversation, or of its answer.

        Returns:
            The same object where nothing was found, so that a clean body costs no copy.
        """
        if data is None:
            data = octets(_json(value))
        possible_patterns = self._suspects_in_json(data)
        has_places = conversation is not never and self._has_places(value)
        if not possible_patterns and not has_places and not self._has_names(value):
            return value
        if conversation():
            return self._walk(value, found, (), self._conversation, possible_patterns, talk=True)
        return self._walk(value, found, (), EVERYWHERE, possible_patterns)

    def _suspects_in_json(self, data: bytes) -> tuple[Search, ...]:
        """As :meth:`possible_patterns`, for the strings that a JSON text spells."""
        if b"\\" not in data:
            return self.possible_patterns(data)
        if b"\\u00" in data and HIDING_ESCAPE.search(data):
            return self._all
        while b"\\\\" in data:  # as in a string of JSON that stands in another
            data = data.replace(b"\\\\", b"\\")
        seen = self.possible_patterns(data.replace(b"\\/", b"/"))
        if not self._odd:
            return seen
        # A literal that a user or the environment gave may hold anything that can be escaped.
        return tuple(s for s in self._all if s in seen or s in self._odd)

    def _has_names(self, value: JSON) -> bool:
        """Whether a member's name is secret at some place."""
        names = survey(value).names
        if not self._harmless.issuperset(names) and self._learn(names):
            return True
        if not self._names.own:
            return False
        texts = (text for level in levels(value) for text in level.of(str))
        return any(text.startswith(_JSON_STARTS) for text in texts)

    def _has_places(self, value: JSON) -> bool:
        """Whether a value is secret for its place, if this is a conversation."""
        if type(value) is dict and not self._names.own and not self._conversation.has_any(value):
            return False
        return self._walk(value, [], (), self._conversation, ()) is not value

    def _learn(self, names: Collection[str]) -> bool:
        """Whether one of these names is secret; if not, they are known from now on."""
        if not self._all_names.isdisjoint(_all_folded(names)):
            return True
        if len(self._harmless) + len(names) <= _MOST_NAMES:
            self._harmless.update(names)
        return False

    def _walk(
        self,
        value: JSON,
        found: list[Found],
        path: Steps,
        spot: Spot,
        possible_patterns: tuple[Search, ...],
        *,
        talk: bool = False,
    ) -> JSON:
        """A value without its secrets; `talk` tells whether it is of a conversation."""
        if spot is NOWHERE and not possible_patterns and not self._names.own:
            return value
        if isinstance(value, list) and _BARE.issuperset(map(type, value)):
            return value
        changes: dict[Any, JSON] = {}
        items: Iterable[tuple[Any, JSON]] = enumerate(value) if isinstance(value, list) else ()
        if isinstance(value, dict):
            items, spot = value.items(), spot_of(spot, value)
        for step, item in items:
            below = spot.below(step)
            if isinstance(item, str):
                names: list[str] = []
                name = _folded(step) if isinstance(step, str) else None
                by_name = self._names.is_secret(below, name, item)
                if by_name:
                    clean = REDACTED if item else item
                elif talk and self._opaque.holds(step, item, value):
                    continue
                else:
                    clean = self._leaf(item, names, possible_patterns)
                if clean != item:
                    kind = FoundByName if by_name else Found
                    found.append(kind((*path, step), tuple(names)))
                    changes[step] = clean
            elif isinstance(item, (dict, list)):
                inner = self._walk(item, found, (*path, step), below, possible_patterns, talk=talk)
                if inner is not item:
                    changes[step] = inner
        if not changes:
            return value
        if isinstance(value, dict):
            return {**value, **changes}
        return [changes.get(i, item) for i, item in enumerate(value)]

    def _leaf(self, text: str, names: list[str], possible_patterns: tuple[Search, ...]) -> str:
        if possible_patterns:
            text = self.text(text, names, possible_patterns)
        elif not self._names.own:
            return text
        return self._json_text(text, names) if text.startswith(_JSON_STARTS) else text

    def _json_text(self, text: str, names: list[str]) -> str:
        # RED-7: tool arguments and tool results are often JSON inside a JSON string.
        data = octets(text)
        spelled = b"\\" not in data and not self._looks_around
        if spelled and not (self._names.own and self._own_text.may_be_in(data)):
            return text  # it is the spelling of its own strings, and their shapes are gone
        try:
            value = parse(data)
        except NotCanonical:
            return text
        found: list[Found] = []
        clean = self._walk(value, found, (), NOWHERE, self._suspects_in_json(data))
        names += [name for place in found for name in place.shapes]
        return text if clean is value else canonical(clean)


_json = c_encoder(", ", ": ", sort_keys=False)
_JSON_STARTS = ("{", "[")
# What holds no text that could be a secret.
_BARE = frozenset((int, float, bool, type(None), Number))
_MOST_NAMES = 10_000


def _by_mark(shapes: Iterable[Shape]) -> tuple[tuple[str, list[Shape]], ...]:
    """The shapes whose literal is in a long run, by the mark in it."""
    found: dict[str, list[Shape]] = {}
    for shape in shapes:
        if shape.in_run:
            found.setdefault(shape.mark, []).append(shape)
    return tuple(found.items())


def _without(searches: Iterable[Search], text: str, shapes: list[str] | None) -> str:
    for search in searches:
        text, count = search.replaced(text)
        if count and search.name and shapes is not None:
            shapes.append(search.name)
    return text


def _is_plain_json(text: str) -> bool:
    """Whether a text is a JSON object or array, and no message of JSON-RPC."""
    if '"jsonrpc"' in text:
        return False
    try:
        value = json.loads(text.removeprefix("\ufeff"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, (dict, list))


def _refuse(word: str) -> None:
    raise ValueError(word)  # NaN is no JSON


@lru_cache(maxsize=1024)
def _folded(name: str) -> str:
    return name.lower() if name.isascii() else name


def _all_folded(names: Collection[str]) -> Collection[str]:
    """The same of many names, mostly without a call for each."""
    joined = "\n".join(names)
    if joined.isascii() and joined == joined.lower():
        return names
    return list(map(_folded, names))
