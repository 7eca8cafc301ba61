"""The oracle: what a large pretrained detector says of each camera's frames, computed once and stored."""
