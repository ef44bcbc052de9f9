"""What the services need from the world, as protocols; adapters implement them."""
