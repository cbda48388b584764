"""What the gateway keeps: the database and the operations on it, all synchronous."""
