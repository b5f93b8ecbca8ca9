"""What the kiosk shows and when: events in, a model of the screen out. No Kivy, no file, no thread.

A screen is a function of the model it is given. What a touch may do is in the model too, so whatever
arrives late, twice or from a screen that has gone does nothing.
"""
