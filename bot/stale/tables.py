"""The table of pages that answers rely on, as they were looked at last."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from bot.tables import Key, Table


class ReliedPageRow(Table):
    """A page that answers rely on: which version of it was compared with which of them."""

    __tablename__ = "relied_page"

    source: Mapped[str] = mapped_column(Key, primary_key=True)
    page: Mapped[str] = mapped_column(Key, primary_key=True)  # its key
    fingerprint: Mapped[str]  # empty: it was gone
    upto: Mapped[int]  # the newest interaction that was compared
