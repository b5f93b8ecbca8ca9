"""Makes a clone ready to run: the Python to use, Debian's packages, the virtual environment, the locks."""
