-- The ledger is written by the clock of the database; records are only folded from it.

CREATE OR REPLACE FUNCTION consents_ledger_clock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.history_date := clock_timestamp();
    NEW.recorded_at := NEW.history_date;
    IF NEW.effective_at > NEW.recorded_at + interval '5 minutes' THEN
        RAISE EXCEPTION 'effective_at lies in the future: consents_ledger_not_in_future'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'consents_ledger_not_in_future';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER ledger_clock BEFORE INSERT ON consents_historicalconsentrecord
    FOR EACH ROW EXECUTE FUNCTION consents_ledger_clock();

CREATE OR REPLACE FUNCTION consents_only_folded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('kendt.folding', true), '') <> 'on' THEN
        RAISE EXCEPTION '% on consents_consentrecord is refused: it is folded from its ledger', TG_OP
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER only_folded BEFORE INSERT OR UPDATE OR DELETE ON consents_consentrecord
    FOR EACH STATEMENT EXECUTE FUNCTION consents_only_folded();
CREATE OR REPLACE TRIGGER only_folded_truncate BEFORE TRUNCATE ON consents_consentrecord
    FOR EACH STATEMENT EXECUTE FUNCTION consents_only_folded();

-- The id of a choice key: the same whenever it is folded again. 128 bits of SHA-256.
CREATE OR REPLACE FUNCTION consents_choice(
    owner uuid, contact uuid, channel text, purpose int, controller int
) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT substr(encode(sha256(convert_to(
        owner::text || coalesce(contact::text, '-') || channel || purpose::text || '/' || controller::text, 'UTF8'
    )), 'hex'), 1, 32)::uuid
$$;
