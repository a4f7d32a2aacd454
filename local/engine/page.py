"""A timeline as one page."""

from __future__ import annotations

from html import escape

from local.engine.timeline import Timeline


def page(timeline: Timeline) -> str:
    return f"<!doctype html><meta charset=utf-8><title>Timeline</title><pre>{escape(timeline.explain())}</pre>"
