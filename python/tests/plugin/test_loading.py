"""How a run of pytest loads the modules of promptecho."""

from __future__ import annotations

import sys

from support.pytest_project import Project

# pytest marks the package of each plugin like this. The name comes before the plugin is loaded.
MARKS = "import pytest\npytest.register_assert_rewrite('promptecho')\n"


def test_pytest_rewrites_no_module_except_those_before_the_finder(project: Project) -> None:
    project.file("early.py", MARKS)
    project.file(
        "test_mod.py",
        "import sys\n"
        "def test_bar(promptecho_cassette):\n"
        "    ask('cat')\n"
        "    ours = [each for each in sys.modules if each.startswith('promptecho')]\n"
        "    loaders = {each: type(sys.modules[each].__loader__).__name__ for each in ours}\n"
        "    rewritten = {each for each in ours if loaders[each] == 'AssertionRewritingHook'}\n"
        "    first = {'promptecho', 'promptecho._base', 'promptecho._base.loaded_once'}\n"
        "    assert rewritten == first | {'promptecho._version'}\n"
        "    assert len(ours) > 50\n",
    )
    project.run_apart("-p", "early", passed=1)


def test_a_purge_in_a_test_leaves_each_class_as_it_was(project: Project) -> None:
    project.file("early.py", MARKS)
    project.file(
        "test_mod.py",
        "import sys\n"
        "def test_bar(promptecho_cassette):\n"
        "    ask('cat')\n"
        "    kinds = promptecho.Interaction, promptecho.CassetteMiss\n"
        "    for each in [each for each in sys.modules if each.startswith('promptecho')]:\n"
        "        del sys.modules[each]\n"
        "    import promptecho as again\n"
        "    assert (again.Interaction, again.CassetteMiss) == kinds\n",
    )
    project.run_apart("-p", "early", passed=1)


def test_a_package_that_is_imported_before_pytest_is_no_warning(project: Project) -> None:
    project.file("test_mod.py", "def test_bar(promptecho_cassette): ask('cat')\n")
    program = "import sys, promptecho, pytest; sys.exit(pytest.main(['-W', 'error']))"
    done = project.pytester.run(sys.executable, "-c", program)
    done.assert_outcomes(passed=1)
