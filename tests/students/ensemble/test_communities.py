import numpy as np

from lotwise.students.ensemble.communities import channel_links, channels_of_boards, communities


def test_communities_of_a_planted_graph_are_found() -> None:
    """Three groups of channels; at each cell one group fires, each of its channels more or less."""
    rng = np.random.default_rng(0)
    group = np.repeat([0, 1, 2], 8)
    rng.shuffle(group)
    fires = rng.integers(0, 3, 600)
    responses = np.where(fires[:, None] == group[None], rng.uniform(0.2, 1, (600, 24)), -1.0).astype(np.float32)
    links = channel_links(responses)
    within = links[group[:, None] == group[None]]
    across = links[group[:, None] != group[None]]
    assert across.max() == 0 < within.max()
    found = communities(links + links.T)
    # Only the strongest links in a hundred are kept, so not every channel is in a community; none mixes groups.
    assert found
    assert all(len(set(group[list(one)])) == 1 for one in found)


def test_a_whole_planted_partition_comes_back() -> None:
    links = np.zeros((30, 30))
    for begin in (0, 10, 20):
        links[begin : begin + 10, begin : begin + 10] = 1
    np.fill_diagonal(links, 0)
    assert communities(links) == [tuple(range(0, 10)), tuple(range(10, 20)), tuple(range(20, 30))]


def test_links_are_those_of_the_formula() -> None:
    links = channel_links(np.float32([[1.0, 0.5, -3.0], [0.5, 1.0, 2.0]]))
    assert np.isclose(links[0, 1], 1 * 0.5 * 0.5 + 0.5 * 1 * 0.5)
    assert np.isclose(links[0, 2], 0.5 * 1 * 0.5)
    assert np.array_equal(links, links.T)
    assert not links.diagonal().any()


def test_every_channel_has_one_board_and_communities_stay_whole() -> None:
    found = [(0, 1, 2, 3), (4, 5), (6, 7, 8)]
    boards = channels_of_boards(found, 12, 3)
    assert sorted(channel for board in boards for channel in board) == list(range(12))
    assert all(any(set(one) <= set(board) for board in boards) for one in found)


def test_of_silent_channels_nothing_is_known() -> None:
    assert communities(channel_links(np.zeros((5, 4), np.float32))) == []
