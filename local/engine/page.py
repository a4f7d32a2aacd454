"""A timeline as one HTML page that needs nothing else: a drawing, the explanation, the failure records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape

from local.engine.drawing import BAR_HEIGHT, LEVEL, WINDOW_HEIGHT, Bar, Drawing, LaneDrawing, draw
from local.engine.timeline import Timeline

TOP = 30.0
MOST_LINES = 2_000
LEGEND = {
    "succeeded": "succeeded",
    "partly": "partly failed",
    "failed": "failed",
    "throttled": "throttled",
    "succeeded final": "final call of a window",
    "succeeded early": "window ended early",
    "discarded": "given up",
    "succeeded fold": "more of the same",
}
STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --faint: #d5dae0; --band: #eef3fb; --soft: #6a737d;
  --good: #2e7d4f; --part: #b7791f; --bad: #b3362b; --idle: #6a737d; --last: #5b4b9a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --paper: #14171c; --faint: #343b45; --band: #1d2530;
  --soft: #9aa4b1; --good: #3f9d68; --part: #cf9136; --bad: #d5564a; --idle: #8a94a1; --last: #8776cf; } }
body { margin: 2rem; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.3rem; margin: 0 0 .3rem; } h2 { font-size: 1rem; margin: 1.6rem 0 .4rem; }
p { margin: .2rem 0; color: var(--soft); }
.board { display: flex; border: 1px solid var(--faint); border-radius: 6px; }
.names { flex: none; position: relative; border-right: 1px solid var(--faint); width: 15.5rem; }
.names div { position: absolute; left: .8rem; right: .3rem; font: 12px ui-monospace, monospace; white-space: nowrap;
  overflow: hidden; text-overflow: ellipsis; }
.scroll { overflow-x: auto; flex: auto; }
svg { display: block; } svg text { font: 11px ui-monospace, monospace; fill: var(--ink); }
.tick { stroke: var(--faint); stroke-dasharray: 2 3; } .tick-text, .band-text { fill: var(--soft); }
.band { fill: var(--band); } .rule { stroke: var(--faint); } .cut { fill: none; stroke: var(--soft); }
.bar rect { rx: 3px; fill: var(--idle); } .bar text { fill: #fff; }
.succeeded rect { fill: var(--good); } .partly rect { fill: var(--part); } .failed rect { fill: var(--bad); }
.final.succeeded rect, .early.succeeded rect { fill: var(--last); }
.early rect { stroke: var(--part); stroke-width: 2px; }
.final.failed rect, .early.failed rect { stroke: var(--last); stroke-width: 2px; }
.open rect, .discarded rect { fill: var(--paper); stroke: var(--soft); } .open text { fill: var(--ink); }
.discarded rect { stroke: var(--bad); } .discarded text { fill: var(--bad); }
.fold rect { stroke: var(--paper); stroke-width: 3px; stroke-dasharray: 3 3; opacity: .75; }
.legend svg { display: inline-block; vertical-align: -5px; margin: 0 .3rem 0 1rem; }
pre { overflow-x: auto; padding: 1rem; border: 1px solid var(--faint); border-radius: 6px; font-size: 12px; }
table { border-collapse: collapse; font: 12px ui-monospace, monospace; } td { padding: .1rem 1rem .1rem 0; }
"""


def page(timeline: Timeline) -> str:
    return "\n".join(_parts(timeline, draw(timeline)))


def _parts(timeline: Timeline, drawing: Drawing) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Timeline</title>'
    yield f"<style>{STYLE}</style></head><body><h1>Timeline</h1><p>{_summary(timeline)}</p>"
    yield f'<p class="legend">{_legend()}</p>'
    if drawing.left_out:
        yield f"<p>{drawing.left_out} later invocations are not drawn; timeline.explain() tells of them all.</p>"
    yield from _board(drawing)
    if timeline.checkpoints:
        rows = "".join(
            f"<tr><td>{escape(shard)}</td><td>{escape(number)}</td></tr>"
            for shard, number in sorted(timeline.checkpoints.items())
        )
        yield f"<h2>Checkpoints</h2><table>{rows}</table>"
    if timeline.failures:
        records = "\n".join(json.dumps(record, indent=2) for record in timeline.failures)
        yield f"<h2>Failure records</h2><details><summary>show</summary><pre>{escape(records)}</pre></details>"
    yield f"<h2>What happened</h2><pre>{escape(_explanation(timeline))}</pre></body></html>"


