"""From a trained student to a bundle: ONNX, INT8 and their comparison with the student."""
