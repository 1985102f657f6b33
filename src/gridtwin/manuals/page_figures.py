"""Find the figures and ruled tables of a page: what is drawn on it, and the captions beside."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gridtwin.manuals.document_pages import NO_BOX, PageFigure
from gridtwin.manuals.figure_captions import (
    FIGURE_KIND,
    TABLE_KIND,
    list_captions,
    tell_caption,
    unite_boxes,
)
from gridtwin.manuals.mark_groups import group_marks
from gridtwin.manuals.page_marks import FRAME_MARK, IMAGE_MARK, RULE_MARK, STROKE_MARK, PageMark

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gridtwin.manuals.document_pages import Box, DocumentPage, PageLine
    from gridtwin.manuals.figure_captions import FigureCaption

MOST_FIGURES = 20  # of a page, the largest
LEAST_SIDE = 36.0  # points: half an inch
LEAST_ROWS_HEIGHT = 20.0  # points, of a table of two rows
LEAST_FIGURE_SHARE = 0.015  # of the page, of what has no caption: a logo is smaller
BACKGROUND_SHARE = 0.7  # of the page: a larger image or frame is what the page is drawn on
SCAN_SHARE = 0.8  # of the page, of the image of a scanned page
CAPTION_GAP = 45.0  # points between a caption and its figure
OTHER_KIND_GAP = 30.0  # points that a caption of the other kind counts as farther away
RULE_SPAN = 0.5  # of the width of a table that its rules have, together, at one height
COLUMN_SPAN = 0.3  # of its height that the rules between its columns have
SAME_PLACE = 2.0  # points by which rules of one line differ
LEAST_TABLE_RULES = 3  # across, or two with as many upright
WIDE_STROKE = 0.25  # of the width of a group, of what is no sign in a cell
IMAGE_SHARE = 0.3  # of a figure that is an image
FEWEST_STROKES = 3  # of a drawing
FEWEST_FRAMES = 8  # frames and rules of a diagram that has no other strokes
TEXT_SHARE = 0.35  # of a group that its text fills: more is a note with a frame
FEWEST_REPEATS = 4  # pages
LABEL_GAP = 6.0  # points between a drawing and what it says at its side
LABEL_SHARE = 0.3  # of the width of a drawing that such a label has at most
REPEAT_SHARE = 0.25  # of the pages on which the same stands at the same place


@dataclass(frozen=True, slots=True)
class _Region:
    """A part of a page that may be a figure; `kind` is empty where only a caption says so."""

    box: Box
    kind: str
    needs: str = ""  # the kind of caption without which it is nothing


def find_figures(
    marks: Sequence[PageMark], lines: Sequence[PageLine], sheet: Box
) -> tuple[PageFigure, ...]:
    """
    Return the figures and ruled tables of a page, from above.

    Parameters
    ----------
    marks
        What is drawn on it.
    lines
        What it says.
    sheet
        Its box.
    """
    captions = list(list_captions(lines))
    whole = measure_area(sheet)
    if any(
        mark.kind == IMAGE_MARK and _measure_shared(mark.box, sheet) > SCAN_SHARE * whole
        for mark in marks
    ):  # of a scan no part is known
        scanned = [PageFigure(at, each.kind, sheet, each.text)
                   for at, each in enumerate(captions[:MOST_FIGURES], 1)]  # fmt: skip
        return tuple(scanned)
    drawn = [
        mark
        for mark in marks
        if mark.kind in {RULE_MARK, STROKE_MARK}
        or _measure_shared(mark.box, sheet) < BACKGROUND_SHARE * whole
    ]
    regions = [_judge_group(group, lines, sheet) for group in group_marks(drawn, sheet)]
    regions = [each for each in regions if _is_large(each.box)]
    regions += _list_open_tables(drawn, regions, captions)
    kept: list[PageFigure] = []
    captioned = _match_captions(regions, captions)
    for at, region in enumerate(regions):
        caption = captioned.get(at)
        if caption is not None and region.needs in {"", caption.kind}:
            kept.append(PageFigure(0, caption.kind, region.box, caption.text))
        elif region.kind and measure_area(region.box) >= LEAST_FIGURE_SHARE * whole:
            kept.append(PageFigure(0, region.kind, region.box))
    kept.sort(key=lambda each: -measure_area(each.box))
    from_above = sorted(kept[:MOST_FIGURES], key=lambda each: (-each.box[3], each.box[0]))
    return tuple(
        replace(each, number=at, box=_round_box(each.box)) for at, each in enumerate(from_above, 1)
    )


def drop_repeated_figures(pages: Sequence[DocumentPage]) -> list[DocumentPage]:
    """Return pages without what has no caption and stands at the same place on many of them."""
    counted = Counter(_tell_place(each) for page in pages for each in page.figures)
    most = max(FEWEST_REPEATS, REPEAT_SHARE * len(pages))

    def keep(figures: Iterable[PageFigure]) -> tuple[PageFigure, ...]:
        kept = [each for each in figures if each.caption or counted[_tell_place(each)] < most]
        return tuple(replace(each, number=at) for at, each in enumerate(kept, 1))

    return [replace(page, figures=keep(page.figures)) if page.figures else page for page in pages]


def _tell_place(figure: PageFigure) -> tuple[int, ...]:
    return tuple(round(side / 4) for side in figure.box)


def _judge_group(marks: Sequence[PageMark], lines: Sequence[PageLine], sheet: Box) -> _Region:
    """Return where a group of marks stands, and whether it is a table, a figure or nothing."""
    box = marks[0].box
    for mark in marks[1:]:
        box = unite_boxes(box, mark.box)
    box = _clip_box(box, sheet)
    inside = [line.box for line in lines if line.box != NO_BOX and holds_middle(box, line.box)]
    width = max(box[2] - box[0], 1.0)
    strokes = [mark for mark in marks if mark.kind == STROKE_MARK]
    images = sum(measure_area(mark.box) for mark in marks if mark.kind == IMAGE_MARK)
    area = max(measure_area(box), 1.0)
    is_plain = images < IMAGE_SHARE * area and not any(
        mark.box[2] - mark.box[0] > WIDE_STROKE * width for mark in strokes
    )
    if is_plain and len(inside) > 1 and _has_rows(marks, box):
        return _Region(box, TABLE_KIND)
    straight = len(marks) - len(strokes)
    is_drawn = images >= IMAGE_SHARE * area or len(strokes) >= FEWEST_STROKES
    if is_drawn or straight >= FEWEST_FRAMES:
        said = sum(map(measure_area, inside))
        box = _add_labels(box, lines)
        return _Region(box, FIGURE_KIND if said < TEXT_SHARE * area else "")
    return _Region(box, "")


def _add_labels(box: Box, lines: Iterable[PageLine]) -> Box:
    """Return the box of a drawing with the letters and words at its sides that name its parts."""
    wide, widest = box, LABEL_SHARE * (box[2] - box[0])
    for line in lines:
        near = line.box != NO_BOX and _measure_gap(box, line.box) <= LABEL_GAP
        if near and line.box[2] - line.box[0] <= widest and not tell_caption(line.text):
            wide = unite_boxes(wide, line.box)
    return wide


def _has_rows(marks: Iterable[PageMark], box: Box) -> bool:
    """Return whether rules, or the edges of frames, part a box into rows, and maybe columns."""
    across: defaultdict[int, float] = defaultdict(float)
    upright: defaultdict[int, float] = defaultdict(float)
    for kind, (left, bottom, right, top) in marks:
        if kind not in {RULE_MARK, FRAME_MARK}:
            continue
        is_frame = kind == FRAME_MARK
        if is_frame or right - left > top - bottom:
            for height in {bottom, top} if is_frame else {top}:
                across[round(height / SAME_PLACE)] += right - left
        if is_frame or right - left <= top - bottom:
            for column in {left, right} if is_frame else {left}:
                upright[round(column / SAME_PLACE)] += top - bottom
    rows = _count_lines(across, RULE_SPAN * (box[2] - box[0]))
    columns = _count_lines(upright, COLUMN_SPAN * (box[3] - box[1]))
    return rows >= LEAST_TABLE_RULES or (rows > 1 and columns >= LEAST_TABLE_RULES)


def _count_lines(lengths: dict[int, float], least: float) -> int:
    """Return how many lines are long enough; those that touch are one."""
    found = sorted(place for place, length in lengths.items() if length >= least)
    return sum(at == 0 or place - found[at - 1] > 1 for at, place in enumerate(found))


def _list_open_tables(
    marks: Iterable[PageMark], regions: Sequence[_Region], captions: Sequence[FigureCaption]
) -> list[_Region]:
    """Return what stands between rules of one width, far apart: tables, if a caption says so."""
    if not any(each.kind == TABLE_KIND for each in captions):
        return []
    same: defaultdict[tuple[int, int], list[Box]] = defaultdict(list)
    for kind, box in marks:
        if kind == RULE_MARK and box[2] - box[0] > 2 * LEAST_SIDE:
            same[round(box[0] / 4), round(box[2] / 4)].append(box)
    found = []
    for rules in same.values():
        if len(rules) > 1:
            box = rules[0]
            for each in rules[1:]:
                box = unite_boxes(box, each)
            if _is_large(box) and not any(
                each.kind and _measure_shared(each.box, box) for each in regions
            ):
                found.append(_Region(box, "", TABLE_KIND))
    return found


def _match_captions(
    regions: Sequence[_Region], captions: Sequence[FigureCaption]
) -> dict[int, FigureCaption]:
    """Return the caption of each region, by its place: those nearest to each other first."""
    pairs = []
    for at, region in enumerate(regions):
        for number, caption in enumerate(captions):
            gap = _measure_gap(region.box, caption.box)
            if gap <= CAPTION_GAP:
                other = region.kind != caption.kind
                pairs.append((gap + OTHER_KIND_GAP * other, at, number))
    matched: dict[int, FigureCaption] = {}
    taken: set[int] = set()
    for _, at, number in sorted(pairs):
        if at not in matched and number not in taken:
            matched[at] = captions[number]
            taken.add(number)
    return matched


def _measure_gap(box: Box, other: Box) -> float:
    """Return how far two boxes are apart that stand above or beside each other; else infinite."""
    across = max(box[0] - other[2], other[0] - box[2], 0.0)
    upright = max(box[1] - other[3], other[1] - box[3], 0.0)
    return across + upright if not (across and upright) else float("inf")


def measure_area(box: Box) -> float:
    """Return the area of a box, square points."""
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def _measure_shared(box: Box, other: Box) -> float:
    """Return the area that two boxes share."""
    return measure_area(_clip_box(box, other))


def _clip_box(box: Box, sheet: Box) -> Box:
    return (
        max(box[0], sheet[0]),
        max(box[1], sheet[1]),
        min(box[2], sheet[2]),
        min(box[3], sheet[3]),
    )


def holds_middle(box: Box, other: Box) -> bool:
    """Return whether a box holds the middle of another."""
    x, y = (other[0] + other[2]) / 2, (other[1] + other[3]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _is_large(box: Box) -> bool:
    width, height = box[2] - box[0], box[3] - box[1]
    return max(width, height) >= 2 * LEAST_SIDE and min(width, height) >= LEAST_ROWS_HEIGHT


def _round_box(box: Box) -> Box:
    left, bottom, right, top = (round(side, 1) for side in box)
    return left, bottom, right, top
