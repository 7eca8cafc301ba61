"""What stands in a camera's view and is no vehicle, however much it looks like one: ignore regions."""
