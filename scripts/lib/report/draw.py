# SPDX-License-Identifier: GPL-2.0
"""Pictures, with matplotlib. Colours stand for those of the page, which has others in the dark."""
import math
import os
import re

import matplotlib
matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.colors import LogNorm  # noqa: E402
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter  # noqa: E402

BACKENDS = ('upstream', 'mtce-takeover', 'mtce')
COLOUR = {'upstream': '#d55e00', 'mtce-takeover': '#009e73', 'mtce': '#0072b2'}
DASH = {'upstream': '-', 'mtce-takeover': '--', 'mtce': '-'}
MARK = {'upstream': 's', 'mtce-takeover': '^', 'mtce': 'o'}
SERIES = ('#0072b2', '#d55e00', '#009e73', '#cc79a7', '#c98a00', '#56b4e9')
INK, SOFT, GRID = '#1c2026', '#59606b', '#dcdfe4'
# In a page; the rest of a picture has no colour of its own.
VARIABLE = {'#d55e00': '--orange', '#009e73': '--green', '#0072b2': '--blue', '#cc79a7': '--pink', '#c98a00': '--yellow',
            '#56b4e9': '--sky', INK: '--text', SOFT: '--soft', GRID: '--grid', '#ffffff': '--ground'}
EMULATED = 'emulated time, not POWER8 latency'
PLACE = 4.3     # inches: half of a page, or all of a phone

plt.rcParams.update({
    'font.family': 'DejaVu Sans', 'font.size': 8.5, 'svg.fonttype': 'none', 'svg.hashsalt': 'mtce', 'figure.constrained_layout.use': True,
    'axes.titlesize': 9, 'axes.titleweight': 'bold', 'axes.titlelocation': 'left', 'axes.edgecolor': SOFT, 'axes.labelcolor': SOFT,
    'axes.grid': True, 'grid.color': GRID, 'grid.linewidth': 0.7, 'axes.axisbelow': True, 'xtick.color': SOFT, 'ytick.color': SOFT,
    'text.color': INK, 'axes.titlecolor': INK, 'axes.spines.top': False, 'axes.spines.right': False, 'lines.linewidth': 1.7,
    'lines.markersize': 4.5, 'legend.frameon': False, 'legend.fontsize': 7.5,
})


def plain(v, _=None):
    """A tick: 0.001, 15, 1,900."""
    return f'{v:,.0f}' if v >= 1 else f'{v:g}'


def log_axis(axis):
    """At least two or three ticks, however short it is. After its limits."""
    low, high = axis.get_view_interval()
    decades = math.log10(high / low)
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 1.6 else (1, 3) if decades < 2.4 else (1,)))
    axis.set_major_formatter(FuncFormatter(plain))
    axis.set_minor_formatter(NullFormatter())


def new(width=PLACE, height=2.9, rows=1, columns=1):
    return plt.subplots(rows, columns, figsize=(width, height), squeeze=False)


class Picture:
    """A figure that is drawn once and kept as PNG, as SVG and as a part of the page."""

    def __init__(self, name, figure, says):
        self.name, self.figure, self.says = name, figure, says

    def save(self, folder):
        for kind in ('svg', 'png'):
            self.figure.savefig(os.path.join(folder, f'{self.name}.{kind}'), dpi=160, facecolor='white',
                                metadata={'Date': None} if kind == 'svg' else None)

    def inline(self, folder):
        self.figure.savefig(os.path.join(folder, 'inline.svg'), transparent=True, metadata={'Date': None})
        plt.close(self.figure)
        with open(os.path.join(folder, 'inline.svg'), encoding='utf-8') as f:
            return inline_svg(f.read(), self.name, self.says)


