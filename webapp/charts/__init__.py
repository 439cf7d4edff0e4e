"""Charts as values: where every bar, line and dot lies, and what it says in words.

Across, a place is a share of the width from 0 to 100, so that a chart fits a phone and a wide
screen; downward it is pixels, so that letters keep their size. Templates write the values as SVG.
"""
