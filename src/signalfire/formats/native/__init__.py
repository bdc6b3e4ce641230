"""Our own formats, as the reference documents them: text and bytes in, values and faults out."""