def _explanation(timeline: Timeline) -> str:
    lines = timeline.explain().splitlines()
    if len(lines) > MOST_LINES:
        rest = (
            f"... {len(lines) - MOST_LINES} more lines: timeline.explain() has them all, explain(record=n) one's story"
        )
        lines = [*lines[:MOST_LINES], rest]
    return "\n".join(lines)


def _summary(timeline: Timeline) -> str:
    given_up = sum(len(discarded.names) for discarded in timeline.discarded)
    counts = {
        "given up": given_up,
        "filtered out": len(timeline.filtered),
        "moved to the dead-letter queue": len(timeline.dead_letters),
    }
    told = f"Invocations: {len(timeline.invocations)}"
    told += "".join(f", records {what}: {count}" for what, count in counts.items() if count)
    return f"{told}. Time runs to the right, in order but not to scale; point at a bar for its whole story."


def _legend() -> str:
    return "".join(
        f'<svg width="26" height="20"><g class="bar {style}"><rect x="1" y="1" width="24" height="18"/></g></svg>{text}'
        for style, text in LEGEND.items()
    )


def _board(drawing: Drawing) -> Iterator[str]:
    height = TOP + sum(lane.height for lane in drawing.lanes)
    yield f'<div class="board"><div class="names" style="height:{height:g}px">'
    for lane, top in _stacked(drawing):
        name = escape(lane.name)
        yield f'<div style="top:{top + _bars_top(lane):g}px" title="{name}">{name}</div>'
    yield '</div><div class="scroll">'
    yield f'<svg width="{drawing.width:g}" height="{height:g}" role="img" aria-label="Invocations, lane by lane">'
    for x, text in drawing.ticks:
        yield f'<line class="tick" x1="{x:g}" x2="{x:g}" y1="{TOP - 8:g}" y2="{height:g}"/>'
        yield f'<text class="tick-text" x="{x:g}" y="14">{text}</text>'
    for lane, top in _stacked(drawing):
        yield from _lane(lane, top, drawing.width)
    yield "</svg></div></div>"


def _stacked(drawing: Drawing) -> Iterator[tuple[LaneDrawing, float]]:
    top = TOP
    for lane in drawing.lanes:
        yield lane, top
        top += lane.height


def _bars_top(lane: LaneDrawing) -> float:
    return WINDOW_HEIGHT if lane.bands else 0.0


def _lane(lane: LaneDrawing, top: float, width: float) -> Iterator[str]:
    bottom = top + lane.height - 9
    bars_top = top + _bars_top(lane)
    for band in lane.bands:
        yield f'<rect class="band" x="{band.x:g}" y="{top - 4:g}" width="{band.width:g}" height="{bottom - top:g}"/>'
        yield f'<text class="band-text" x="{band.x + 3:g}" y="{top + 9:g}">{band.label}</text>'
    yield f'<line class="rule" x1="0" x2="{width:g}" y1="{bottom:g}" y2="{bottom:g}"/>'
    latest: dict[str, Bar] = {}
    for bar in lane.bars:  # lines first: bars lie on top of them
        if bar.parent in latest and bar.request_id not in latest:
            yield _cut(latest[bar.parent], bar, bars_top)
        latest[bar.request_id] = bar
    for bar in lane.bars:
        yield _box(bar, bars_top)


def _cut(parent: Bar, bar: Bar, top: float) -> str:
    """A line from what was cut to what it was cut into."""
    x1, y1 = parent.x + min(10.0, parent.width), top + parent.level * LEVEL + BAR_HEIGHT
    x2, y2 = bar.x, top + bar.level * LEVEL + BAR_HEIGHT / 2
    return f'<path class="cut" d="M{x1:g} {y1:g} V{y2:g} H{x2:g}"/>'


def _box(bar: Bar, top: float) -> str:
    y = top + bar.level * LEVEL
    return (
        f'<g class="bar {bar.style}"><title>{escape(bar.tip)}</title>'
        f'<rect x="{bar.x:g}" y="{y:g}" width="{bar.width:g}" height="{BAR_HEIGHT:g}"/>'
        f'<text x="{bar.x + 5:g}" y="{y + 14:g}">{escape(bar.label)}</text></g>'
    )
