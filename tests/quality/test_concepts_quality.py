"""The stand-in for a dual encoder on photographs of ImageNet classes: each asked for by its class's name.

Names are what the tagger was trained on, so this is the easiest text there is; what people ask in their own words is
measured by test_search_quality.py ('seen'), and descriptions of film pictures there, too.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from tests.quality.places_data import pictures
from tests.quality.search_score import DATA, core_pool

from cinedex.models.concepts import Concepts
from cinedex.models.pool import ModelPool

pytestmark = [
    pytest.mark.weights,
    pytest.mark.skipif(not (DATA / "retrieval").exists(), reason="the evaluation data is not here"),
]


@pytest.fixture
def pool() -> Iterator[ModelPool]:
    made = core_pool()
    yield made
    made.close()


def test_photographs_are_found_by_the_names_of_their_classes(pool: ModelPool):
    """One photograph a class. Tags are kept as the tag stage keeps them: five at most, from 0.1 on."""
    seen, labels = pictures("retrieval/imagenet_sample_1000"), pool.get("efficientnet-lite2").labels
    concepts = Concepts(pool.get("e5-small"))
    named = [[(labels[i], float(s[i])) for i in np.argsort(-s, kind="stable")[:5] if s[i] >= 0.1] for s in seen.scores]
    words = [n.partition("_")[2].removesuffix(".jpg").replace("_", " ") for n in seen.names]
    near = concepts.embed_texts(words, query=True) @ concepts.embed_labels(named).T
    own = np.diag(near)
    rank = (near > own[:, None]).sum(axis=1)
    shares = [float(np.mean(rank < k)) for k in (1, 5, 10)]
    bound = float(np.mean(own >= concepts.near))
    print(f"\nN {len(words)}: R@1 {shares[0]:.2f}, R@5 {shares[1]:.2f}, R@10 {shares[2]:.2f}; near enough {bound:.2f}")  # noqa: T201 - the figures
    assert shares[0] > 0.5
    assert shares[1] > 0.65
