"""PostgreSQL as this project uses it: SQL, ids, constraints, triggers, history, statistics, timeouts."""
