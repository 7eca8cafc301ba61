"""What the node tells an MQTT broker."""
