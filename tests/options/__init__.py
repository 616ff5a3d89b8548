"""Every option: what it is, and (one row of a table each) what it does."""
