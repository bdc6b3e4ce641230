"""The picture in a browser: a reader, never a writer."""
