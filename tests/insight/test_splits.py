from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasetbuilder.errors import UsageError
from datasetbuilder.insight.splits import checked_splits, split_of, splits_from_text

SHARES = {"train": 0.8, "val": 0.1, "test": 0.1}
HASHES = st.text("0123456789abcdef", min_size=64, max_size=64)


def test_shares_are_read_in_the_order_they_are_written():
    assert list(splits_from_text(" train=0.8, test=.1 ,val=0.1").items()) == [
        ("train", 0.8),
        ("test", 0.1),
        ("val", 0.1),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("train", "'train' is not of the form name=share"),
        ("train=much", "'train' is 'much', which is no number"),
        ("train=0.5,train=0.5", "'train' is given twice"),
        ("train=0.5,val=0.4", "add up to 0.9, not to 1"),
        ("train=1.5,val=-0.5", "'train' is 1.5; it must be above 0"),
        ("train=1,val=0", "'val' is 0; it must be above 0"),
        ("train=nan", "'train' is nan"),
        ("../up=1", "must be a letter followed by"),
        ("=1", "must be a letter followed by"),
        ("", "is not of the form"),
    ],
)
def test_shares_that_make_no_sense_are_refused(text, message):
    with pytest.raises(UsageError, match=message):
        splits_from_text(text)


def test_no_split_at_all_is_refused():
    with pytest.raises(UsageError, match="No split is named"):
        checked_splits({})


def test_the_split_of_an_image_is_the_same_everywhere():
    dealt = [split_of(f"{n:064x}", SHARES, seed=0) for n in range(16)]
    assert " ".join(dealt) == (
        "train train test train test train train test train val val val train train train train"
    )


@given(HASHES, st.integers(0, 5))
def test_an_image_falls_into_one_of_the_splits_whatever_else_there_is(sha256, seed):
    assert split_of(sha256, SHARES, seed) in SHARES


def test_the_shares_are_met_on_many_images():
    dealt = Counter(split_of(f"{n:064x}", SHARES, seed=3) for n in range(20_000))
    assert [round(dealt[name] / 20_000, 2) for name in SHARES] == [0.8, 0.1, 0.1]


def test_another_seed_deals_anew():
    hashes = [f"{n:064x}" for n in range(200)]
    first, second = ([split_of(h, SHARES, seed) for h in hashes] for seed in (0, 1))
    assert first != second


def test_shares_that_miss_one_by_rounding_leave_no_image_out():
    thirds = {"a": 0.3333333, "b": 0.3333333, "c": 0.3333333}
    assert {split_of(f"{n:064x}", thirds) for n in range(300)} == {"a", "b", "c"}
