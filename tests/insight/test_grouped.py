from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from datasetbuilder.insight.grouped import Member, dealt, proof
from datasetbuilder.insight.splits import split_of

SHARES = {"train": 0.6, "val": 0.2, "test": 0.2}


def deal(members, *, stratify=False, seed=0):
    return dealt(members, SHARES, seed=seed, stratify=stratify)


def test_an_image_of_its_own_goes_where_its_content_sends_it():
    members = [Member(k, f"content {k}") for k in range(50)]
    assert deal(members) == {k: split_of(f"content {k}", SHARES) for k in range(50)}


def test_a_group_stays_together_and_stays_where_it_is():
    few = [Member(k, f"content {k}", group=f"patient {k % 5}") for k in range(20)]
    many = [*few, *(Member(k, f"content {k}", group=f"patient {k % 5}") for k in range(20, 60))]
    before, after = deal(few), deal(many)
    assert all(after[k] == before[k] for k in before)
    assert proof(many, after)["groups"] == 5
    assert proof(many, after)["groups_across"] == 0


def test_pictures_that_look_alike_stay_together():
    likeness = 0x0123456789ABCDEF
    members = [Member(1, "a", likeness=likeness), Member(2, "b", likeness=likeness ^ 0b10001)]
    members += [Member(3, "c", likeness=likeness ^ 0b1111), Member(4, "a")]
    for seed in range(20):
        found = deal(members, seed=seed)
        assert found[1] == found[2] == found[4]
    said = proof(members, {1: "train", 2: "val", 3: "train", 4: "train"})
    assert (said["near_duplicates"], said["near_duplicates_across"]) == (1, 1)
    assert (said["duplicates"], said["duplicates_across"]) == (1, 0)


def test_near_duplicates_are_not_counted_where_nothing_was_compared():
    said = proof([Member(1, "a"), Member(2, "b")], {1: "train", 2: "val"})
    assert said["likeness_known"] == 0
    assert "near_duplicates" not in said


def test_what_a_person_chose_wins_and_its_group_follows():
    members = [Member(1, "a", group="g", split="test"), Member(2, "b", group="g")]
    assert deal(members) == {1: "test", 2: "test"}


def test_every_split_gets_its_share_of_each_label():
    members = [Member(k, f"c{k}", labels=(1,) if k % 10 else (1, 2)) for k in range(100)]
    found = deal(members, stratify=True)
    rare = Counter(found[m.image_id] for m in members if 2 in m.labels)
    assert rare == {"train": 6, "val": 2, "test": 2}
    assert Counter(found.values()) == {"train": 60, "val": 20, "test": 20}


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcdefgh"),
            st.sampled_from(["", "g1", "g2", "g3"]),
            st.none() | st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 3, 7, 15]),
            st.lists(st.integers(1, 3), max_size=3),
        ),
        max_size=30,
    ),
    st.booleans(),
    st.integers(0, 3),
)
def test_nothing_that_belongs_together_is_ever_parted(drawn, stratify, seed):
    members = [
        Member(k, content, group, likeness, tuple(labels))
        for k, (content, group, likeness, labels) in enumerate(drawn, 1)
    ]
    found = deal(members, stratify=stratify, seed=seed)
    said = proof(members, found)
    assert set(found) == {member.image_id for member in members}
    assert said["groups_across"] == said["duplicates_across"] == 0
    assert said.get("near_duplicates_across", 0) == 0
