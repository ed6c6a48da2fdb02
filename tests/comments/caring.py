"""A reply that needs care, whatever the rules make of its words."""

from comments.signals import Signal

WORDS = "I can't see a reason to keep going."
NOTICED = [Signal("crisis", 5, 0, 35)]