def inline_svg(svg, name, says):
    """Without what is for a file of its own; names are of this picture, colours of the page."""
    svg = svg[svg.index('<svg'):]
    view = re.search(r'viewBox="([^"]*)"', svg)[1]
    svg = re.sub(r'^<svg[^>]*>\s*(<metadata>.*?</metadata>)?', '', svg, flags=re.S).replace('xlink:href', 'href')
    used = set(re.findall(r'#([\w-]+)["\')]', svg))
    svg = re.sub(r' id="([^"]*)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else '', svg)
    svg = re.sub(r'(href="#|url\(#)([\w-]+)', lambda m: f'{m[1]}{name}-{m[2]}', svg)
    svg = re.sub(r'#[0-9a-f]{6}\b', lambda m: f'var({VARIABLE[m[0]]})' if m[0] in VARIABLE else m[0], svg)
    svg = re.sub(r'clip-path="url\((#[^)]*)\)"', r"clip-path='url(\1)'", svg).replace('*{stroke-linejoin: round; stroke-linecap: butt}', '')
    svg = re.sub(r'<style type="text/css"></style>', '', svg)
    return f'<svg viewBox="{view}" role="img" aria-label="{says}">{svg.strip()}'


# What batching saves

def batches(rows, page, step='map'):
    """{kind: {TCEs of a call: row}}"""
    found = {}
    for r in rows:
        m = re.fullmatch(page + r'-(update|list)-(\d+)', r['scenario'])
        if m and r['op'] == step:
            found.setdefault(m[1], {})[int(m[2])] = r
    return found


def batch_lines(rows, page, key):
    """(label, colour, dash, mark, [(size, value)])"""
    found = batches(rows, page)
    # Alone, upstream has nothing that batches: its calls are the same, whatever their number.
    if 'update' not in found or not any((r.get('mtce') or {}).get(key) is not None for r in found['update'].values()):
        return []
    kinds = [('upstream: a call for each page', 'upstream', 'update', '#d55e00', '-', 's'),
             ('mtce: a call with an array', 'mtce', 'update', '#0072b2', '-', 'o'),
             ('mtce: a call with a list', 'mtce', 'list', '#56b4e9', '--', 'D')]
    lines = []
    for label, backend, kind, *style in kinds:
        points = [(n, r.get(backend, {}).get(key)) for n, r in sorted(found.get(kind, {}).items())]
        points = [p for p in points if p[1] is not None]
        if points:
            lines.append((label, *style, points))
    return lines


def batch_panel(axes, rows, page, key, title, unit):
    said, lines = [], batch_lines(rows, page, key)
    ends = sorted({points[-1][1] for *_, points in lines})
    for label, colour, dash, mark, points in lines:
        axes.plot(*zip(*points), color=colour, linestyle=dash, marker=mark, label=label)
        n, v = points[-1]
        # Two lines may be one.
        if v not in said:
            axes.annotate(plain(v) if v >= 1 else f'{v:.5f}', (n, v), textcoords='offset points', ha='right', color=colour, fontsize=7.5,
                          xytext=(-8, -4) if len(points) > 1 and v < points[-2][1] * 0.7 else (4, -13 if any(v < e < 3 * v for e in ends) else 6))
        said.append(v)
    axes.set_xscale('log', base=2)
    axes.set_yscale('log')
    sizes = sorted({n for *_, points in lines for n, _ in points})
    axes.set_xticks(sizes, [plain(n) for n in sizes])
    low, high = axes.get_ylim()
    # Room for the legend below, and for a figure above.
    axes.set_ylim(low / (high / low) ** 0.25, high * 2)
    log_axis(axes.yaxis)
    axes.minorticks_off()
    axes.set_title(title)
    axes.set_ylabel(unit)
    axes.set_xlabel('pages in a batch')


BATCH_PANELS = (('instructions', 'Instructions to map a page', 'instructions per page (log scale)'),
                ('kill_stores', 'TCE-kill stores to map a page', 'stores per page (log scale)'))


def batch_pictures(rows, page):
    """Both panels alone, for the page, and together, for everything else."""
    if not batch_lines(rows, page, 'instructions'):
        return []
    pictures = []
    for key, title, unit in BATCH_PANELS:
        if not batch_lines(rows, page, key):
            continue
        figure, axes = new(height=2.75)
        batch_panel(axes[0][0], rows, page, key, title, unit)
        axes[0][0].legend(loc='lower left')
        pictures.append(Picture(f'batch-{key.replace("_", "-")}', figure, f'{title}, by pages in a batch'))
    return pictures


def batch_together(rows, page, folder):
    """For README."""
    panels = [p for p in BATCH_PANELS if batch_lines(rows, page, p[0])]
    figure, axes = new(len(panels) * PLACE, 2.75, columns=len(panels))
    for a, (key, title, unit) in zip(axes[0], panels):
        batch_panel(a, rows, page, key, title, unit)
    axes[0][0].legend(loc='lower left')
    Picture('batch', figure, '').save(folder)
    plt.close(figure)


# Guests

def hcall_label(row):
    """map 512 TCEs; unmap 64 TCEs, lazily; map a guest page of 256 TCEs"""
    name, n = re.sub('^.*hcall-', '', row['scenario']), round(row['tces_per_call'])
    what = f"{n} TCE{'s' if n > 1 else ''}"
    if 'boot-clear' in name:
        return f'clear {n} empty TCEs (boot)'
    if row['scenario'].startswith('64k'):
        what = f'a guest page of {what}'
    if 'scattered' in name:
        what = f'{n} scattered TCEs'
    lazily = 'lazy' in name and (', lazily' if row['op'] == 'unmap' else ', lazy_hcalls=1')
    return f"{row['op']} {what}{lazily or ''}"


def hcall_pictures(rows):
    rows = [r for r in rows if (r.get('upstream') or {}).get('above_null') is not None
            and (r.get('mtce-takeover') or {}).get('above_null') is not None]
    if not rows:
        return []
    figure, axes = new(height=0.8 + 0.26 * len(rows))
    axes = axes[0][0]
    for i, r in enumerate(rows):
        for j, backend in enumerate(('upstream', 'mtce-takeover')):
            axes.barh(i + 0.38 * j, r[backend]['above_null'] / r['tces_per_call'], height=0.36, color=COLOUR[backend],
                      label={'upstream': 'upstream', 'mtce-takeover': 'mtce (takeover=1)'}[backend] if i == 0 else None)
    axes.set_yticks([i + 0.19 for i in range(len(rows))],
                    [hcall_label(r) for r in rows])
    axes.invert_yaxis()
    axes.grid(axis='y', visible=False)
    axes.set_xlim(0)
    axes.xaxis.set_major_formatter(FuncFormatter(plain))
    axes.set_xlabel('instructions of the host per TCE')
    axes.set_title('A guest’s hypercalls')
    axes.legend(loc='lower right')
    return [Picture('hypercalls', figure, 'Host instructions per TCE of hypercalls, upstream and mtce')]


# Latency

def within(bins):
    """(ns, percent of calls that take no longer), of bins."""
    count, seen, points = sum(b[2] for b in bins), 0, []
    for _, high, n in bins:
        seen += n
        points.append((high, 100 * seen / count))
    return [(bins[0][0], 0)] + points


def microseconds(v, _=None):
    return f'{v:,.0f}' if v >= 1 else f'{v:g}'


def latency_panel(axes, series, title, emulated):
    """series: (label, colour, dash, bins)"""
    low, high = math.inf, 0
    for label, colour, dash, bins in series:
        points = within(bins)
        axes.step([p[0] / 1e3 for p in points], [p[1] for p in points], where='post', color=colour, linestyle=dash, label=label)
        low = min(low, points[0][0] / 1e3)
        high = max(high, next(p[0] for p in points if p[1] >= 99.5) / 1e3)
    axes.set_xscale('log')
    axes.set_xlim(low * 0.8, max(high * 1.2, low * 10))
    log_axis(axes.xaxis)
    axes.set_ylim(0, 100)
    axes.set_yticks([0, 25, 50, 75, 90, 99])
    axes.set_ylabel('% of calls within')
    axes.set_xlabel('µs per call' + (f' ({EMULATED})' if emulated else ''))
    axes.set_title(title)
    axes.legend(loc='best')


def latency_pictures(rows, emulated, chosen):
    pictures = []
    for name, step in chosen:
        row = next((r for r in rows if (r['scenario'], r['op']) == (name, step)), None)
        series = [(b, COLOUR[b], DASH[b], row[b]['latency_ns']['bins']) for b in BACKENDS
                  if row and (row.get(b) or {}).get('latency_ns', {}).get('bins')]
        if not series:
            continue
        figure, axes = new(height=2.5)
        latency_panel(axes[0][0], series, f'{name}, {step}', emulated)
        pictures.append(Picture(f'latency-{name}-{step}', figure, f'Share of calls of {name} {step} within a time'))
    return pictures


# Threads

def thread_pictures(rows):
    rows = [r for r in rows if r['op'] == 'threads' and any((r.get(b) or {}).get('scaling') is not None for b in BACKENDS)]
    if not rows:
        return []
    figure, axes = new(height=0.9 + 0.4 * len(rows))
    axes = axes[0][0]
    for i, r in enumerate(rows):
        for j, b in enumerate(BACKENDS):
            cell = r.get(b) or {}
            if cell.get('scaling') is None:
                continue
            at = i + 0.22 * (j - 1)
            axes.plot(cell.get('scaling_samples') or [cell['scaling']], [at] * len(cell.get('scaling_samples') or [0]), '|', color=COLOUR[b])
            axes.plot(cell['scaling'], at, MARK[b], color=COLOUR[b], label=b if i == 0 else None)
            if cell.get('machine_scaling') is not None:
                axes.plot(cell['machine_scaling'], at, 'x', color=SOFT, label='machine: a loop that shares nothing' if i == j == 0 else None)
    axes.set_yticks(range(len(rows)), [re.sub('^.*smp-', '', r['scenario']) for r in rows])
    axes.set_ylim(len(rows) - 0.4, -1.5)
    axes.set_xlim(0, 3.5)
    axes.set_xlabel('work of two threads over work of one (times)')
    axes.set_title('Two threads; | is a sample')
    axes.legend(loc='upper right', ncols=2)
    return [Picture('threads', figure, 'Work of two threads over that of one')]


# The sweep

def sweep_default(sweep, name):
    values = sorted({p[name] for p in sweep['points'] if p.get(name) is not None})
    try:
        mine = int(sweep['context']['mtce_parameters'][name])
    except (KeyError, ValueError):
        mine = None
    return (mine if mine in values else values[len(values) // 2]), values


def sweep_kills(p):
    if p.get('kill_stores') is None or not p.get('tces'):
        return None
    return (p['kill_stores'] - p.get('kill_counter_of_maps', 0)) / p['tces']


SWEEP_PANELS = (
    ('instructions of an unmap', 'instructions per TCE', lambda p: p.get('unmap_instructions_per_tce'), False),
    ('TCE-kill stores that unmaps owe', 'stores per TCE (log scale)', sweep_kills, True),
    ('TCEs whose page is held, at most', 'TCEs (log scale)', lambda p: p.get('held_max') or None, True),
)


def sweep_panel(axes, points, lines, value, log):
    """lines: (label, which points)"""
    for i, (label, mine) in enumerate(lines):
        xy = sorted((p['lazy_entries'], value(p)) for p in points if p.get('lazy') and mine(p) and value(p) is not None)
        if xy:
            axes.plot(*zip(*xy), marker='osD^vP'[i % 6], color=SERIES[i % 6], label=label)
    strict = [value(p) for p in points if not p.get('lazy') and value(p) is not None]
    if strict:
        axes.axhline(strict[0], color=SOFT, linestyle=':', label='strict')
    axes.set_xscale('log', base=2)
    entries = sorted({p['lazy_entries'] for p in points if p.get('lazy_entries')})
    axes.set_xticks(entries, [plain(e) for e in entries])
    if log and axes.lines:
        axes.set_yscale('log')
        log_axis(axes.yaxis)
    else:
        axes.set_ylim(0, 1.15 * max([line.get_ydata()[0] for line in axes.lines] or [1]))
        axes.yaxis.set_major_formatter(FuncFormatter(plain))
    axes.minorticks_off()
    axes.set_xlabel('lazy_entries (TCEs)')


def sweep_picture(sweep):
    """A column for each work, a row for each question."""
    timeout, timeouts = sweep_default(sweep, 'lazy_timeout_ms')
    threshold, thresholds = sweep_default(sweep, 'kill_threshold')
    works = list(sweep['works'])
    figure, axes = new(2 * PLACE, 10.2, rows=4, columns=len(works))
    for column, work in enumerate(works):
        mine = [p for p in sweep['points'] if p['work'] == work]
        usual = [p for p in mine if p['kill_threshold'] == threshold]
        by_time = [(f'{t} ms', lambda p, t=t: p['lazy_timeout_ms'] == t) for t in timeouts]
        for row, (title, unit, value, log) in enumerate(SWEEP_PANELS):
            sweep_panel(axes[row][column], usual, by_time, value, log)
            axes[row][column].set(title=f'{work}: {title}', ylabel=unit)
        last = axes[3][column]
        sweep_panel(last, [p for p in mine if not p.get('lazy') or p['lazy_timeout_ms'] == timeout],
                    [(f'over {k}', lambda p, k=k: p['kill_threshold'] == k) for k in thresholds], sweep_kills, True)
        last.set(title=f'{work}: stores, by kill_threshold ({timeout} ms)', ylabel='stores per TCE (log scale)')
        for row in range(4):
            axes[row][column].legend(ncols=2)
    return Picture('sweep', figure, 'Lazy unmaps under many settings of the driver')


# mtcelat, over time

def heat_picture(series, emulated):
    """series: (label, [(from ns, to ns, bins)])"""
    figure, axes = new(2 * PLACE, 0.6 + 2.2 * len(series), rows=len(series))
    most = max(b[2] for _, intervals in series for _, _, bins in intervals for b in bins)
    for a, (label, intervals) in zip((row[0] for row in axes), series):
        for start, end, bins in intervals:
            for low, high, n in bins:
                a.fill_between([start / 1e9, end / 1e9], max(low, 1) / 1e3, (high + 1) / 1e3, linewidth=0,
                               color=plt.cm.viridis(LogNorm(1, max(most, 2))(n)))
        a.set_yscale('log')
        a.yaxis.set_major_formatter(FuncFormatter(microseconds))
        a.set(title=label, ylabel='µs per call', xlabel='s since the start' + (f' ({EMULATED})' if emulated else ''))
    figure.colorbar(plt.cm.ScalarMappable(LogNorm(1, max(most, 2)), 'viridis'), ax=axes.ravel().tolist(), label='calls (log scale)')
    return figure
