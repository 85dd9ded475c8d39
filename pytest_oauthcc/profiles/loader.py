"""Finding profile files, reading them, and telling what is wrong with one."""

from __future__ import annotations

import difflib
import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.errors import ProfileError
from pytest_oauthcc.profiles import places
from pytest_oauthcc.profiles.building import build
from pytest_oauthcc.profiles.checking import Mistake, check
from pytest_oauthcc.profiles.merging import merge_chain

if TYPE_CHECKING:
    from pytest_oauthcc.profiles.profile import Profile

__all__ = ["load_profile", "profile_names"]

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class _File:
    """One file of a profile: how messages call it, and what is in it."""

    name: str
    shown: str
    path: Path
    data: Mapping[str, Any]
    text: str


class _Unreadable(Exception):
    """A file that can't be read; the argument is the whole message."""


def profile_names() -> list[str]:
    """Return the names of the profiles that come with pytest-oauthcc, in order."""
    return sorted(path.stem for path in _HERE.glob("*.toml"))


def load_profile(name_or_path: str, *, relative_to: Path | None = None) -> Profile:
    """
    Load a profile and check all of it.

    Args:
        name_or_path: The name of a profile that comes with pytest-oauthcc, or the path of a ``.toml`` file.
        relative_to: The directory that a relative path starts at; the current directory is tried next.

    Returns:
        The profile.

    Raises:
        ProfileError: There is no such profile, or it has mistakes; the message tells all of them.
    """
    __tracebackhide__ = True
    try:
        path = _find(name_or_path, [relative_to or Path.cwd(), Path.cwd()])
        stat = path.stat()
        return _load(path, stat.st_mtime_ns, stat.st_size)
    except _Unreadable as error:
        message = str(error)
    raise ProfileError(message)


@functools.lru_cache(maxsize=64)
def _load(path: Path, _modified: int, _size: int) -> Profile:
    files = _read_chain(path)
    checked = check(merge_chain([file.data for file in files]))
    if checked.mistakes:
        raise _Unreadable(_tell(files, checked.mistakes))
    return build(files[0].name, checked, path=path, extends=[file.name for file in files[1:]])


# --- finding


def _is_path(name: str) -> bool:
    return name.endswith(".toml") or "/" in name or "\\" in name


def _find(name: str, directories: Sequence[Path]) -> Path:
    if not _is_path(name):
        return _find_built_in(name)
    tried = list(dict.fromkeys(directory / name for directory in directories))
    for path in tried:
        if path.is_file():
            return path.resolve()
    raise _Unreadable(f"there is no profile file {name!r}; looked for {' and '.join(map(str, tried))}")


def _find_built_in(name: str) -> Path:
    names = profile_names()
    if name in names:
        return _HERE / f"{name}.toml"
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    if Path(f"{name}.toml").is_file():
        hint = f"; a file is named with its ending: '{name}.toml'"
    raise _Unreadable(f"unknown profile {name!r}{hint}\n    valid: {', '.join(names)}, or the path of a .toml file")


# --- reading


def _read_chain(path: Path) -> list[_File]:
    """Read a file and, after it, those that it is derived from."""
    files = [_read(path)]
    while isinstance(parent := files[-1].data.get("extends"), str):
        child = files[-1]
        place = f"{child.shown}{_at(child, ('extends',))}"
        try:
            found = _find(parent, [child.path.parent])
            if found in [file.path for file in files]:
                way = " -> ".join([*(file.name for file in files), found.stem])
                raise _Unreadable(f"profiles derive from each other in a circle: {way}")  # noqa: TRY301
            files.append(_read(found))
        except _Unreadable as error:
            raise _Unreadable(f"{place}: extends = {parent!r}: {error}") from None
    return files


def _read(path: Path) -> _File:
    shown = _show_file(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _Unreadable(f"{shown}: not UTF-8 (byte {error.start}); a TOML file has to be") from None
    except OSError as error:
        raise _Unreadable(f"{shown}: can't be read: {error.strerror}") from None
    try:
        return _File(path.stem, shown, path, tomllib.loads(text), text)
    except tomllib.TOMLDecodeError as error:
        raise _Unreadable(f"{shown}: not TOML: {error}") from None


def _show_file(path: Path) -> str:
    if path.parent == _HERE:
        return f"pytest_oauthcc/profiles/{path.name}"
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


# --- telling


def _tell(files: Sequence[_File], mistakes: Sequence[Mistake]) -> str:
    count = len(mistakes)
    head = f"profile {files[0].shown} has {count} mistake{'s' if count > 1 else ''}"
    return "\n".join([head, *(_tell_one(files, mistake) for mistake in mistakes)])


def _tell_one(files: Sequence[_File], mistake: Mistake) -> str:
    file = next(file for file in files if _holds(file.data, mistake.path))
    place = f"{file.shown}{_at(file, mistake.path)}"
    told = f"  {place}: {places.show_path(mistake.path)}: {mistake.problem}"
    return f"{told}\n      allowed: {mistake.allowed}" if mistake.allowed else told


def _at(file: _File, path: places.Path) -> str:
    return f":{places.find_line(path, places.locate(file.text))}"


def _holds(data: Any, path: places.Path) -> bool:
    for part in path:
        if isinstance(data, Mapping) and part not in data:
            return False
        data = data[part]
    return True
