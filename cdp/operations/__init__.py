"""Running an installation: database server, processes, backup, health, logs, verification."""
