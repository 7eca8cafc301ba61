"""Methods that exchange weights, or what is computed from them; all cameras have the same architecture."""
