"""The ini option ``promptecho_vcr_aliases``: it registers the plugin with pytest-recording's names.

The names are options of the command line too, so they are registered before pytest parses it.
"""

from __future__ import annotations

import pytest

from ..settings import VCR_ALIASES as INI

NAME = "promptecho-vcr-aliases"

#: The modules of plugins that own the same names, and the packages that they come from.
_OWNERS = {
    "pytest_recording.plugin": "pytest-recording",
    "pytest_vcr": "pytest-vcr",
    "cassetter.pytest_plugin": "cassetter",
}
_OPTION = "--record-mode"


def turn_on(manager: pytest.PytestPluginManager) -> None:
    """Register the plugin.

    Raises:
        pytest.UsageError: another plugin owns its names.
    """
    for plugin in manager.get_plugins():
        package = _OWNERS.get(getattr(plugin, "__name__", ""))
        if package is not None:
            raise pytest.UsageError(
                f"{INI} is on, and {package} is installed too: both own the marker vcr and "
                f"{_OPTION}. Remove {package} (pip uninstall {package}), or remove {INI} from the "
                "ini file."
            )
    from . import hooks, plugin

    manager.add_hookspecs(hooks)
    manager.register(plugin, NAME)


def check(manager: pytest.PytestPluginManager) -> None:
    """See that the plugin is there.

    Raises:
        pytest.UsageError: promptecho was loaded after the command line was parsed.
    """
    if not manager.has_plugin(NAME):
        raise pytest.UsageError(
            f"{INI} is on, and a conftest.py loaded promptecho: that is too late for the option "
            f"{_OPTION}. Load it with -p promptecho.pytest_plugin, or let pytest load it by itself."
        )
