from cdp.base.database.ids import uuid7, uuid7s


def test_ids_are_version_7_and_rise_with_time():
    first = [uuid7() for _ in range(3)]

    assert {key.version for key in first} == {7}
    assert {key.variant for key in first} == {"specified in RFC 4122"}


def test_a_bunch_of_ids_is_distinct_and_ordered():
    bunch = uuid7s(1000)

    assert len(set(bunch)) == 1000
    assert bunch == sorted(bunch)
