"""May this nation see this? Default: no."""
