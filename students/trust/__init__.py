"""What a new bundle says of itself under light and weather that its camera has not met yet, against its teacher."""
