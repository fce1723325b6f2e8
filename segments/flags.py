"""Who is in no segment, whatever a rule says: people under restriction, and people who object to profiling."""

#: Selects `profile_id`. The latest row of a person stands; a lifted one frees them.
FLAGGED = """
SELECT profile_id FROM (
    SELECT DISTINCT ON (s.profile_id) s.profile_id, r.lifted
    FROM consents_restriction r JOIN profiles_subject s ON s.id = r.subject_ref
    ORDER BY s.profile_id, r.effective_at DESC, r.id DESC
) restriction WHERE NOT lifted
UNION
SELECT profile_id FROM (
    SELECT DISTINCT ON (s.profile_id, o.purpose_id) s.profile_id, o.lifted
    FROM consents_objection o JOIN consents_purpose p ON p.id = o.purpose_id AND p.profiling
    JOIN profiles_subject s ON s.id = o.subject_ref
    ORDER BY s.profile_id, o.purpose_id, o.effective_at DESC, o.id DESC
) objection WHERE NOT lifted
"""
