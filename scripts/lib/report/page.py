# SPDX-License-Identifier: GPL-2.0
"""The report of a run: a page for a browser or a printer, and the short of it for a mail."""
import html
import json
import os
import tempfile
import textwrap

import draw

HERE = os.path.dirname(os.path.abspath(__file__))
BACKENDS = draw.BACKENDS
SHORT = {'upstream': 'upstream', 'mtce-takeover': 'takeover', 'mtce': 'mtce'}
# Whose latency is drawn, as far as the run has them.
TIMED = (('4k-one-page', 'map'), ('4k-range-1024', 'map'), ('4k-list-512-scattered', 'map'), ('4k-tail-range-4096', 'beside'))
COUNTERS = {'qemu-plugin': 'a plugin of QEMU, each one', 'pmu': 'the CPU', 'none': 'nobody'}
PAGES = {4096: '4 KiB', 65536: '64 KiB', 1 << 24: '16 MiB'}
esc = html.escape


def number(v):
    """As mtce-compare has it: three digits that matter; thousands with commas."""
    if v is None:
        return '–'
    a = abs(v)
    if a == 0:
        return '0'
    if a < 0.0005:
        return '&lt;.001'
    if a < 999500:
        return f'{v:.3f}' if a < 0.9995 else f'{v:.2f}' if a < 9.995 else f'{v:.1f}' if a < 99.95 else f'{v:,.0f}'
    return f'{v / 1e6:,.1f}M'


def text(v):
    return html.unescape(number(v))


def value(v, small=''):
    """A cell of a table, with the exact value for programs."""
    if v is None:
        return '<td class="n none">–</td>'
    return f'<td class="n {small}"><data value="{v!r}">{number(v)}</data></td>'


def cell(row, backend):
    return row.get(backend) or {'state': 'absent'}


def state_cell(c, key, small=''):
    if c['state'] == 'measured':
        return value(c.get(key), small)
    return f'<td class="n {c["state"]}">{ {"failed": "FAILED", "skipped": "skip", "absent": "–"}[c["state"]] }</td>'


def table(head, rows, kind=''):
    columns = ''.join(f'<th{" class=n" if h.startswith("#") else ""}>{h.lstrip("#")}</th>'.replace('class=n', 'class="n"') for h in head)
    return f'<div class="scroll"><table class="{kind}">\n<thead><tr>{columns}</tr></thead>\n<tbody>\n' + '\n'.join(rows) + '\n</tbody></table></div>'


def fold(title, body):
    return f'<details><summary>{title}</summary>\n{body}\n</details>'


