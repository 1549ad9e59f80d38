"""The one exception that the labs show to their user."""


class LabsError(Exception):
    """A fault in the input or the setup; the message names the thing and says what to do about it."""
