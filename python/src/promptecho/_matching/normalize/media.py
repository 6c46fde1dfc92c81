"""Inline media become `{type, media_type, sha256}` of the decoded bytes. [NORM-9]

URLs and file ids stay; so does what claims to be base64 and is not.
"""

from __future__ import annotations

import binascii
import hashlib
from typing import Callable

from ..._base.model import JSON
from .members import Members
from .trace import derived

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_OWN = frozenset(("type", "media_type", "sha256"))
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")


def sha256_of(data: JSON) -> str | None:
    """SHA-256 (hex) of what a base64 string holds; None if it is not base64.

    Both alphabets of RFC 4648 are read, padding may be absent, CR and LF are skipped: google-genai
    sends the URL-safe one, Ruby's ``encode64`` breaks lines.
    """
    if not isinstance(data, str) or not data or not data.isascii():
        return None
    text = data.encode("ascii")
    rest = text.translate(None, _ALPHABET)
    if rest.strip(b"="):
        text = text.translate(_TO_STANDARD, b"\r\n")
    bare = text.rstrip(b"=")
    if not bare or len(text) - len(bare) > 2 or len(bare) % 4 == 1:
        return None
    if rest and bare.translate(None, _ALPHABET):
        return None
    decoded = binascii.a2b_base64(bare + b"=" * (-len(bare) % 4))
    return derived(hashlib.sha256(decoded).hexdigest(), data)


def data_url(url: JSON) -> tuple[str | None, str] | None:
    """Media type (None if not said) and base64 text of a ``data:`` URL; None if it is not one."""
    if not isinstance(url, str) or not url.startswith("data:"):
        return None
    head, comma, data = url.partition(",")
    if not comma or not head.endswith(";base64"):
        return None
    media_type = derived(head[5:-7], url) if len(head) > 12 else None
    return media_type, derived(data, url)


def inline(kind: str, media_type: JSON, data: JSON, rest: Members) -> Members | None:
    """The canonical block; None if the data is not base64 or `rest` has a member of its names."""
    if not _OWN.isdisjoint(rest):
        return None
    if not (media_type is None or isinstance(media_type, str)):
        return None
    digest = sha256_of(data)
    if digest is None:
        return None
    block: Members = {"type": kind}
    if media_type is not None:
        block["media_type"] = media_type
    block["sha256"] = digest
    block.update(rest)
    return block


def media(block: Members) -> Members:
    """The block with its inline data, if it has any, replaced by what identifies it."""
    kind = block.get("type")
    place = _PLACES.get(kind) if isinstance(kind, str) else None
    return block if place is None else derived(place(block) or block, block)


def image_names(images: JSON) -> JSON:
    """Ollama's `images`: base64 strings without a media type."""
    if not isinstance(images, list):
        return images
    return [inline("image", None, image, {}) or image for image in images]


def _source(block: Members) -> Members | None:
    """Anthropic: `{type: image, source: {type: base64, media_type, data}}`."""
    source = block.get("source")
    if not isinstance(source, dict) or source.get("type") != "base64":
        return None
    if not source.keys() <= {"type", "media_type", "data"}:
        return None
    return inline(
        block["type"], source.get("media_type"), source.get("data"), _but(block, "type", "source")
    )


def _url_under(member: str, kind: str) -> Callable[[Members], Members | None]:
    """`{type: image_url, image_url: {url, detail}}`, or the URL itself under that member."""

    def place(block: Members) -> Members | None:
        value = block.get(member)
        inner = value if isinstance(value, dict) else {"url": value}
        found = data_url(inner.get("url"))
        return None if found is None else _hoisted(kind, found, block, member, inner, "url")

    return place


def _input_audio(block: Members) -> Members | None:
    """OpenAI: `{data, format}`; Mistral: the data itself."""
    value = block.get("input_audio")
    if not isinstance(value, dict):
        return inline("audio", None, value, _but(block, "type", "input_audio"))
    sound = value.get("format")
    if not isinstance(sound, str):
        return None
    media_type = derived("audio/" + sound, sound)
    found = (media_type, value.get("data"))
    return _hoisted("audio", found, block, "input_audio", value, "data", "format")


def _file(block: Members) -> Members | None:
    """OpenAI chat: `{type: file, file: {file_data, filename}}`."""
    value = block.get("file")
    if not isinstance(value, dict):
        return None
    return _hoisted("document", _file_data(value), block, "file", value, "file_data")


def _input_file(block: Members) -> Members | None:
    """OpenAI Responses: `{type: input_file, file_data, filename}`."""
    media_type, data = _file_data(block)
    return inline("document", media_type, data, _but(block, "type", "file_data"))


def _file_data(members: Members) -> tuple[JSON, JSON]:
    data = members.get("file_data")
    return data_url(data) or (None, data)


def _hoisted(
    kind: str, found: tuple[JSON, JSON], block: Members, member: str, inner: Members, *used: str
) -> Members | None:
    outer = _but(block, "type", member)
    extra = _but(inner, *used)
    if not outer.keys().isdisjoint(extra):
        return None
    return inline(kind, found[0], found[1], {**outer, **extra})


def _but(members: Members, *names: str) -> Members:
    return {k: v for k, v in members.items() if k not in names}


_PLACES: dict[str, Callable[[Members], Members | None]] = {
    "image": _source,
    "document": _source,
    "image_url": _url_under("image_url", "image"),
    "input_image": _url_under("image_url", "image"),
    "audio_url": _url_under("audio_url", "audio"),
    "video_url": _url_under("video_url", "video"),
    "document_url": _url_under("document_url", "document"),
    "input_audio": _input_audio,
    "file": _file,
    "input_file": _input_file,
}
