"""A number of bytes, as people write it."""

from typing import Any, ClassVar

from traitlets import Integer, TraitError


class ByteSpecification(Integer[int, int | str]):
    """A number of bytes, given as a number or with a suffix: K, M, G or T (powers of 1,024)."""

    info_text = "a number of bytes, such as 512M or 2G"
    SUFFIXES: ClassVar = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}

    def validate(self, obj: Any, value: Any) -> int:
        if isinstance(value, str):
            try:
                value = self._parse(value)
            except (ValueError, OverflowError):
                self.error(obj, value)
        return int(super().validate(obj, value))

    def from_string(self, text: str) -> int:
        try:
            return self._parse(text)
        except (ValueError, OverflowError):
            raise TraitError(f"{text!r} is not {self.info_text}") from None

    def _parse(self, text: str) -> int:
        suffix = text[-1:].upper()
        if suffix in self.SUFFIXES:
            return int(float(text[:-1]) * self.SUFFIXES[suffix])
        return int(text)
