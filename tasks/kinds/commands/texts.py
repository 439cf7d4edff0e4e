"""What a text may hold before it becomes part of a program's arguments or environment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """Refuses a text that would be more than a value to the program that is given it.

    Args:
        dash: whether it may begin with a dash: it does not begin an argument, or stands after `--`.
        paths: whether it may name a place outside of the job's folder.
        lines: whether it may have several lines.
    """

    dash: bool
    paths: bool
    lines: bool

    def __call__(self, text: str) -> str:
        """Return the text.

        Raises:
            ValueError: it will not do; the words are for the person who gave it.
        """
        if text.startswith("-") and not self.dash:
            raise ValueError("May not begin with a dash: the program would take it for an option")
        if not self.paths and ("/" in text or text == ".."):
            raise ValueError("May not have a slash or be “..”: it is no path")
        allowed = "\t\n" if self.lines else "\t"
        if any(ord(letter) < ord(" ") and letter not in allowed for letter in text):
            raise ValueError(
                "May not have characters that can't be seen, or several lines"
                if "\n" in text and not self.lines
                else "May not have characters that can't be seen"
            )
        return text
