"""One warm press for all tests of a process that print: it starts with the first of them, and not while tests are read in."""

from incident_app.adapters.press import Press
from incident_app.adapters.weasyprint import WeasyPrinter
from incident_app.paths import data_dir

PRESS = Press()
PRINTER = WeasyPrinter(data_dir("templates"), PRESS)
