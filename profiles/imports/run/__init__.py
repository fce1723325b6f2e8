"""Loading a file: dry run, blocks, rejects, pause and resume."""
