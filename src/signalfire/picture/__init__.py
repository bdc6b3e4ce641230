"""What is known: frozen values, with no behaviour beyond their own laws."""
