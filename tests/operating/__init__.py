"""What persons operate: previews, tags, switching orders, crews."""
