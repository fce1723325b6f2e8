"""Files in: reading them (formats, unpacking, reading), what their columns mean (mapping), and loading them (runs)."""
