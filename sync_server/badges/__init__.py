"""Badges: their issue, their life, their end, and the card that is printed of them."""
