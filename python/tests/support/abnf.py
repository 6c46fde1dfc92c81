"""A matcher for ABNF. [RFC 5234] [RFC 7405]

It reads the rules of a grammar file and knows nothing about what they say. A text is matched with
all ways to divide it: an alternative or a repetition is not the first that fits. A rule whose name
ends in `-n` exists once for each number, as the heads of `spec/grammar-*.abnf` say.

Rules that do not contain themselves are regular. They are matched by automata, which are built
while they run; the others by a search that remembers where each rule ends.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Union


@dataclass(frozen=True, eq=False)
class Characters:
    """One character of some ranges."""

    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class Reference:
    """A rule; `step` is 0 for `-n`, 1 for `-m`, and None for a name without either."""

    name: str
    step: int | None


@dataclass(frozen=True, eq=False)
class Repeat:
    least: int
    most: int | None
    item: Node


@dataclass(frozen=True, eq=False)
class Parts:
    items: tuple[Node, ...]


@dataclass(frozen=True, eq=False)
class Choice:
    items: tuple[Node, ...]


Node = Union[Characters, Reference, Repeat, Parts, Choice]
NOTHING = Choice(())
EMPTY = Parts(())

# --- the syntax of ABNF ------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""(?P<space>[ ]+|;.*) | (?P<name>[A-Za-z][A-Za-z0-9-]*) | (?P<string>(?:%[si])?"[^"]*")
      | %x(?P<number>[0-9A-F]+(?:-[0-9A-F]+|(?:\.[0-9A-F]+)+)?)
      | (?P<repeat>[0-9]*\*[0-9]*|[0-9]+) | (?P<mark>[][()/=])""",
    re.VERBOSE,
)
_CORE = {
    "ALPHA": "%x41-5A / %x61-7A",
    "CR": "%x0D",
    "DIGIT": "%x30-39",
    "DQUOTE": "%x22",
    "HEXDIG": '%x30-39 / "A" / "B" / "C" / "D" / "E" / "F"',
    "HTAB": "%x09",
    "LF": "%x0A",
    "SP": "%x20",
}


