"""Say when customers are back: the commands under `gridtwin erm`."""

from __future__ import annotations

import typer

app = typer.Typer(help="Say when customers are back.", no_args_is_help=True, rich_markup_mode=None)
