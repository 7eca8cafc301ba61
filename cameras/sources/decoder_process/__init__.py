"""What runs in the child process of a network camera. Imports neither numpy nor OpenCV nor pydantic: memory."""
