"""One verb a file: a thin function over the rooms, which it imports inside so that help and a node stay light."""
