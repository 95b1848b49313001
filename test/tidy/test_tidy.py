# SPDX-License-Identifier: Apache-2.0
"""The rules of the house, over every file git tracks; a broken one names file, line and cure."""

import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHOWN_MAX = 40
COLUMNS_MAX = 100
LINES_MAX, TEST_LINES_MAX = 800, 1200
CPP = {".cc", ".h"}
WIDE_CHECKED = CPP | {".py", ".sh"}
WITH_SPDX = WIDE_CHECKED | {".cmake", ".js", ".mjs", ".ts", ".go", ".java", ".yml", ".toml"}
TABS_ALLOWED = {".go", ".mod", ".sum"}

# (what is banned, where it is allowed, what to use); only product code in src/ is checked.
WORLDS = ("src/host/", "src/sim/", "src/main/")
BANNED = [
    (r"\bstd::chrono::\w+_clock::now\b", WORLDS, "env::Clock"),
    (r"\bstd::j?thread\b", WORLDS, "env::Executor"),
    (r"\bstd::(\w+_)?mutex\b", (*WORLDS, "src/base/queue"), "one owner per datum"),
    (r"(?<![\w>])::open(at)?\(", WORLDS, "env::Disk"),
    (r"(?<![\w>])::socket\(", WORLDS, "env::Network"),
    (r"(?<![\w:])(std::|::)?s?rand(_r)?\(|\bstd::random_device\b", WORLDS, "env::Random"),
    (r"\bdynamic_cast\b", (), "a virtual function or a variant"),
    (r"#include <iostream>", (), "std::format, or spdlog in main"),
]
REGISTRIES = (
    r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|\bregistry\.[a-z-]+\.[a-z]|repo\d?\.maven"
    r"|proxy\.golang\.org|sum\.golang\.org|crates\.io|deb\.debian\.org"
)
EMAIL = r"(?<![\w/])[\w.+-]+@[\w-]+(\.[\w-]+)*\.[a-z]{2,}\b"
EMAIL_FINE = r"noreply|no-reply|@([\w-]+\.)*(example|test|invalid)(\.|$)|^git@"


@dataclass
class File:
    """A tracked text file."""

    path: str

    @cached_property
    def text(self):
        try:
            return (ROOT / self.path).read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            return ""  # binary

    @cached_property
    def lines(self):
        return self.text.split("\n")

    @property
    def suffix(self):
        return Path(self.path).suffix

    @property
    def is_script(self):
        return self.text.startswith("#!")

    @property
    def is_test(self):
        return self.path.startswith("test/") or bool(re.search(r"_(test|fuzz)\.\w+$", self.path))


def kept():
    """What is in the repository or about to be."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )
    paths = [path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]
    return [File(path) for path in paths if not path.startswith("test/fuzz/corpus/")]


FILES = kept()


def hold(broken):
    """Fails with the list of broken places."""
    broken = list(broken)
    more = [f"... and {len(broken) - SHOWN_MAX} more"] if len(broken) > SHOWN_MAX else []
    if broken:
        pytest.fail("\n".join([*broken[:SHOWN_MAX], *more]), pytrace=False)


def places(files, pattern, message, keep=lambda match: True):
    """Every line of the files that holds the pattern."""
    expression = re.compile(pattern, re.MULTILINE)
    for file in files:
        if not expression.search(file.text):
            continue
        for number, line in enumerate(file.lines, 1):
            if any(keep(match) for match in expression.finditer(line)):
                yield f"{file.path}:{number}: {message}"


def code(file):
    """The file with its comments and string literals blanked, line by line."""
    blanked = re.sub(
        r'//[^\n]*|/\*.*?\*/|"(\\.|[^"\\\n])*"',
        lambda match: re.sub(r"[^\n]", " ", match.group()), file.text, flags=re.DOTALL,
    )
    copy = File(file.path)
    copy.text = blanked
    return copy


def test_every_source_file_starts_with_its_licence():
    hold(
        f"{file.path}: no SPDX-License-Identifier in the first two lines"
        for file in FILES
        if file.suffix in WITH_SPDX or file.is_script or file.path.endswith("CMakeLists.txt")
        if "SPDX-License-Identifier: Apache-2.0" not in "\n".join(file.lines[:2])
    )


def test_lines_fit_the_screen():
    hold(
        f"{file.path}:{number}: {len(line)} columns, at most {COLUMNS_MAX}"
        for file in FILES
        if file.suffix in WIDE_CHECKED or file.is_script
        for number, line in enumerate(file.lines, 1)
        if len(line) > COLUMNS_MAX
    )


def test_files_can_be_read_whole():
    def limit(file):
        return TEST_LINES_MAX if file.is_test else LINES_MAX

    hold(
        f"{file.path}: {len(file.lines)} lines, at most {limit(file)}"
        for file in FILES
        if file.suffix in WITH_SPDX and len(file.lines) > limit(file)
    )


@pytest.mark.parametrize("pattern, allowed, cure", BANNED, ids=[cure for _, _, cure in BANNED])
def test_banned(pattern, allowed, cure):
    files = [
        code(file) if "include" not in pattern else file
        for file in FILES
        if file.suffix in CPP and file.path.startswith("src/") and not file.is_test
        if not file.path.startswith(tuple(allowed))
    ]
    hold(places(files, pattern, f"banned here; use {cure}"))


def test_what_is_left_to_do_names_its_issue():
    marker = "TO" + "DO"
    hold(places(FILES, rf"\b{marker}\b(?!\(#\d+\))", f"write {marker}(#issue)"))
    hold(places(FILES, r"\b(FIX" + r"ME|XX" + r"X)\b", f"write {marker}(#issue)"))


def test_no_package_registry_is_named():
    hold(places(FILES, REGISTRIES, "names the host of a package registry"))


def test_no_merge_markers():
    hold(places(FILES, r"^(<{7}|>{7}|\|{7})( |$)", "a merge marker"))


def test_no_tabs():
    files = [file for file in FILES if file.suffix not in TABS_ALLOWED]
    hold(places(files, r"\t", "a tab"))


def test_no_trailing_whitespace():
    hold(places(FILES, r"[ \r]+$", "white space at the end of the line"))
    hold(
        f"{file.path}: no newline at the end, or more than one"
        for file in FILES
        if file.text and (file.text[-1] != "\n" or file.text.endswith("\n\n"))
    )


def test_files_named_in_documents_exist():
    folders = r"\b(?:src|test|bench|docs|cmake|examples)"
    named = re.compile(folders + r"/[\w./-]*\w\.(?:cc|h|py|md|json|txt)\b")
    hold(
        f"{file.path}:{number}: there is no {path}"
        for file in FILES
        if file.suffix == ".md"
        for number, line in enumerate(file.lines, 1)
        for path in named.findall(line)
        if not (ROOT / path).exists() and not (ROOT / file.path).parent.joinpath(path).exists()
    )


def test_no_addresses_of_people():
    hold(places(FILES, EMAIL, "an e-mail address", lambda m: not re.search(EMAIL_FINE, m.group())))


def test_formatted():
    sources = [file.path for file in FILES if file.suffix in CPP]
    checked = subprocess.run(
        ["clang-format-19", "--dry-run", "--ferror-limit=1", *sources],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )
    wrong = re.findall(r"^(\S+?):(\d+):", checked.stderr, re.MULTILINE)
    first = {}
    for path, line in wrong:
        first.setdefault(path, line)
    hold(f"{path}:{line}: run ./dev format" for path, line in first.items())
    assert checked.returncode == 0, checked.stderr
