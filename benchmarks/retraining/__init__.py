"""What retraining brings over the seasons."""
