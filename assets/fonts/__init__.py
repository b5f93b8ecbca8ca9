"""Noto Sans SC in two weights, made by ``make_fonts``."""
