"""The process of one board: a module of a divided student behind one endpoint."""
