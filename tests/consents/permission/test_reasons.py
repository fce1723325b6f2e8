from consents.permission.reasons import LeftOut, ranked


def test_reasons_are_told_in_words_with_their_part_the_most_frequent_first():
    told = ranked({"erased": 1, "consent_missing": 6, "objection": 1})

    assert told == [
        LeftOut("consent_missing", "The person has not consented to this.", 6, 75),
        LeftOut("erased", "This person's data has been erased.", 1, 12),
        LeftOut("objection", "The person has objected to this use.", 1, 12),
    ]
