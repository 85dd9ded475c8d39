"""Who holds the machine's clocks by reference: default arguments, attributes, closures, partials and the like."""

from __future__ import annotations

import gc
import sys
import weakref
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.clock.places import Places
from pytest_oauthcc.clock.reading import top_factory
from pytest_oauthcc.clock.slots import slots_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_oauthcc.clock.searching import Found
    from pytest_oauthcc.clock.slots import Slot

__all__ = ["Holders", "look"]


class Holders:
    """
    All that hold one of some functions.

    A search goes through everything that is alive, which takes time. So books are kept: of all modules that hold a
    function by name, and of all others that hold one in any way, where they live and what they hold now. As long as
    there are as many references to the functions as these explain, nobody is new. When there are more, or fewer,
    modules that came or changed are looked at, and if these don't explain it everything is searched. So a search finds
    whoever is new, whoever else has gone meanwhile, and suites in which nobody comes or goes don't pay for it.

    What can be seen, but not remembered without keeping it alive (an object with ``__slots__``, a dict within a dict,
    a tuple with more in it than such functions and constants), is searched for each time, as long as it lives. What
    can't be seen is the local variable of a running function, and what C code holds without telling the garbage
    collector; these are taken for granted. So is, as long as they live, what those hold that can't be changed (a
    generator, a deque) or are left alone.

    So somebody new is missed in three cases: where between the same two looks such a local variable goes that had been
    there at the last search and at each look since; where between them one of those that live on gives up what it held;
    and where he takes all bystanders as well, as freezegun does.

    Holders in tuples, in the local variables of running functions and generators, and in C or Rust code are out of
    reach, and those of the modules that keep the real time are left alone.

    Args:
        wanted: The functions.
        bystanders: Other functions of the module time, such as nobody holds together: what freezegun keeps of each
            freeze that was ever started refers to all of them, which is no news.
        places: Where modules hold them by name, among other things; to be kept up to date with those.
    """

    def __init__(
        self,
        wanted: Sequence[Callable[[], Any]],
        bystanders: Sequence[Callable[..., Any]],
        places: Places | None = None,
    ) -> None:
        # All are held in the same places, so that what holds them here cancels out.
        self._functions = (*wanted, *bystanders)
        self._ids = tuple(map(id, self._functions))
        self._count = len(wanted)
        self.places = places or Places(self._functions)
        self._known: list[Callable[[], Any]] = []  # references that keep nobody alive, to those that can be changed
        self._others: list[tuple[Callable[[], Any], list[int]]] = []  # such references, and the ids of what is held
        self._expected: list[int] = []
        self.is_anything_unseen = False
        self._is_replaced = False
        _all.append(self)

    def find(self) -> list[Slot]:
        """Find out where the functions are held; to be called while nothing is replaced by anybody."""
        slots = self._slots()
        references = self._unexplained(slots)
        if references == self._expected and not self.places.is_out_of_date():
            return slots
        self.places.look()
        references = self._unexplained(slots)
        if self._surplus(references) != self._surplus(self._expected):
            return self._search()
        self._expected = references
        return slots

    def replace(self, slots: list[Slot], stand_ins: dict[int, Any]) -> Callable[[], None]:
        """
        Put a stand-in wherever a function is held.

        Args:
            slots: Where that is.
            stand_ins: What to put there, by the id of the function.

        Returns:
            What puts the functions back where the stand-ins still are.
        """
        self._is_replaced = True
        replaced: list[tuple[Slot, Any]] = []
        for slot in slots:
            real = slot.get()
            # One that was found in two ways is filled by now.
            if id(real) in stand_ins and _is_put(slot, stand_ins[id(real)]):
                replaced.append((slot, real))

        def put_back() -> None:
            for slot, real in replaced:
                if slot.get() is stand_ins[id(real)]:
                    slot.put(real)
            replaced.clear()
            self._is_replaced = False

        return put_back

    def look(self) -> None:
        """See whether a local variable has gone that was taken for granted."""
        if not self._is_replaced:
            before, now = self._surplus(self._expected), self._surplus(self._unexplained(self._slots()))
            for index, fewer in enumerate(map(int.__sub__, before, now)):
                self._expected[index] -= max(0, fewer)

    def _slots(self) -> list[Slot]:
        holders = [holder for reference in self._known if (holder := reference()) is not None]
        return [slot for holder in holders for slot in slots_of(holder, self._ids)]

    def _held(self, slots: list[Slot]) -> list[int]:
        """Count what is in the books now, for each function."""
        held = [id(names.get(name)) for names, name in self.places.spots(self._ids)]
        if len(slots) > 1:
            slots = list({slot.place: slot for slot in slots}.values())
        held += [id(slot.get()) for slot in slots]
        for reference, ids in self._others:
            if reference() is not None:
                held += ids
        return list(map(held.count, self._ids))

    def _unexplained(self, slots: list[Slot]) -> list[int]:
        """Count the references to each function that are not in the books."""
        return list(map(int.__sub__, map(sys.getrefcount, self._functions), self._held(slots)))

    def _surplus(self, references: list[int]) -> list[int]:
        """Give by how much each wanted function exceeds the bystanders."""
        no_news = min(references[self._count :], default=0)
        return [number - no_news for number in references[: self._count]]

    def _search(self) -> list[Slot]:
        # Not before it is needed: most suites move no clock.
        from pytest_oauthcc.clock.searching import search

        self._known, self._others = [], []  # what these keep would seem to be ours
        haul = search(self._functions)
        self.places.look_at(haul.modules)
        short_lived = self._remember(haul.found)
        slots = self._slots()
        # Those that were seen, but are not in the books, are to be searched for again.
        seen = [haul.references[identity] for identity in self._ids]
        homeless = [max(0, number) for number in map(int.__sub__, seen, self._held(slots))]
        del haul
        references = self._unexplained(slots)
        self._expected = list(map(int.__sub__, references, homeless))
        if self._surplus(references) == self._surplus(self._expected):
            self._expected = references
        self.is_anything_unseen = any(self._surplus(self._expected))
        return slots + [slot for holder in short_lived for slot in slots_of(holder, self._ids)]

    def _remember(self, found: list[Found]) -> list[Any]:
        """Put into the books whom they can hold, and give those whom they can't, but who can be changed."""
        known: dict[int, Callable[[], Any]] = {}
        others: list[tuple[Callable[[], Any], list[int]]] = []
        short_lived: list[Any] = []
        for holder, place, is_lasting, is_ours_to_change in found:
            may_be_changed = is_ours_to_change and any(True for _ in slots_of(holder, self._ids))
            try:
                reference: Callable[[], Any] = _Lasting(holder) if is_lasting else weakref.ref(holder)
            except TypeError:
                short_lived += [holder] * may_be_changed
                continue
            if may_be_changed:
                known[id(holder)] = reference
            else:
                others.append((reference, [id(thing) for thing in gc.get_referents(place) if id(thing) in self._ids]))
        self._known, self._others = list(known.values()), others
        return short_lived


def _is_put(slot: Slot, thing: Any) -> bool:
    try:
        slot.put(thing)
    except Exception:  # noqa: BLE001 - some don't let themselves be changed, and say so in their own way
        return False
    return True


_all: list[Holders] = []


def look() -> None:
    """See whether a local variable has gone that was taken for granted by one of those that were ever made."""
    unsure = [holders for holders in _all if holders.is_anything_unseen]
    if unsure and top_factory() is None:  # under a freeze, names hold something else
        for holders in unsure:
            holders.look()


class _Lasting:
    """Looks like a weak reference, to what lasts anyway."""

    def __init__(self, holder: Any) -> None:
        self._holder = holder

    def __call__(self) -> Any:
        return self._holder
