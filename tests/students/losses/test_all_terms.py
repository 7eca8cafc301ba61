"""All terms by name: each setting has one, and one that cannot work is refused by name."""

import pytest

from lotwise.datasets.errors import InputError
from lotwise.students.losses.all_terms import TERMS, make_terms
from lotwise.students.losses.weights import LossWeights
from tests.models import tiny_yolo

OFF = dict.fromkeys(LossWeights.model_fields, 0.0)
CHANNELS = [4, 4, 4]


def test_every_weight_has_its_term() -> None:
    assert set(TERMS) == set(LossWeights.model_fields)


def test_by_default_the_terms_are_those_of_the_recipe() -> None:
    assert list(make_terms(tiny_yolo(), CHANNELS, LossWeights())) == ["score", "box", "distribution", "latent"]


@pytest.mark.parametrize("name", TERMS)
def test_a_term_is_made_where_its_weight_is_above_zero(name: str) -> None:
    assert list(make_terms(tiny_yolo(), CHANNELS, LossWeights(**OFF | {name: 0.5}))) == [name]


@pytest.mark.parametrize("name", sorted(set(TERMS) - {"score", "box", "distribution", "fedmax", "latent"}))
def test_a_term_that_was_switched_on_and_has_nothing_to_learn_from_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=rf"weights\.{name} needs what the teacher says.*set weights\.{name} to 0"):
        make_terms(tiny_yolo(), [], LossWeights(**{name: 1.0}))


def test_the_default_terms_do_without_latents() -> None:
    assert list(make_terms(tiny_yolo(), [], LossWeights(fedmax=1))) == ["score", "box", "distribution", "fedmax"]


@pytest.mark.parametrize(("weights", "channels"), [(OFF, CHANNELS), (OFF | {"latent": 1.0}, [])])
def test_no_term_at_all_is_refused(weights: dict[str, float], channels: list[int]) -> None:
    with pytest.raises(InputError, match="no loss term is left"):
        make_terms(tiny_yolo(), channels, LossWeights(**weights))


def test_terms_do_not_hold_the_tiny_yolo() -> None:
    nano = tiny_yolo()
    terms = make_terms(nano, CHANNELS, LossWeights(**dict.fromkeys(TERMS, 1.0)))
    assert list(terms) == list(TERMS)
    assert not {id(p) for p in nano.parameters()} & {id(p) for p in terms.parameters()}


@pytest.mark.parametrize(
    ("width", "widths"),
    [
        (1.0, [4, 4, 4]),
        (0.5, [2, 2, 2]),
        (2.0, [8, 8, 8]),
        (0.01, [1, 1, 1]),  # never nothing at all
    ],
)
def test_width_is_that_of_the_representation_in_latent_and_representation(width: float, widths: list[int]) -> None:
    nano = tiny_yolo()
    terms = make_terms(nano, CHANNELS, LossWeights(representation=1), width)
    assert [layer.out_channels for layer in terms["latent"].layers] == widths
    assert list(nano.model[-1].representation.widths) == widths
    assert [layer.basis.shape[0] for layer in terms["representation"].teacher] == widths
