"""The forms, one file a door: reading fields is all they do."""
