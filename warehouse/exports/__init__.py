"""What a snapshot can be turned into for tools that read another layout."""
