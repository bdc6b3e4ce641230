"""What the commands take where nothing is said; imports nothing, so that help comes at once."""

DEFAULT_FLIGHT = "2017-09-14-hwasong-12"
DIRECTOR_PORT = 8080
