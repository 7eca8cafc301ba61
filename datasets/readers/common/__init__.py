"""What several readers share: ids of cameras, boxes drawn on another size, and boxes that cannot be meant."""
