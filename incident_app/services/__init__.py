"""The use cases: one function = one thing a person or the clock makes happen = one transaction and its audit entries."""
