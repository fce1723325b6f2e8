"""Facts that stand, as SQL: what the latest record that speaks of a thing says of it, and what stewards decided."""

#: The latest record that speaks of an attribute, or of a kind of identifier, is believed.
#: `{only}` narrows the identities. A kind of which many are kept (devices) loses none.
STANDING_TRAITS = """
    SELECT DISTINCT ON (r.identity_id, a.id) r.id AS record_id, r.identity_id, a.id AS attribute_id, said.value,
           r.sealed, r.verified, r.valid_until, r.party, r.observed_at, r.source_id
    FROM profiles_record r, jsonb_each(r.traits) AS said(code, value)
    JOIN profiles_attribute a ON a.code = said.code
    WHERE {only}
    ORDER BY r.identity_id, a.id, r.observed_at DESC, r.version DESC
"""
#: Decisions, as `d`, that are neither withdrawn nor expired. More conditions may follow.
STANDING_DECISIONS = """
    profiles_stewarddecision d WHERE d.kind <> 'withdrawn' AND (d.expires_at IS NULL OR d.expires_at > now())
    AND NOT EXISTS (SELECT FROM profiles_stewarddecision w WHERE w.withdraws_id = d.id)
"""
#: An identifier value, as `i`, that joins nobody: shared or blocked, or private no longer.
UNUSABLE = """
    EXISTS (SELECT FROM profiles_sharedidentifier x WHERE x.namespace_id = i.namespace_id AND x.blind = i.blind
            AND (x.verdict <> 'private' OR x.expires_at <= now()))
"""
STANDING_IDENTIFIERS = """
    SELECT * FROM (
        SELECT i.*, n.code AS namespace, r.party, r.source_id, n.many OR rank() OVER (
            PARTITION BY i.identity_id, i.namespace_id ORDER BY r.observed_at DESC, r.version DESC) = 1 AS stands
        FROM profiles_identifier i
        JOIN profiles_record r ON r.id = i.record_id
        JOIN profiles_namespace n ON n.id = i.namespace_id
        WHERE {only}
    ) i WHERE stands
"""
