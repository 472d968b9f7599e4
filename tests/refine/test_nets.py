import numpy as np
import pytest

from datasetbuilder.refine.nets import Net, arrays_from_net, learned, net_from_arrays, squashed


def by_hand(*members):
    """Two inputs, one hidden unit, one answer."""
    layers = tuple(
        ((np.array([[w], [0.0]]), np.array([0.0])), (np.array([[1.0]]), np.array([b])))
        for w, b in members
    )
    return Net(np.zeros(2, np.float32), np.ones(2, np.float32), layers)


def test_a_net_is_layers_with_rectifiers_between():
    value = np.expm1(2.0)  # squashed to 2
    answers = by_hand((3.0, 1.0)).log_odds(np.array([[value, 9.0], [-value, 9.0]]))
    np.testing.assert_allclose(answers, [7.0, 1.0], rtol=1e-6)


def test_members_are_averaged():
    value = np.expm1(2.0)
    answers = by_hand((3.0, 1.0), (1.0, 0.0)).log_odds(np.array([[value, 0.0]]))
    np.testing.assert_allclose(answers, [(7 + 2) / 2], rtol=1e-6)


def test_long_tails_are_brought_together_with_their_sign():
    np.testing.assert_allclose(squashed(np.array([np.expm1(1), -np.expm1(2), 0])), [1, -2, 0])


def test_a_net_and_its_arrays_say_the_same():
    net = by_hand((3.0, 1.0), (1.0, 0.5))
    again = net_from_arrays(arrays_from_net(net, "x"), "x")
    cues = np.array([[1.0, 2.0], [-3.0, 4.0]])
    np.testing.assert_allclose(net.log_odds(cues), again.log_odds(cues))


@pytest.mark.parametrize(("name", "inputs"), [("edges", 62), ("evidence", 43), ("context", 55)])
def test_the_nets_of_the_package_take_the_cues_that_there_are(name, inputs):
    net = learned(name)
    assert net.mean.shape == (inputs,)
    assert np.isfinite(net.log_odds(np.zeros((3, inputs)))).all()


def test_the_weights_are_plain_arrays():
    from importlib import resources

    file = resources.files("datasetbuilder.refine") / "weights.npz"
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        assert {arrays[name].dtype for name in arrays} == {np.dtype(np.float32)}