class Report:
    def __init__(self, folder, data, more, sweep, replays):
        self.folder, self.data, self.sweep, self.replays = folder, data, sweep, replays
        self.run = data['runs'][0]
        self.context = self.run['context']
        self.comparison = data['comparisons'][0]
        self.rows = self.comparison['rows']
        self.more = more
        known = {(r['scenario'], r['op']) for r in self.rows}
        # (row, folder of its run): rows that this run lacks.
        self.added = [(r, f) for f, d in more for r in d['comparisons'][0]['rows'] if (r['scenario'], r['op']) not in known]
        self.emulated = self.context.get('emulated')
        self.name = os.path.basename(os.path.realpath(folder))
        self.commit = (self.context.get('mtce_commit') or 'unknown')[:10]
        sizes = [p for n, p in ((4096, '4k'), (65536, '64k'), (1 << 24, '16m')) if draw.batch_lines(self.rows, p, 'instructions')]
        self.page = sizes[0] if sizes else '4k'
        self.parts = {}
        self.measured = [b for b in BACKENDS if any(cell(r, b)['state'] == 'measured' for r in self.rows)]
        # Upstream alone: nothing is compared.
        self.baseline = self.measured == ['upstream']
        partial = self.run.get('partial')
        self.partial = (f'Partial: the run was interrupted after {100 * partial["turns_done"] // max(partial["turns"], 1)} % of it; '
                        'what is not here was not measured.') if partial else ''

    # Pictures

    def draw(self, folder):
        groups = {
            'batch': draw.batch_pictures(self.rows, self.page),
            'guests': draw.hcall_pictures(self.hcalls()),
            'latency': draw.latency_pictures(self.rows, self.emulated, TIMED),
            'threads': draw.thread_pictures(self.rows),
            'sweep': [draw.sweep_picture(self.sweep[1])] if self.sweep else [],
        }
        if groups['batch']:
            draw.batch_together(self.rows, self.page, folder)
        with tempfile.TemporaryDirectory() as work:
            for group, pictures in groups.items():
                self.parts[group] = []
                for p in pictures:
                    p.save(folder)
                    self.parts[group].append((p.name, p.inline(work)))

    def gallery(self, group, kind=''):
        if not self.parts.get(group):
            return ''
        figures = ''.join(f'<figure>\n{svg}\n<figcaption><a href="pictures/{name}.svg">SVG</a> <a href="pictures/{name}.png">PNG</a></figcaption></figure>\n'
                          for name, svg in self.parts[group])
        return f'<div class="gallery {kind}">\n{figures}</div>'

    # What is said first

    def headline(self):
        """(sentence, None) or why there is none."""
        best = None
        for kind, sizes in draw.batches(self.rows, self.page).items():
            for n, r in sizes.items():
                if kind == 'update' and r.get('ratio') and n > 1 and (best is None or n == 512):
                    best = (n, r)
        if not best and self.baseline:
            one = next((cell(r, 'upstream') for r in self.rows if (r['scenario'], r['op']) == ('4k-one-page', 'map')), {})
            return 'A baseline: upstream alone, without mtce.' + (
                f' To map a page takes {text(one["instructions"])} instructions.' if one.get('instructions') else '')
        if not best:
            return 'This run has no batches, so it does not say what batching saves.'
        n, r = best
        up, mtce = cell(r, 'upstream'), cell(r, 'mtce')
        kills = ''
        if up.get('kill_stores') and mtce.get('kill_stores') is not None:
            kills = f', and {text(mtce["kill_stores"] * n)} stores to the TCE-kill register in place of {text(up["kill_stores"] * n)}'
            kills = kills.replace(' 1.00 stores', ' one store').replace(' 1 stores', ' one store')
        return (f'Mapping {n} pages in one call takes {text(r["ratio"])} times fewer instructions than upstream’s call for each page '
                f'({text(mtce["instructions"])} a page, not {text(up["instructions"])}){kills}.')

    def hcalls(self):
        rows = self.rows + [r for r, _ in self.added]
        # To replace, something is mapped first and cleared in the end: other scenarios have that.
        return [r for r in rows if cell(r, 'upstream').get('above_null') is not None and ('replace' not in r['scenario'] or r['op'] == 'replace')]

    def hcall_run(self):
        folders = {f for r, f in self.added if cell(r, 'upstream').get('above_null') is not None}
        return ' The figures are of ' + ', '.join(self.link(f) for f in sorted(folders)) + '.' if folders else ''

    def link(self, folder):
        path = os.path.relpath(os.path.realpath(folder), os.path.realpath(self.folder))
        return f'<a href="{esc(path)}">{esc(os.path.basename(os.path.realpath(folder)))}</a>'

    # Parts of the page

    def first(self):
        where = f'{self.machine()}, kernel {esc(self.context["kernel"])}, {self.context.get("date", "")[:10]}, mtce {esc(self.commit)}' + (
            ' with local changes' if self.context.get('mtce_dirty') else '') + f'; instructions counted by {COUNTERS[self.run["instructions_counted_by"]]}'
        counted = ' and '.join(what for what, key in (('instructions', 'instructions'), ('kill stores', 'kill_stores'))
                               if any(cell(r, b).get(key) is not None for r in self.rows for b in BACKENDS))
        counted = counted and f'{counted} are counted and can be compared; '
        caution = f'<p class="caution"><strong>Emulated:</strong> {counted}times are the emulator’s, not POWER8 latency.</p>' if self.emulated else ''
        caution += ''.join(f'\n<p class="caution"><strong>Not counted:</strong> {esc(u)}</p>' for u in self.uncounted())
        partial = f'<p class="caution"><strong>{esc(self.partial)}</strong></p>\n' if self.partial else ''
        return f'{partial}<h1>{esc(self.headline())}</h1>\n{self.gallery("batch", "lead")}\n<p class="note">{where}</p>\n{caution}'

    def uncounted(self):
        return [f'{u["what"]} of {u["rows"]} rows ({SHORT[u["backend"]]}): {u["reason"]}' for u in self.comparison['uncounted']]

    def machine(self):
        m = self.context.get('machine', {})
        return esc(f'{m.get("cpu", "unknown CPU").split(",")[0]}, {m.get("model", "unknown model")}')

    def guests(self):
        rows = self.hcalls()
        if self.baseline:
            return ''
        if not rows:
            return ('<h2 id="guests">Guests, by hypercall</h2>\n<p>This run has no hypercalls of a KVM guest; '
                    '<code>scripts/report --with</code> shows those of another.</p>')
        lines = []
        for r in rows:
            cells = ''.join(value(cell(r, b).get('above_null')) for b in ('upstream', 'mtce-takeover'))
            kills = ''.join(value(cell(r, b).get('kill_stores'), 'small') for b in ('upstream', 'mtce-takeover'))
            lines.append(f'<tr><th>{esc(draw.hcall_label(r))}</th>{cells}{kills}</tr>')
        out = [c for b in ('upstream', 'mtce-takeover') for r in rows for c in [cell(r, b).get('exits')] if c]
        said = 'None of them leaves for user space.' if not out else f'{len(out)} rows leave for user space.'
        named = {(r['scenario'], r['op']) for r in rows}
        dearer = [r for d in [self.data] + [d for _, d in self.more] for r in d['comparisons'][0]['dearer']['rows'] if (r['scenario'], r['op']) in named]
        return (f'<h2 id="guests">Guests, by hypercall</h2>\n<p>KVM does a guest’s TCE hypercalls inside the kernel, on upstream’s tables and on mtce’s. '
                f'{len(dearer)} of {len(rows)} are <a href="#dearer">dearer on mtce</a>. {said} Instructions are the host’s, beyond those of a hypercall that does nothing.{self.hcall_run()}</p>\n'
                f'<div class="pair">{self.gallery("guests")}\n' +
                table(['a hypercall', '#instr., upstream', '#mtce', '#kills, upstream', '#mtce'], lines, 'guests') + '</div>')

    def dearer(self):
        if self.baseline:
            return ''
        runs = [(self.comparison, '')] + [(d['comparisons'][0], f' ({self.link(f)})') for f, d in self.more]
        count, of = len(self.comparison['dearer']['rows']), self.comparison['dearer']['of']
        parts = [f'<h2 id="dearer">What is dearer than upstream: {count} of {of} rows</h2>\n<p>By {self.comparison["dearer"]["least_percent"]} % and more, '
                 'with mtce or with mtce under upstream’s types (takeover). For each reason the row that is dearer by most.</p>']
        lines, details = [], []
        for c, where in runs:
            for name, why in c['dearer']['reasons'].items():
                mine = [r for r in c['dearer']['rows'] if r['reason'] == name]
                worst = max(mine, key=lambda r: r['change_percent'])
                change = f'+{worst["change_percent"]:.0f} %' if worst['change_percent'] < 1000 else 'not comparable'
                lines.append(f'<tr class="group"><th colspan="5"><span>{esc(name)}</span>: <small>{len(mine)} row{"s" * (len(mine) > 1)}{where}: {esc(why)}</small></th></tr>')
                lines.append(self.dearer_row(worst, change))
                details += [self.dearer_row(r, f'+{r["change_percent"]:.1f} %') for r in mine]
        head = ['scenario and step', '#upstream', '#takeover', '#mtce', '#dearer by']
        parts.append(table(head, lines, 'dearer'))
        lazy = [f'<tr><th>{esc(r["scenario"])} {esc(r["op"])}</th>{value(r["strict"])}{value(r["lazy"])}{value(r["lazy"] - r["strict"])}</tr>'
                for r in self.comparison['dearer']['lazy']]
        body = table(head, details, 'dearer')
        if lazy:
            body += '<h3>Lazy unmaps beside strict ones, mtce, and the maps beside them</h3>' + table(['scenario and step', '#strict', '#lazy', '#more'], lazy)
        parts.append(fold('All of these rows', body))
        return '\n'.join(parts)

    @staticmethod
    def dearer_row(r, change):
        # Where mtce itself is cheaper, it is the other column.
        if (r.get('mtce') or 0) <= (r.get('upstream') or 0) < (r.get('mtce-takeover') or 0):
            change = f'takeover {change}'
        return (f'<tr><th>{esc(r["scenario"])} {esc(r["op"])}</th>' + ''.join(value(r.get(b)) for b in BACKENDS) + f'<td class="n">{change}'
                + ('' if r['tested'] else ' <abbr title="too few samples for a test">?</abbr>') + '</td></tr>')

    def latency(self):
        lines = []
        for r in self.rows:
            timed = [b for b in BACKENDS if cell(r, b).get('latency_ns')]
            if not timed:
                continue
            cells = ''.join(f'<td class="n">{number(self.us(r, b, q))}</td>' for b in BACKENDS for q in ('p50', 'p99'))
            lines.append(f'<tr data-time="{esc(r["scenario"])} {esc(r["op"])}"><th>{esc(r["scenario"])}</th><td>{esc(r["op"])}</td>{cells}</tr>')
        if not lines:
            return ''
        label = 'emulated time, not POWER8 latency' if self.emulated else 'measured on this machine'
        head = ['scenario', 'step'] + [f'#{SHORT[b]} {q}' for b in BACKENDS for q in ('p50', 'p99')]
        return (f'<h2 id="latency">Latency: {label}</h2>\n{self.gallery("latency")}\n' +
                fold('µs per call of all scenarios', '<p class="note">A percentile needs ten calls beyond it; otherwise there is none.</p>' + table(head, lines)))

    @staticmethod
    def us(row, backend, quantile):
        v = (cell(row, backend).get('latency_ns') or {}).get(quantile)
        return None if v is None else v / 1e3

    def all_rows(self):
        lines, last = [], None
        for r in self.rows + [r for r, _ in self.added]:
            if r['op'] == 'threads':
                continue
            group = 'in all, per call' if r['per'] == 'call' else f'TCEs of {PAGES.get(r["tce_page"], r["tce_page"])}, per TCE'
            if group != last:
                lines.append(f'<tr class="group"><th colspan="9"><span>{group}</span></th></tr>')
            last = group
            counted = any(cell(r, b).get('instructions') is not None or cell(r, b).get('kill_stores') is not None for b in BACKENDS)
            key = 'data-row' if counted or r['op'] == '-' else 'data-timed'
            lines.append(f'<tr {key}="{esc(r["scenario"])} {esc(r["op"])}"><th>{esc(r["scenario"])}<small>{esc(r["sentence"])}</small></th><td>{esc(r["op"])}</td>' +
                         ''.join(state_cell(cell(r, b), 'instructions') for b in BACKENDS) + value(r['ratio']) +
                         ''.join(state_cell(cell(r, b), 'kill_stores', 'small') for b in BACKENDS) + '</tr>')
        head = ['scenario', 'step', '#upstream', '#takeover', '#mtce', '#ratio', '#kills upstream', '#takeover', '#mtce']
        return '<p class="note">Ratio: instructions of upstream divided by those of mtce; below 1 upstream is cheaper.</p>' + table(head, lines, 'rows')

    def families(self):
        if self.baseline:
            return ''
        lines = [f'<tr><th>{esc(f["family"])}</th><td>{esc(f["op"])}</td><td class="n">{f["rows"]}</td>{value(f["geometric_mean"])}{value(f["least"])}{value(f["most"])}</tr>'
                 for f in self.comparison['families']]
        return table(['kind of work', 'step', '#rows', '#geometric mean', '#least', '#most'], lines)

    def threads(self):
        lines = []
        for r in self.rows:
            for b in BACKENDS:
                c = cell(r, b)
                if r['op'] == 'threads' and c.get('scaling') is not None:
                    keys = ('one_thread_per_second', 'two_threads_per_second', 'one_thread_instructions', 'instructions', 'scaling', 'machine_scaling', 'share_of_machine')
                    lines.append(f'<tr data-row="{esc(r["scenario"])} threads {b}"><th>{esc(r["scenario"])}</th><td>{SHORT[b]}</td>' + ''.join(value(c.get(k)) for k in keys) + '</tr>')
        if not lines:
            return ''
        note = 'Scaling: work of two threads over that of one. Machine: the same of a loop beside it that shares nothing. Share: scaling over machine.'
        return f'<p class="note">{note}</p>{self.gallery("threads")}' + table(
            ['scenario', 'back end', '#one thread, TCEs/s', '#two threads, TCEs/s', '#instr., one', '#instr., two', '#scaling', '#machine', '#share'], lines)

    def goals(self):
        lines = [f'<tr{"" if g["met"] else " class=missed"}><th>{esc(g["scenario"])}</th><td>{esc(g["op"])}</td><td>{SHORT[g["backend"]]}</td><td>{esc(g["what"])}</td>'
                 f'{value(g["value"])}<td>{g["limit_is"]}</td>{value(g["limit"])}<td class="said">{"met" if g["met"] else "MISSED"}</td></tr>'.replace('class=missed', 'class="missed"')
                 for g in self.comparison['goals']]
        return table(['scenario', 'step', 'back end', 'what', '#is', '', '#goal', ''], lines) if lines else ''

    def sweeps(self):
        if not self.sweep:
            return ''
        said = ''.join(f'<li>{esc(k)}: {esc(v)}</li>' for k, v in self.sweep[1]['works'].items())
        return f'<p class="note">Of {self.link(self.sweep[0])}. What depends on time is the emulator’s.</p><ul>{said}</ul>{self.gallery("sweep", "wide")}'

    def replay(self, folder, data, parts):
        lines = []
        for part, rows in parts.items():
            lines.append(f'<tr class="group"><th colspan="6"><span>{esc(part)}: {rows[0]["hypercalls"]:,} hypercalls on {rows[0]["tces"]:,} TCEs</span></th></tr>')
            lines += [f'<tr><th>{SHORT[r["backend"]]}</th><td>{esc(r["way"])}</td>{value(r.get("exits", r["ioctls"]))}{value(r["instructions_per_tce"])}{value(r.get("kill_stores_per_tce"))}</tr>'
                      for r in rows]
        return (f'<p class="note">Of {self.link(folder)}, commit {esc((data["context"].get("mtce_commit") or "unknown")[:10])}. Per TCE; ioctls of kvm are hypercalls that KVM passes on.</p>'
                + table(['back end', 'way', '#ioctls', '#instructions', '#kill stores'], lines))

    def reasons(self):
        """{(state, reason): names} of what was not measured."""
        found = {}
        for r in self.rows:
            for b in BACKENDS:
                c = cell(r, b)
                if c['state'] in ('skipped', 'failed'):
                    names = found.setdefault((c['state'], c.get('reason', '')), {})
                    names.setdefault(r['scenario'], []).append(b)
        return found

    def unmeasured(self):
        items = ''
        for (state, why), names in self.reasons().items():
            who = ', '.join('<span>' + esc(n) + '</span> (' + ', '.join(b) + ')' for n, b in names.items())
            items += f'<li><strong>{state}</strong> {who}: {esc(why)}</li>'
        return f'<ul>{items}</ul>' if items else ''

    def where(self):
        files = [n for n in ('bench.json', 'table.txt', 'kills.tsv', 'context.json') if os.path.exists(os.path.join(self.folder, n))]
        links = ', '.join(f'<a href="{n}">{n}</a>' for n in files)
        dump = {k: self.run[k] for k in ('partial', 'context', 'effort', 'floor', 'stalls') if self.run.get(k)}
        for part in dump.values():
            for v in part.values():
                if isinstance(v, dict):
                    v.pop('bins', None)
        return f'<p>Files: {links}</p><div class="scroll"><pre>{esc(json.dumps(dump, indent=1, ensure_ascii=False))}</pre></div>'

    def rest(self):
        parts = [('By kind of work: what mtce saves', self.families()), ('All scenarios and steps: instructions and kill stores', self.all_rows()),
                 ('Two threads', self.threads()), (f'Goals: {sum(not g["met"] for g in self.comparison["goals"])} of {len(self.comparison["goals"])} goals missed', self.goals()),
                 ('Sweep: lazy unmaps under many settings', self.sweeps())]
        parts += [(f'Replay: {esc(data["stream"]["name"])}', self.replay(folder, data, rows)) for folder, data, rows in self.replays]
        parts += [('Not measured, and why', self.unmeasured()), ('Where and how it was measured', self.where())]
        return '<h2 id="rest">The rest</h2>\n' + '\n'.join(fold(title, body) for title, body in parts if body)

    def html(self):
        with open(os.path.join(HERE, 'report.css'), encoding='utf-8') as f:
            css = f.read()
        body = '\n'.join([self.first(), self.guests(), self.dearer(), self.latency(), self.rest()])
        return (f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
                f'<title>mtce {esc(self.commit)}: {esc(self.name)}</title>\n<style>\n{css}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n')

    # The mail

    def summary(self):
        out = [f'# mtce {self.commit}: a benchmark run', '']
        if self.partial:
            out += wrap(f'**{self.partial}**') + ['']
        out += wrap(self.headline()) + ['']
        machine = self.context.get('machine', {})
        about = [f'{machine.get("model", "unknown machine")}, {machine.get("cpu", "unknown CPU")}' + (f', {self.context.get("qemu")}' if self.context.get('qemu') else ''),
                 f'kernel {self.context["kernel"]}, {self.context.get("page_size", 0) // 1024} KiB pages', f'{self.context.get("date", "")}, run {self.name}']
        if self.emulated:
            about.append('**Emulated: what is counted can be compared; nothing here is POWER8 latency.**')
        about += [f'**Not counted:** {u}' for u in self.uncounted()]
        out += [line for a in about for line in wrap(a, '- ')] + ['']
        shown = self.measured if self.baseline else BACKENDS
        out += ['## Headlines, instructions', '', '|' + '|'.join([f'{"scenario, step":32}'] + [f'{SHORT[b]:>9}' for b in shown]) + ('' if self.baseline else '| ratio') + '|',
                '|:' + '-' * 31 + ('|' + '-' * 8 + ':') * len(shown) + ('' if self.baseline else '|-----:') + '|']
        for r in self.rows:
            if r['headline'] and any(cell(r, b).get('instructions') is not None for b in BACKENDS):
                out.append('|' + '|'.join([f'{r["scenario"] + " " + r["op"]:32.32}'] + [f'{text(cell(r, b).get("instructions")):>9}' for b in shown])
                           + ('|' if self.baseline else f'|{text(r["ratio"]):>6}|'))
        if not self.baseline:
            out += self.summary_compared()
        if self.reasons():
            out += ['', '## Not measured', '']
            for (state, why), names in self.reasons().items():
                out += wrap(f'{state}: {", ".join(names)}: {why}', '- ')
        return '\n'.join(out) + '\n'

    def summary_compared(self):
        d = self.comparison['dearer']
        out = ['', f'## Dearer than upstream: {len(d["rows"])} of {d["of"]} rows', '']
        for name, why in d['reasons'].items():
            worst = max((r for r in d['rows'] if r['reason'] == name), key=lambda r: r['change_percent'])
            by = f' +{worst["change_percent"]:.0f} %' if worst['change_percent'] < 1000 else ''
            out += wrap(f'{name} ({worst["scenario"]} {worst["op"]}{by}): {why}', '- ')
        missed = [g for g in self.comparison['goals'] if not g['met']]
        out += ['', '## Goals', '', f'{len(missed)} of {len(self.comparison["goals"])} goals missed', '']
        for g in missed:
            out += wrap(f'{g["backend"]}, {g["scenario"]} {g["op"]}, {g["what"]}: {text(g["value"])}, goal {g["limit_is"]} {text(g["limit"])}', '- ')
        return out


def wrap(words, first=''):
    return textwrap.wrap(words, 79, initial_indent=first, subsequent_indent=' ' * len(first), break_long_words=False)
