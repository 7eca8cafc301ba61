"""What a node tells: its history on disk, MQTT, and an HTTP API with a page."""
