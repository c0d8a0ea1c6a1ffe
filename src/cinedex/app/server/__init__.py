"""The service: one `Library` for people and programs over HTTP, its jobs, keys and web page."""
