"""The demo: a made-up hall on this machine, to try by hand or to run through without a person.

Owns setting the hall up, starting and stopping its processes, and the main job end to end with its
comparison. Everything it does it does through the product's own pages, commands and operations.
"""
