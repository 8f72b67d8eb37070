"""What people add to a review."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, TextAreaField


class ReviewForm(FlaskForm):
    """The words, the version they were read in, and what stood there then."""

    version = HiddenField()
    base = HiddenField()
    judgement = TextAreaField("How do you judge what was done?")
    to_change = TextAreaField("What should change?")
