"""The rules: facts and a time in, decisions with reasons out. Standard library only."""
