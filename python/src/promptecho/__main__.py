"""``python -m promptecho``."""

from __future__ import annotations

from promptecho._cli import main

if __name__ == "__main__":
    raise SystemExit(main())
