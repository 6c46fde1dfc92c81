"""How two versions of a cassette are merged, recording by recording."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptecho._base.errors import CassetteError
from promptecho._base.model import Accepted, CassetteFile, FileOptions, Interaction, Provenance
from promptecho._checks.merge import Merged, merged
from promptecho._format.reader import load
from promptecho._format.request_digest import digest
from promptecho._format.writer import dump
from promptecho._matching.rules import default_match_on
from support.session_builders import chat, recorded


@cache
def one(prompt: str, answer: str = "ok") -> Interaction:
    return recorded(chat(prompt), answer)


def file(*items: Interaction, **members: Any) -> bytes:
    names = members.pop("match_on", default_match_on())
    return dump(CassetteFile(names, items, **members)).encode()


def answers(data: bytes) -> list[str]:
    """Prompt and answer of each recording."""
    return [
        f"{item.request.body['messages'][0]['content']}={item.response.body.text}"
        for item in load(data, "a.yaml").interactions
    ]


def both_ways(base: bytes, ours: bytes, theirs: bytes) -> tuple[list[str], list[str]]:
    """The merge into ours, and into theirs; neither has a conflict."""
    results = merged(base, ours, theirs), merged(base, theirs, ours)
    assert [result.conflicts for result in results] == [(), ()]
    return answers(results[0].data), answers(results[1].data)


A, B, C, D = (one(prompt) for prompt in "abcd")


# --- no conflict --------------------------------------------------------------------------------


def test_recordings_that_both_sides_added_are_kept_in_order_ours_first() -> None:
    found = both_ways(file(A), file(A, B, one("e")), file(A, C, D))
    assert found == (
        ["a=ok", "b=ok", "e=ok", "c=ok", "d=ok"],
        ["a=ok", "c=ok", "d=ok", "b=ok", "e=ok"],
    )


def test_a_recording_that_one_side_changed_follows_that_side() -> None:
    found = both_ways(file(A, B, C), file(A, one("b", "new"), C), file(A, B, C, D))
    assert found == (["a=ok", "b=new", "c=ok", "d=ok"],) * 2


def test_a_recording_that_one_side_removed_is_gone() -> None:
    found = both_ways(file(A, B, C), file(A, C), file(one("a", "new"), B, C, D))
    assert found == (["a=new", "c=ok", "d=ok"],) * 2


def test_a_recording_that_both_sides_removed_is_gone() -> None:
    assert both_ways(file(A, B, C), file(A, C), file(A, C, D)) == (["a=ok", "c=ok", "d=ok"],) * 2


def test_what_both_sides_changed_in_the_same_way_is_there_once() -> None:
    new = one("a", "new")
    assert both_ways(file(A), file(new, B), file(new, B, C)) == (["a=new", "b=ok", "c=ok"],) * 2


def test_a_recording_inserted_between_two_others_stays_between_them() -> None:
    found = both_ways(file(A, B), file(A, C, B), file(A, B, D))
    assert found == (["a=ok", "c=ok", "b=ok", "d=ok"],) * 2


def test_a_recording_inserted_at_the_start_stays_there() -> None:
    assert both_ways(file(A), file(B, A), file(A, C))[0] == ["b=ok", "a=ok", "c=ok"]


def test_the_order_follows_the_side_that_changed_it() -> None:
    found = both_ways(file(A, B, C), file(C, A, B), file(A, B, C, D))
    assert found == (["c=ok", "d=ok", "a=ok", "b=ok"],) * 2


def test_two_answers_to_one_request_are_two_recordings() -> None:
    first, second, third = (one("a", text) for text in ("1", "2", "3"))
    found = both_ways(file(first, second), file(first, one("a", "new")), file(third, second))
    assert found == (["a=3", "a=new"],) * 2


def test_a_file_that_both_sides_added_has_no_ancestor() -> None:
    assert both_ways(b"", file(A), file(A, B))[0] == ["a=ok", "b=ok"]


def test_a_side_that_removed_all_is_followed() -> None:
    assert both_ways(file(A, B), file(), file(A, B, C)) == (["c=ok"],) * 2
    assert merged(file(A), file(), file(A)).data == file()


def test_an_accepted_request_is_merged_with_an_appended_recording() -> None:
    accepted = Accepted("2026-11-28T12:00:00Z", A.request.match_key)
    edited = one("a, please")._replace(provenance=Provenance(accepted=accepted))
    result = merged(file(A, B), file(edited, B), file(A, B, C))
    assert load(result.data, "").interactions == load(file(edited, B, C), "").interactions


def test_the_same_edit_accepted_at_two_times_is_one_recording() -> None:
    times = [
        one("new")._replace(provenance=Provenance(accepted=Accepted(at, A.request.match_key)))
        for at in ("2026-11-28T12:00:00Z", "2026-11-28T13:00:00Z")
    ]
    result = merged(file(A), file(times[0]), file(times[1]))
    assert result == Merged(file(times[0]))


# --- the head -----------------------------------------------------------------------------------


def test_another_match_on_on_one_side_gives_the_recordings_of_the_other_new_keys() -> None:
    names = ("messages",)

    def under(prompt: str) -> Interaction:
        return recorded(chat(prompt), "ok", match_on=names)

    expected = file(under("a"), under("b"), under("c"), match_on=names)
    assert merged(file(A), file(under("a"), under("b"), match_on=names), file(A, C)) == Merged(
        expected
    )
    assert answers(
        merged(file(A), file(A, C), file(under("a"), under("b"), match_on=names)).data
    ) == ["a=ok", "c=ok", "b=ok"]


def test_another_match_on_on_both_sides_is_a_conflict_of_the_whole_file() -> None:
    result = merged(file(A), file(A, match_on=("model",)), file(A, match_on=("messages",)))
    assert result.conflicts == (
        "both sides have changed match_on, on which all keys of the file depend",
    )
    assert result.data.count(b"version: 2") == 2
    refused(result)


def test_options_of_both_sides_are_merged() -> None:
    result = merged(
        file(A),
        file(A, options=FileOptions(ignore_query=("page",))),
        file(A, options=FileOptions(keep_query=("city",))),
    )
    assert load(result.data, "").options == FileOptions(
        ignore_query=("page",), keep_query=("city",)
    )


@pytest.mark.parametrize(
    ("old", "ours", "theirs", "expected"),
    [(1, 2, 1, 1), (1, 1, 2, 1), (2, 2, 2, 2), (None, 2, None, None), (1, None, 2, None)],
)
def test_the_older_lists_are_those_of_the_file(
    old: int | None, ours: int | None, theirs: int | None, expected: int | None
) -> None:
    result = merged(file(A, lists=old), file(A, B, lists=ours), file(A, C, lists=theirs))
    assert load(result.data, "").lists == expected


@pytest.mark.parametrize(
    ("old", "ours", "theirs", "expected"),
    [
        (False, True, False, True),
        (True, False, True, False),
        (True, True, True, True),
        (False, False, False, False),
    ],
)
def test_incomplete_follows_the_side_that_changed_it(
    old: bool, ours: bool, theirs: bool, expected: bool
) -> None:
    sides = [file(A, incomplete=each) for each in (old, ours, theirs)]
    assert load(merged(*sides).data, "").incomplete is expected


def test_members_of_users_follow_the_side_that_changed_them_and_of_two_the_first_stays() -> None:
    def side(**members: str) -> bytes:
        return file(A, extras=tuple((f"x-{name}", text) for name, text in members.items()))

    result = merged(
        side(same="s", ours="o", theirs="o", gone="o", both="o"),
        side(same="s", ours="1", theirs="o", gone="o", both="1", mine="1"),
        side(same="s", ours="o", theirs="2", both="2", mine="2", yours="2"),
    )
    assert dict(load(result.data, "").extras) == {
        "x-same": "s",
        "x-ours": "1",
        "x-theirs": "2",
        "x-both": "1",
        "x-mine": "1",
        "x-yours": "2",
    }


def test_a_digest_stays_right_under_a_merged_head() -> None:
    plain = CassetteFile(default_match_on())
    request = A.request._replace(digest=digest("0" * 16, plain, A.request))
    item = A._replace(request=request)
    options = FileOptions(match_host=True)
    (kept,) = load(merged(file(item), file(item), file(item, B)).data, "").interactions[:1]
    assert kept.request.digest == request.digest
    result = load(merged(file(), file(options=options), file(item)).data, "")
    found = result.interactions[0].request
    assert found.digest == digest("0" * 16, result, found)
    assert found.digest != request.digest


def test_a_side_of_format_2_0_is_merged_as_2_1() -> None:
    old = b"""\
