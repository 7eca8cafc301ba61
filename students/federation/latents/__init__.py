"""Methods in which cameras bring their students' latents closer to each other."""
