"""Draw the figures and the rules of tables of invented manuals."""

from __future__ import annotations

from functools import cache
from typing import Any

LEADING = 13.0  # points from line to line
CELL_INDENT = 4.0
ROW_DROP = 3.5  # from the foot of letters to the rule below
SKETCH_LEFT, SKETCH_BOTTOM = 140.0, 130.0
SKETCH_WIDTH, SKETCH_HEIGHT = 300.0, 170.0
CAPTION_DROP, CAPTION_SIZE = 16.0, 9
PHOTO_DOTS = (150, 85)


def draw_rules(canvas: Any, start: tuple[float, float], width: float, rows: int) -> None:
    """Draw the rules of a table: around its rows, and between them; `start`: its first letter."""
    left, top = start[0] - CELL_INDENT, start[1] + LEADING - ROW_DROP
    canvas.setLineWidth(0.5)
    for row in range(rows + 1):
        canvas.line(left, top - row * LEADING, left + width, top - row * LEADING)
    for side in (left, left + width):
        canvas.line(side, top, side, top - rows * LEADING)


def draw_sketch(canvas: Any, number: int, caption: str) -> None:
    """Draw a part as it looks like from the side, and its caption."""
    left, bottom = SKETCH_LEFT, SKETCH_BOTTOM
    middle = left + SKETCH_WIDTH / 2
    canvas.setLineWidth(0.8)
    canvas.roundRect(left + 60, bottom + 20, SKETCH_WIDTH - 120, SKETCH_HEIGHT - 50, 12)
    sheds = 3 + number % 4
    for shed in range(sheds):
        y = bottom + 30 + shed * (SKETCH_HEIGHT - 80) / sheds
        half = 50 + 8 * ((shed + number) % 3)
        canvas.ellipse(middle - half, y, middle + half, y + 16)
    canvas.circle(middle, bottom + SKETCH_HEIGHT - 18, 12)
    for letter, x, y in (("A", 10, 40), ("B", 15, 110), ("C", SKETCH_WIDTH - 25, 75)):
        end = x + 9 if x < SKETCH_WIDTH / 2 else x - 2
        canvas.line(left + end, bottom + y, middle, bottom + y + 20)
        canvas.drawString(left + x, bottom + y - 3, letter)
    _draw_caption(canvas, caption)


def draw_photo(canvas: Any, number: int, caption: str) -> None:
    """Draw an image, and its caption."""
    from reportlab.lib.utils import ImageReader

    picture = ImageReader(_make_photo(number % 3))
    canvas.drawImage(picture, SKETCH_LEFT, SKETCH_BOTTOM, SKETCH_WIDTH, SKETCH_HEIGHT)
    _draw_caption(canvas, caption)


def _draw_caption(canvas: Any, caption: str) -> None:
    canvas.setFont("Helvetica", CAPTION_SIZE)
    canvas.drawString(SKETCH_LEFT, SKETCH_BOTTOM - CAPTION_DROP, caption)


@cache
def _make_photo(shade: int) -> Any:
    from PIL import Image

    picture = Image.linear_gradient("L").resize(PHOTO_DOTS)
    return picture.point(lambda value: 40 + 20 * shade + value // 2)
