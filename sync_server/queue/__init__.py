"""Services, the numbers that kiosks gave, and the calling of them at windows."""
