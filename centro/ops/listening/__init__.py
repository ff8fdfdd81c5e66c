"""Long-lived listeners: mail that is brought (LMTP), and mailboxes that are watched (IMAP)."""
