"""The next step for each code of a file that cannot be read. [ERR-1]"""

from __future__ import annotations

#: A code of the specification, and what to do; one step for one fault.
REMEDIES = {
    "yaml.syntax": "Correct the YAML of this line, or restore the file from version control.",
    "yaml.encoding": "Save the file as UTF-8, or restore it from version control.",
    "yaml.merge-conflict": (
        "Take one side as a whole, with git checkout --ours or --theirs. Then record what is "
        "missing with mode='new_episodes'."
    ),
    "yaml.directive": "Delete the line that begins with %.",
    "yaml.tag": "Delete the tag: a cassette has no tags. Put quotes around a string.",
    "yaml.anchor": "Write the value in full: a cassette has no anchors and no aliases.",
    "yaml.merge-key": "Write the members in full: a cassette has no merge keys.",
    "yaml.duplicate-key": "Delete one of the two members.",
    "yaml.key": "Put quotes around the name.",
    "yaml.depth": "Record the call again, or store the body as a string.",
    "yaml.ambiguous-scalar": "Put quotes around it if it is a string, or write it as JSON does.",
    "yaml.multiple-documents": "Delete the second document: a file is one cassette.",
    "yaml.empty": "Delete the file, then record again.",
    "cassette.foreign": (
        "Run `promptecho import` on it, which makes a cassette of it. Without that it is replayed "
        "only, with mode='none' or mode='once'."
    ),
    "cassette.empty": "Delete the file, then record again: an empty file is not an absent one.",
    "cassette.truncated": "Restore it from version control, or delete it and record again.",
    "cassette.not-a-mapping": "Use another path for this cassette, or delete the file.",
    "cassette.version": "Use a version of promptecho that reads this format.",
    "cassette.minor": "Update promptecho: a newer version wrote this file.",
    "cassette.unknown-member": "Correct the name, or delete the member.",
    "cassette.missing-member": "Restore the member from version control, or record the call again.",
    "cassette.type": "Write a value of this type, or record the call again.",
    "cassette.value": "Write such a value, or record the call again.",
    "cassette.key": "Restore the key from version control, or record the call again.",
    "cassette.base64": "Restore the text from version control, or record the call again.",
    "cassette.body-form": "Keep the members of one form of body, and delete the others.",
}


def remedy(code: str) -> str:
    """The step to take for a fault of a file."""
    return REMEDIES[code]
