"""The hall's kiosks: their places, their enrolment, how far each has reported."""
