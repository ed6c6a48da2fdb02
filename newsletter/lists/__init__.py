"""Lists of people as files: read from other services, and written for them."""
