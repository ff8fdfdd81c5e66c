"""How mail is read: its parts, its words, its quotations, and whether a person wrote it."""
