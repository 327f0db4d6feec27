"""Who speaks: agents by their names, customers by none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from knowledge.net.errors import Denied, Missing
from knowledge.reading.plain import one_line
from knowledge.sources._services.refusals import whole
from knowledge.sources.zendesk.service import Service, entries

AT_ONCE = 100  # people in one question, the most that Zendesk takes
NOBODY, CUSTOMER = "Comment", "Customer"


@dataclass
class People:
    """Those who were asked for, by id. Raises `NetError`."""

    service: Service
    known: dict[int, str] = field(default_factory=dict)

    def learn(self, ids: Iterable[int]) -> None:
        """Ask who these are. A login that may not know leaves them without names."""
        asked = sorted({id for id in ids if id > 0} - self.known.keys())
        for at in range(0, len(asked) if self.service.site.token else 0, AT_ONCE):
            some = asked[at : at + AT_ONCE]
            self.known |= dict.fromkeys(some, NOBODY) | self.told(some)

    def told(self, ids: list[int]) -> dict[int, str]:
        """What Zendesk tells of some; those who are gone are left out."""
        path = "/users/show_many.json"
        try:
            answer = self.service.get(path, {"ids": ",".join(map(str, ids))})
        except (Denied, Missing) as error:
            if whole(error):
                raise
            return {}
        every = entries(answer, "users")
        return {one["id"]: called(one) for one in every if one.get("id") in ids}

    def called(self, id: int) -> str:
        """What a person is called here."""
        return self.known.get(id, NOBODY)


def called(user: object) -> str:
    """An agent by name. Who asked is a customer: a name would help no reader."""
    told = user if isinstance(user, dict) else {}
    if told.get("role") not in ("agent", "admin"):
        return CUSTOMER
    return one_line(str(told.get("name") or "")) or NOBODY