class _Rule:
    """Reads one rule, from its tokens; the next token is the last of the list."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))[::-1]

    def __bool__(self) -> bool:
        return bool(self.tokens)

    def peek(self) -> str:
        return self.tokens[-1][1] if self.tokens else ""

    def choice(self) -> Node:
        items = [self.sequence()]
        while self.peek() == "/":
            self.tokens.pop()
            items.append(self.sequence())
        return items[0] if len(items) == 1 else Choice(tuple(items))

    def sequence(self) -> Node:
        items = [self.repetition()]
        while self.peek() not in ("", "/", ")", "]"):
            items.append(self.repetition())
        return items[0] if len(items) == 1 else Parts(tuple(items))

    def repetition(self) -> Node:
        if self.tokens[-1][0] != "repeat":
            return self.element()
        least, star, most = self.tokens.pop()[1].partition("*")
        count = int(least or 0)
        limit = (int(most) if most else None) if star else count
        return Repeat(count, limit, self.element())

    def element(self) -> Node:
        kind, text = self.tokens.pop()
        if kind == "name":
            return _reference(text)
        if kind == "string":
            return _string(text)
        if kind == "number":
            return _number(text)
        inner = self.choice()
        closing = self.tokens.pop()[1]
        assert (text, closing) in (("(", ")"), ("[", "]")), (text, closing)
        return inner if text == "(" else Repeat(0, 1, inner)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        assert found, f"no ABNF: {text[at : at + 40]!r}"
        if found.lastgroup not in (None, "space"):
            yield str(found.lastgroup), found[str(found.lastgroup)]
        at = found.end()


def _reference(name: str) -> Reference:
    if name[-2:] in ("-n", "-m"):
        return Reference(name[:-2], int(name[-1] == "m"))
    return Reference(name, None)


def _string(text: str) -> Node:
    prefix, _, content = text[:-1].partition('"')
    both = prefix.lower() != "%s"
    points = [{c.lower(), c.upper()} if both else {c} for c in content]
    each = [Characters(tuple((ord(c), ord(c)) for c in sorted(point))) for point in points]
    return each[0] if len(each) == 1 else Parts(tuple(each))


def _number(text: str) -> Node:
    if "-" in text:
        first, last = (int(end, 16) for end in text.split("-"))
        return Characters(((first, last),))
    points = tuple(Characters(((int(one, 16),) * 2,)) for one in text.split("."))
    return points[0] if len(points) == 1 else Parts(points)


def rules_of(text: str) -> dict[str, Node]:
    """The rules of a file by their names. All lines of a rule but its first are indented."""
    found: dict[str, Node] = {}
    joined = re.sub(r"(?m)^;.*\n|[ ]+;[^\"\n]*$", "", text)
    for rule in re.split(r"\n+(?=[A-Za-z])", joined.strip()):
        head, equals, body = rule.partition(" = ")
        assert equals, rule
        head = head.strip()
        assert head not in found, head
        reader = _Rule(body.replace("\n", " "))
        found[head] = reader.choice()
        assert not reader, rule
    return found


# --- automata ----------------------------------------------------------------------------------


class _States:
    """A nondeterministic automaton: what each state moves to, without and with a character."""

    def __init__(self) -> None:
        self.free: list[list[int]] = []
        self.moves: list[tuple[Characters, int] | None] = []

    def new(self) -> int:
        self.free.append([])
        self.moves.append(None)
        return len(self.free) - 1


class Automaton:
    """A regular expression as a deterministic automaton, made as far as texts need it."""

    def __init__(self, states: _States, start: int, end: int) -> None:
        self._states = states
        self._end = end
        self._numbers: dict[frozenset[int], int] = {}
        self._sets: list[frozenset[int]] = []
        self._next: list[dict[str, int]] = []
        self._ends: list[bool] = []
        self._start = self._number(self._closed({start}))

    def ends(self, text: str, at: int) -> list[int]:
        """All positions where a match that begins at a position ends."""
        state = self._start
        ends, following = self._ends, self._next
        found = [at] if ends[state] else []
        for position in range(at, len(text)):
            character = text[position]
            after = following[state].get(character)
            if after is None:
                after = self._step(state, character)
            if after < 0:
                break
            state = after
            if ends[state]:
                found.append(position + 1)
        return found

    def _step(self, state: int, character: str) -> int:
        point = ord(character)
        reached = set()
        for each in self._sets[state]:
            move = self._states.moves[each]
            if move and any(first <= point <= last for first, last in move[0].ranges):
                reached.add(move[1])
        after = self._number(self._closed(reached)) if reached else -1
        self._next[state][character] = after
        return after

    def _closed(self, states: set[int]) -> frozenset[int]:
        todo = list(states)
        while todo:
            for each in self._states.free[todo.pop()]:
                if each not in states:
                    states.add(each)
                    todo.append(each)
        return frozenset(states)

    def _number(self, states: frozenset[int]) -> int:
        if states not in self._numbers:
            self._numbers[states] = len(self._sets)
            self._sets.append(states)
            self._next.append({})
            self._ends.append(self._end in states)
        return self._numbers[states]


# --- matching ----------------------------------------------------------------------------------


class Grammar:
    """The rules of a grammar file.

    Args:
        text: of the file.
        without: rules whose name begins so match nothing.
    """

    def __init__(self, text: str, *, without: str | None = None) -> None:
        self.rules = {
            **{name: _Rule(body).choice() for name, body in _CORE.items()},
            **rules_of(text),
        }
        if without:
            for name in self.rules:
                if name.startswith(without):
                    self.rules[name] = NOTHING
        self._automata: dict[tuple[Node, int], Automaton] = {}
        self._parts: dict[Node, Node] = {}
        self._regular: dict[str, bool] = {}
        self._inner: dict[str, set[str]] = {}
        for head, node in self.rules.items():
            name = re.sub("-(?:[nm]|[0-9]+)$", "", head)
            names = _names(node)
            # A rule of -m contains its own name with the number before.
            found = names - {name} if head.endswith("-m") else names
            self._inner.setdefault(name, set()).update(found)
            self._inner.setdefault(head, set()).update(found)
        self._regular_nodes: dict[Node, bool] = {}
        self._sets: dict[Node, Characters | None] = {}

    def matches(self, name: str, text: str) -> bool:
        """Whether the rule of a name and the number 0 matches the whole of a text."""
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(50_000)  # a collection in a collection takes about ten calls
        try:
            return len(text) in _Search(self, text).rule(Reference(name, 0), 0, 0)
        finally:
            sys.setrecursionlimit(limit)

    def rule(self, name: str, number: int | None) -> tuple[Node, int]:
        """The definition of a rule, and the number that `-n` is in it."""
        if number is None:
            return self.rules[name], 0
        exact = f"{name}-{number}"
        if exact in self.rules:
            return self.rules[exact], number
        if number and f"{name}-m" in self.rules:
            return self.rules[f"{name}-m"], number - 1
        return self.rules[f"{name}-n"], number

    def is_regular(self, node: Node) -> bool:
        """Whether no rule of it contains itself, but one of a smaller number."""
        if node not in self._regular_nodes:
            self._regular_nodes[node] = all(self._is_regular(name, ()) for name in _names(node))
        return self._regular_nodes[node]

    def _is_regular(self, name: str, above: tuple[str, ...]) -> bool:
        if name in above:
            return False
        if name not in self._regular:
            inner = self._inner.get(name, set())
            regular = all(self._is_regular(each, (*above, name)) for each in inner)
            if above:
                return regular
            self._regular[name] = regular
        return self._regular[name]

    def characters(self, node: Node) -> Characters | None:
        """The set of characters that a node is, if it is one."""
        if node not in self._sets:
            self._sets[node] = self._characters(node)
        return self._sets[node]

    def _characters(self, node: Node) -> Characters | None:
        if isinstance(node, Characters):
            return node
        if isinstance(node, Reference):
            return self.characters(self.rules[node.name]) if node.step is None else None
        if not isinstance(node, Choice) or not self.is_regular(node):
            return None
        found = [each for each in map(self.characters, node.items) if each]
        if len(found) < len(node.items):
            return None
        return Characters(tuple(one for each in found for one in each.ranges))

    def grouped(self, node: Node) -> Node:
        """A node whose neighboring regular parts are one."""
        if node not in self._parts:
            self._parts[node] = self._grouped(node)
        return self._parts[node]

    def _grouped(self, node: Node) -> Node:
        if not isinstance(node, (Parts, Choice)):
            return node
        groups: list[list[Node]] = []
        last = False
        items = node.items
        if isinstance(node, Choice):
            items = tuple(sorted(items, key=lambda item: not self.is_regular(item)))
        for item in items:
            regular = self.is_regular(item)
            if regular and last:
                groups[-1].append(item)
            else:
                groups.append([item])
            last = regular
        kind = type(node)
        made = tuple(group[0] if len(group) == 1 else kind(tuple(group)) for group in groups)
        return made[0] if len(made) == 1 else kind(made)

    def automaton(self, node: Node, number: int) -> Automaton:
        """The automaton of a regular node."""
        if (node, number) not in self._automata:
            states = _States()
            start, end = states.new(), states.new()
            self._build(states, node, number, start, end)
            self._automata[node, number] = Automaton(states, start, end)
        return self._automata[node, number]

    def _build(self, states: _States, node: Node, number: int, start: int, end: int) -> None:
        characters = self.characters(node)
        if characters:
            states.free[start].append(states.new())
            states.moves[-1] = (characters, end)
        elif isinstance(node, Reference):
            inner, number = self.rule(node.name, None if node.step is None else number + node.step)
            self._build(states, inner, number, start, end)
        elif isinstance(node, Parts):
            for item in node.items:
                after = states.new()
                self._build(states, item, number, start, after)
                start = after
            states.free[start].append(end)
        elif isinstance(node, Choice):
            for item in node.items:
                inside, behind = states.new(), states.new()
                self._build(states, item, number, inside, behind)
                states.free[start].append(inside)
                states.free[behind].append(end)
        else:
            self._build_repeat(states, node, number, start, end)

    def _build_repeat(
        self, states: _States, node: Repeat, number: int, start: int, end: int
    ) -> None:
        for _ in range(node.least):
            after = states.new()
            self._build(states, node.item, number, start, after)
            start = after
        if node.most is None:
            loop, after = states.new(), states.new()
            states.free[start].append(loop)
            self._build(states, node.item, number, loop, after)
            states.free[after].append(loop)
            states.free[loop].append(end)
            return
        for _ in range(node.most - node.least):
            after = states.new()
            states.free[start].append(end)
            self._build(states, node.item, number, start, after)
            start = after
        states.free[start].append(end)


def _names(node: Node) -> set[str]:
    """The names of the rules that a node refers to."""
    if isinstance(node, Reference):
        return {node.name}
    if isinstance(node, Repeat):
        return _names(node.item)
    if isinstance(node, (Parts, Choice)):
        return set().union(*map(_names, node.items))
    return set()


class _Search:
    """The matching of one text."""

    def __init__(self, grammar: Grammar, text: str) -> None:
        self._grammar = grammar
        self._text = text
        # A rule of a greater number says nothing about this text.
        self._most = max(map(len, text.split("\n")))
        self._known: dict[tuple[str, int | None, int], frozenset[int]] = {}

    def rule(self, reference: Reference, number: int, at: int) -> frozenset[int]:
        """Where a rule ends that begins at a position."""
        name = reference.name
        mine = None if reference.step is None else number + reference.step
        if mine is not None and mine > self._most:
            return frozenset()
        if (name, mine, at) not in self._known:
            node, inner = self._grammar.rule(name, mine)
            self._known[name, mine, at] = frozenset(self._ends(node, inner, at))
        return self._known[name, mine, at]

    def _ends(self, node: Node, number: int, at: int) -> Iterable[int]:
        if self._grammar.is_regular(node):
            return self._grammar.automaton(node, number).ends(self._text, at)
        node = self._grammar.grouped(node)
        if isinstance(node, Reference):
            return self.rule(node, number, at)
        if isinstance(node, Choice):
            return {end for item in node.items for end in self._ends(item, number, at)}
        if isinstance(node, Parts):
            return self._in_turn(node.items, number, at)
        assert isinstance(node, Repeat)
        return self._repeated(node, number, at)

    def _in_turn(self, items: Sequence[Node], number: int, at: int) -> set[int]:
        ends = {at}
        for item in items:
            ends = {end for start in ends for end in self._ends(item, number, start)}
        return ends

    def _repeated(self, node: Repeat, number: int, at: int) -> set[int]:
        current = self._in_turn([node.item] * node.least, number, at)
        found = set(current)
        count = node.least
        while current and (node.most is None or count < node.most):
            current = {end for start in current for end in self._ends(node.item, number, start)}
            current -= found
            found |= current
            count += 1
        return found
