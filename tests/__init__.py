"""Tests; see each folder. Counting begins before anything of the app is imported."""

from tests import counting

counting.begin()
