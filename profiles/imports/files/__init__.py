"""Files as blocks of rows: kept sealed, unpacked, decoded, split."""
