"""Explorable blocks: what a paper adds to its page of the report, beside a static figure.

A paper that has them puts a function into ``papers/<key>/explorables.py``::

    def blocks(tables: Mapping[str, pandas.DataFrame]) -> list[Block]: ...

It gets the tables that figures of the paper read, by name, each read when it is asked for. A page
with blocks loads every script and stylesheet of ``reprise/report/site``, the library of charts, and
nothing else: scripts, styles and handlers written into ``html`` do not run. ``explorable.markup``
makes ``html`` from charts; other numbers for a script go into ``<script type="application/json">``.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """Something to try, shown in the section "Try it" of its figure."""

    figure: str
    """Name of the figure that it stands beside."""
    title: str
    caption: str
    html: str
    """Put on the page as it is: the paper escapes what is not markup."""
