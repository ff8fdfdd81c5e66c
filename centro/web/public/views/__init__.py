"""One module per part of the public face."""
