"""Vector tiles of the network: what is drawn in which layer, and from which zoom on."""
