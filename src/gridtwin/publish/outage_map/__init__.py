"""The outage map for the public: plain files that any web server or CDN carries in a storm."""
