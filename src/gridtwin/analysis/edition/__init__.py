"""How a network differs from its former edition, and what that means for who is operating it."""
