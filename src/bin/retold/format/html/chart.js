'use strict';
/* The histogram. */
const percent = (x) => `${x.toFixed(3)}%`;
const isSame = (bin) => bin.from === bin.to;
const binName = (bin) => (isSame(bin) ? 'same' : `${decimal(bin.from)} to ${decimal(bin.to)}`);
const compact = (n) => (n < 1e4 ? number(n) : n < 1e6 ? `${Math.floor(n / 1e3)}k` : `${Math.floor(n / 1e5) / 10}M`);
const isLogarithmic = (bins) => bins.some((most) => bins.some((least) => least.pairs > 0 && most.pairs > 50 * least.pairs));

function chart(bins, threshold) {
  const [top, base, unit] = [44, 178, 100 / (bins.length + 0.5)];
  const largest = Math.max(1, ...bins.map((bin) => bin.pairs));
  const scale = isLogarithmic(bins) ? (n) => Math.log1p(n) / Math.log1p(largest) : (n) => n / largest;
  // What is the same stands apart, half a bar to the right.
  const left = (at) => (at + (isSame(bins[at]) ? 0.5 : 0)) * unit;
  const bars = bins.map((bin, at) => {
    const height = bin.pairs ? Math.max(2, scale(bin.pairs) * (base - top)) : 0;
    const middle = percent(left(at) + unit / 2);
    const side = (bin.from + bin.to) / 2 >= threshold ? 'above' : 'below';
    const tick = { x: isSame(bin) ? middle : percent(left(at)), 'text-anchor': at ? 'middle' : 'start' };
    return [
      svg('rect', { class: side, x: percent(left(at) + unit * 0.08), width: percent(unit * 0.84), y: base - height, height },
        svg('title', {}, `${binName(bin)}: ${count(bin.pairs, 'pair')}`)),
      svg('text', { class: 'value', x: middle, y: base - height - 6, 'text-anchor': 'middle' }, compact(bin.pairs)),
      svg('text', { class: at % 2 ? 'tick odd' : 'tick', y: base + 18, ...tick }, isSame(bin) ? 'same' : decimal(bin.from)),
    ];
  });
  return svg('svg', { role: 'img', width: '100%', height: 204, class: bins.length > 12 ? 'chart dense' : 'chart',
    'aria-label': `Pairs by similarity. ${bins.map((bin) => `${binName(bin)}: ${number(bin.pairs)}`).join('; ')}.` },
  bars, svg('line', { class: 'axis', x1: 0, x2: '100%', y1: base, y2: base }), thresholdMark(bins, threshold, left, unit, base));
}

function thresholdMark(bins, threshold, left, unit, base) {
  const at = Math.max(0, bins.findIndex((bin) => threshold < bin.to || isSame(bin)));
  const { from, to } = bins[at];
  const place = left(at) + (to > from ? Math.max(0, (threshold - from) / (to - from)) * unit : 0);
  const side = place > 60 ? { dx: -6, 'text-anchor': 'end' } : { dx: 6, 'text-anchor': 'start' };
  return [svg('line', { class: 'threshold', x1: percent(place), x2: percent(place), y1: 6, y2: base + 5 }),
    svg('text', { class: 'threshold', x: percent(place), y: 16, ...side }, `threshold ${decimal(threshold)}`)];
}

function thresholdTable(thresholds, chosen) {
  const row = ({ threshold, clusters, removed }) => {
    const here = Math.abs(threshold - chosen) < 1e-9;
    const label = [decimal(threshold), here && h('span', { class: 'here' }, ' this report')];
    return h('tr', { class: here ? 'chosen' : null }, h('th', { scope: 'row' }, label),
      [clusters, removed, data.summary.documents - removed].map((n) => h('td', {}, number(n))));
  };
  const titles = ['Threshold', 'Clusters', 'Removed', 'Left'].map((title) => h('th', { scope: 'col' }, title));
  return h('table', { class: 'thresholds' }, h('caption', {}, 'What each threshold would remove'),
    h('thead', {}, h('tr', {}, titles)), h('tbody', {}, thresholds.map(row)));
}

