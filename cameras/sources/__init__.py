"""Where a camera's frames come from: folders, video files, network streams, USB cameras, snapshot addresses."""
