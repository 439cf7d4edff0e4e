"""What starts Postroom. It runs before anything is installed: on Python's own library alone."""
