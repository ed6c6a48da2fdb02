"""Where README's figures come from: one command each, printing what it saw."""
