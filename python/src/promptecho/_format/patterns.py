"""What the strings of a file look like (spec section "The file")."""

from __future__ import annotations

import re

#: A key, or the checksum of a body. [FILE-10] [BODY-14]
KEY = re.compile(r"[0-9a-f]{16}\Z")
#: [FILE-8]
METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Z-]+\Z")
#: [FILE-9]
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\x00-\x20\x7f#/?@]*([/?][^\x00-\x20\x7f#]*)?\Z")
#: [FILE-7]
TIME = re.compile(
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]{1,9})?Z\Z"
)
A_TIME = "a time such as 2026-01-31T12:00:00Z"
