"""One file a change of the tables, in the order of their names. A file that was released is never changed."""
