"""
Read GridLAB-D models (GLM): what is connected, how it stands, and what it serves.

Text is resolved line by line (`glm_lines`), parsed into objects (`glm_parsing`), whose references
are followed (`glm_model`); then `glm_equipment`, `glm_loads`, and `glm_frames` last. Nothing of a
model is run.
"""

from gridtwin.sources.glm.glm_frames import read_glm

__all__ = ["read_glm"]
