"""A test's second try begins with nothing of its first."""

from __future__ import annotations

import pytest


def begin_anew(item: pytest.Item, *names: str) -> None:
    """End what a failed first try may have left: fixtures of its module, and those called `names`.

    Otherwise a test that has trained a run of some name, or moved a slider of a shared server,
    fails at its second try because of its first. pytest has no public way to say so.
    """
    if getattr(item, "execution_count", 1) < 2:  # counted by pytest-rerunfailures
        return
    item.session._setupstate.teardown_exact(item.session)
    for name in names:
        for fixture in item.session._fixturemanager.getfixturedefs(name, item) or ():
            fixture.finish(item._request)
