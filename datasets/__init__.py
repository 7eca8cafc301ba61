"""What a frame, its detections and its truth are, and where they come from."""