version: 2
match_on: [model, messages, system, tools, tool_choice, reasoning_effort, reasoning, thinking]
interactions: []
"""
    result = merged(old, old, file(A))
    assert result == Merged(file(A))


# --- conflicts ----------------------------------------------------------------------------------


def refused(result: Merged, code: str = "yaml.merge-conflict") -> None:
    with pytest.raises(CassetteError) as caught:
        load(result.data, "a.yaml")
    assert caught.value.code == code


def resolved(result: Merged, side: str) -> bytes:
    """The file as it is after one side of each conflict was kept."""
    kept, here = [], ""
    for line in result.data.splitlines(keepends=True):
        mark = {b"<<<": "ours", b"===": "theirs", b">>>": ""}.get(line[:3])
        if mark is not None:
            here = mark
        elif here in ("", side):
            kept.append(line)
    return b"".join(kept)


def test_one_request_recorded_again_on_both_sides_is_a_conflict() -> None:
    mine, yours = one("b", "mine"), one("b", "yours")
    result = merged(file(A, B, C), file(A, mine, C), file(A, yours, C, D))
    (problem,) = result.conflicts
    assert problem == (
        "both sides recorded POST https://api.example.com/v1/chat/completions (match_key "
        f"{B.request.match_key}) again, differently"
    )
    refused(result)
    assert resolved(result, "ours") == file(A, mine, C, D)
    assert resolved(result, "theirs") == file(A, yours, C, D)


def test_one_request_recorded_first_on_both_sides_is_a_conflict() -> None:
    result = merged(file(A), file(A, one("b", "mine")), file(A, one("b", "yours")))
    assert len(result.conflicts) == 1
    refused(result)
    assert resolved(result, "ours") == file(A, one("b", "mine"))


@pytest.mark.parametrize("swapped", [False, True])
def test_a_recording_removed_on_one_side_and_changed_on_the_other_is_a_conflict(
    swapped: bool,
) -> None:
    sides = [file(A), file(A, one("b", "new"))]
    result = merged(file(A, B), *(reversed(sides) if swapped else sides))
    (problem,) = result.conflicts
    assert problem.startswith("their side removed" if swapped else "our side removed")
    refused(result)
    assert resolved(result, "theirs" if swapped else "ours") == file(A)
    assert resolved(result, "ours" if swapped else "theirs") == file(A, one("b", "new"))


@pytest.mark.parametrize(
    "broken", [b"- no cassette", b"<<<<<<< HEAD\n", b"\xff", b"version: 3\n", file(A)[:-4], b""]
)
def test_a_side_that_cannot_be_read_is_a_conflict_of_the_whole_file(broken: bytes) -> None:
    for sides in ((file(A), broken, file(A, B)), (file(A), file(A, B), broken)):
        result = merged(*sides)
        assert result.conflicts[0].startswith("our side" if sides[1] == broken else "their side")
        refused(result, "yaml.encoding" if broken == b"\xff" else "yaml.merge-conflict")
        assert file(A, B) in result.data


# --- any three files ----------------------------------------------------------------------------

RECORDINGS = st.lists(st.builds(one, st.sampled_from("abc"), st.sampled_from("12")), max_size=5)


@given(RECORDINGS, RECORDINGS, RECORDINGS)
def test_no_recording_is_lost_or_made_up(
    base: list[Interaction], ours: list[Interaction], theirs: list[Interaction]
) -> None:
    result = merged(file(*base), file(*ours), file(*theirs))
    text = result.data.decode()
    known = [set(map(str, each)) for each in (base, ours, theirs)]
    if result.conflicts:
        refused(result)
        assert answers(resolved(result, "ours")) is not None
        assert answers(resolved(result, "theirs")) is not None
        return
    found = set(map(str, load(text.encode(), "").interactions))
    assert found <= known[1] | known[2]
    assert known[1] & known[2] <= found
    assert known[1] - known[0] <= found
    assert known[2] - known[0] <= found


@given(RECORDINGS, RECORDINGS)
def test_a_side_that_changed_nothing_gives_the_other_side(
    base: list[Interaction], other: list[Interaction]
) -> None:
    assert merged(file(*base), file(*base), file(*other)) == Merged(file(*other))
    assert merged(file(*base), file(*other), file(*base)) == Merged(file(*other))
    assert merged(file(*base), file(*other), file(*other)) == Merged(file(*other))
