"""What somebody hears who asks for a figure that is not there."""

from __future__ import annotations

import pytest

from tonghop.publication.lineage import NotTraceable, trace


@pytest.mark.database
def test_before_the_first_publication_it_says_so(warehouse: None) -> None:
    with pytest.raises(NotTraceable, match="Nothing is published yet"):
        trace("P", "VISITS", "2022-01")
