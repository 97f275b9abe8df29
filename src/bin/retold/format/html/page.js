const data = JSON.parse(document.getElementById('data').textContent);
const [CHUNK, EXCERPT, DEBOUNCE_MS] = [100, 180, 120];

// Invisible characters that can make one text look like another. Joiners (200c, 200d) are left: scripts and emoji need them.
const HIDDEN =
  /([\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}])/gu;
const search = { words: [], pattern: HIDDEN };
const opened = new Set();
const overview = []; // What is no list, and gives way to the matches of a search.

const byId = (id) => document.getElementById(id);
const list = (key) => data[key] || [];
const allOf = (key) => (list('left_out').find((note) => note.what === key) || { all: list(key).length }).all;
const number = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ',');
const count = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;
const escapeOf = (character) => {
  const code = character.codePointAt(0).toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
};
// Rounded down, so that only what is the same reads as 1.
const decimal = (x) => String(Math.floor(x * 1000 + 1e-6) / 1000);

/* Elements. Strings become text nodes, never markup; what is falsy is left out. */
function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child));
  return element;
}

const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) =>
  fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);

/* The nodes that show a text of a document: hidden characters as escapes, the words searched for marked. */
function shown(text) {
  const clean = text.replaceAll('\r\n', '\n');
  const nodes = [];
  let end = 0;
  for (const match of clean.matchAll(search.pattern)) {
    const special = match[1] ? h('span', { class: 'esc' }, escapeOf(match[1])) : h('mark', {}, match[0]);
    nodes.push(clean.slice(end, match.index), special);
    end = match.index + match[0].length;
  }
  return [...nodes, clean.slice(end)];
}
const named = (text) => h('bdi', { class: 'name', dir: 'ltr' }, shown(text));
const words = (text, tag = 'span') => h(tag, { class: 'text', dir: 'auto' }, shown(text));
const badge = (kind, label = kind) => h('span', { class: `badge ${kind}` }, label);
const aside = (...text) => h('p', { class: 'aside' }, text);
const meta = (...parts) => h('span', { class: 'meta' }, parts.flat().filter((part) => part).map((part) => h('span', {}, part)));
const range = ([from, to]) => (from === to ? `line ${number(from)}` : `lines ${number(from)}–${number(to)}`);
const excerpt = (text) => {
  const line = text.slice(0, EXCERPT * 4).replace(/[ \t\r\n]+/g, ' ').trim();
  return words(line.length <= EXCERPT ? line : `${line.slice(0, EXCERPT).replace(/( \S{0,20}|[\ud800-\udbff])$/, '')} …`);
};
const lineNumbers = (lines, most = 12) => {
  const rest = lines.length > most ? ` and ${number(lines.length - most)} more` : '';
  return `line${lines.length === 1 ? '' : 's'} ${lines.slice(0, most).map(number).join(', ')}${rest}`;
};

/* A long list in parts, each further one at the press of a button. */
function paged(holder, items, make, first = 0) {
  const more = h('button', { type: 'button', class: 'more' });
  const printed = h('p', { class: 'printed' });
  let next = first;
  const forward = () => {
    const made = items.slice(next, next + CHUNK).map((item) => make(item));
    holder.append(...made);
    next += made.length;
    const left = items.length - next;
    more.hidden = left === 0;
    more.textContent = `Show ${number(Math.min(CHUNK, left))} more of ${number(left)}`;
    printed.textContent = next - first < items.length ? `${number(next - first)} of ${number(items.length)} are printed here.` : '';
    return made[0];
  };
  more.addEventListener('click', () => focusEntry(forward()));
  forward();
  return { nodes: [holder, more, printed], forward, hasMore: () => next < items.length };
}

/* A document and the one that it stands in. */
function within({ document: name, within: place, kind = 'contained', jaccard, containment }) {
  const share = `${decimal(containment)} of it stands there`;
  const figures = { exact: ['the same words'], near: [`similarity ${decimal(jaccard)}`, share], contained: [share] }[kind];
  return [h('span', { class: 'pair' }, named(name), h('span', {}, h('span', { class: 'meta' }, 'in '), named(place))), meta(badge(kind), figures)];
}

const comparisonOf = (item) => list('comparisons')[item.comparison];
const elsewhere = {
  text: (found) => [found.document, found.within, ...comparisonTexts(found)].join('\n'), head: within,
  opens: comparisonOf, body: (found) => comparisonView(found.within, found.document, comparisonOf(found)),
};

/* Sections. `head` makes what is always seen of an entry, `body` what opens, if it `opens`; `text` is what the search reads. */
const SECTIONS = [
  { id: 'near-threshold', entry: 'pair', keys: ['near_threshold'], text: (pair) => [pair.a, pair.b, ...comparisonTexts(pair)].join('\n'),
    opens: comparisonOf, body: (pair) => comparisonView(pair.a, pair.b, comparisonOf(pair)),
    head: (pair) => [h('span', { class: 'pair' }, named(pair.a), named(pair.b)),
      meta(badge(pair.side, pair.side === 'above' ? 'duplicate' : 'not reported'), `similarity ${decimal(pair.jaccard)}`)] },
  { id: 'clusters', entry: 'cluster', keys: ['clusters', 'comparisons'],
    text: (cluster) => [cluster.representative, ...cluster.members.flatMap(memberTexts)].join('\n'),
    head: (cluster) => [named(cluster.representative), meta(count(cluster.size, 'document'), kinds(cluster),
      cluster.min_jaccard < 1 && `similarity at least ${decimal(cluster.min_jaccard)}`)],
    body: (cluster) => {
      const first = h('li', {}, h('div', { class: 'member-line' }, badge('first'), named(cluster.representative)));
      const { nodes } = paged(h('ul', { class: 'items' }, first), cluster.members, (member) => memberItem(cluster, member));
      return [nodes, cluster.more_members > 0 && aside(`and ${count(cluster.more_members, 'more member')}, which the JSON report names`)];
    } },
  { id: 'leaks', entry: 'leak', keys: ['leaks'], ...elsewhere },
  { id: 'contained', entry: 'contained-document', keys: ['contained_documents'], ...elsewhere },
  { id: 'passages', entry: 'passage', keys: ['passages'],
    text: (passage) => [passage.text, ...passage.places.map((place) => place.document)].join('\n'),
    head: (passage) => [excerpt(passage.text), meta(count(passage.tokens, 'token'), `in ${count(passage.documents, 'document')}`,
      passage.period && `says itself again every ${passage.period === 1 ? 'token' : `${number(passage.period)} tokens`}`)],
    body: (passage) => [
      words(passage.text, 'blockquote'),
      paged(h('ul', { class: 'items' }), passage.places, ({ document: at, lines, bytes: [from, to] }) =>
        h('li', {}, named(at), ' ', meta(range(lines), `bytes ${number(from)}–${number(to)}`))).nodes,
      passage.more_places > 0 && aside(`and ${count(passage.more_places, 'more place')}, which the JSON report names`),
    ] },
  { id: 'repeated-lines', entry: 'repeated-line', keys: ['repeated_lines', 'contexts'],
    text: (line) => `${line.document}\n${line.text}`,
    head: (line) => [excerpt(line.text), meta(named(line.document), lineNumbers(line.lines),
      line.kind === 'near' && `nearly the same, similarity ${decimal(line.similarity)}`)],
    body: (line) => (line.context ? contextTable(line.context)
      : [words(line.text, 'blockquote'), aside(lineNumbers(line.lines, Infinity), '; the neighbouring lines are not in this page')]) },
  { id: 'boilerplate', entry: 'boilerplate-line', keys: ['boilerplate'],
    text: (line) => [line.text, ...line.examples.map((example) => example.document)].join('\n'),
    head: (line) => [excerpt(line.text), meta(`in ${count(line.documents, 'document')}`, count(line.occurrences, 'time'))],
    body: (line) => [
      line.text.length > EXCERPT && words(line.text, 'blockquote'),
      aside(line.examples.length < line.occurrences ? 'for example in' : 'in'),
      h('ul', { class: 'items' }, line.examples.map((at) => h('li', {}, named(at.document), ' ', meta(range([at.line, at.line]))))),
    ] },
  { id: 'repetition', entry: 'repetitive-document', keys: ['repetition'],
    text: (item) => item.document,
    head: (item) => [named(item.document), meta(item.exceeds.map(({ figure, value, limit }) =>
      [shown(figure.replaceAll('_', ' ')), ` ${decimal(value)} (limit ${decimal(limit)})`]))] },
  { id: 'empty', entry: 'empty-document', keys: ['empty_documents'],
    text: (item) => item, head: (item) => [named(item)] },
  { id: 'encodings', entry: 'encoding', keys: ['encodings'],
    text: (item) => `${item.document}\n${item.encoding}`,
    head: (item) => [named(item.document), meta([shown(item.encoding)],
      item.replaced > 0 && `${count(item.replaced, 'place')} could not be decoded`)] },
  { id: 'problems', entry: 'problem', keys: ['problems'],
    text: (item) => `${item.path}\n${item.reason}`,
    head: (item) => [words(item.reason), meta(named(item.path), item.record !== null && `record ${number(item.record)}`)] },
];

const kinds = ({ size, exact }) => [[exact, 'exact'], [size - 1 - exact, 'near']].map(([found, kind]) => found > 0 && `${number(found)} ${kind}`);
const sideText = (cell) => (cell ? cell[1].map((segment) => segment[1]).join('') : '');
const rowTexts = (row) => (row.kind === 'same' ? [sideText(row.left)] : [sideText(row.left), sideText(row.right)]);
const comparisonTexts = (item) => (comparisonOf(item)?.rows || []).flatMap(rowTexts);
const memberTexts = (member) => [member.document, ...comparisonTexts(member)];

function memberItem(cluster, member) {
  const comparison = comparisonOf(member);
  const figures = member.kind === 'exact' ? ['the same words']
    : [`similarity ${decimal(member.jaccard)}`,
      member.same_as ? `the same words as ${member.same_as}` : `${decimal(member.containment)} of it is in the first`];
  const inside = () => comparisonView(cluster.representative, member.document, comparison);
  const { button, panel } = opener('toggle compare', ['Compare'], inside);
  const line = [badge(member.kind), named(member.document), meta(figures), comparison && button];
  return h('li', { class: 'member' }, h('div', { class: 'member-line' }, line), comparison && panel);
}

/* Texts side by side, and lines among their neighbours. */
const gapRow = (columns, text) => h('tr', { class: 'gap' }, h('td', { colspan: columns }, `⋯ ${text}`));
function comparisonView(left, right, { rows, cut }) {
  const [body, ...rest] = paged(h('tbody', {}), rows, comparisonRow).nodes;
  const heading = (sign, document) => h('th', { colspan: 2, scope: 'colgroup' }, h('span', { class: 'sign' }, sign), named(document));
  const table = h('table', { class: 'comparison' },
    h('caption', { class: 'unseen' }, 'The two documents side by side'),
    h('colgroup', {}, ['no', 'side', 'no', 'side'].map((kind) => h('col', { class: kind }))),
    h('thead', {}, h('tr', {}, heading('−', left), heading('+', right))), body);
  return [table, ...rest, cut && aside('The rest is left out here, as the texts are long.')];
}

function comparisonRow(row) {
  if (row.kind === 'gap') return gapRow(4, `${count(row.lines, 'line')} the same`);
  return h('tr', { class: row.kind }, sideCells(row, 'left', 'del'), sideCells(row, 'right', 'ins'));
}

function sideCells(row, side, tag) {
  const cell = row[side];
  if (!cell) return [h('td', { class: `no ${side} none` }), h('td', { class: `${side} none` })];
  const texts = cell[1].map(([changed, text]) => h(changed ? tag : 'span', {}, shown(text)));
  const kind = cell[1].some(([changed]) => changed) ? `${side} differs` : side;
  return [h('td', { class: `no ${kind}` }, cell[0] !== null && number(cell[0])), h('td', { class: kind, dir: 'auto' }, texts)];
}

function contextTable(context) {
  const rows = context.flatMap(([line, text, repeated], at) => {
    const missing = at ? line - context[at - 1][0] - 1 : 0;
    const told = repeated ? h('span', { class: 'unseen' }, 'repeated: ') : null;
    return [missing > 0 && gapRow(2, `${count(missing, 'line')} between`), h('tr', { class: told && 'repeated' },
      h('td', { class: 'no' }, number(line)), h('td', { dir: 'auto' }, told, shown(text)))];
  });
  return [h('table', { class: 'context' }, h('caption', { class: 'unseen' }, 'The line among its neighbours'), h('tbody', {}, rows))];
}

/* Entries: a button and the panel it opens, which is filled when it first opens. */
function opener(className, label, inside, onClick = () => {}) {
  const panel = h('div', { class: 'panel', hidden: true });
  const button = h('button', { type: 'button', class: className, 'aria-expanded': 'false' }, label);
  const set = (open) => {
    button.setAttribute('aria-expanded', String(open));
    panel.hidden = !open;
    if (open && !panel.firstChild) fill(panel, {}, inside());
  };
  button.addEventListener('click', () => { set(panel.hidden); onClick(!panel.hidden); });
  return { button, panel, set };
}

function entry(section, index) {
  const item = section.all[index];
  const id = `${section.entry}-${index + 1}`;
  const head = [h('span', { class: 'ordinal' }, number(index + 1)), h('span', { class: 'head' }, section.head(item))];
  if (!section.body || (section.opens && !section.opens(item))) return h('li', { class: 'entry static', id, tabindex: -1 }, head);
  const { button, panel, set } = opener('toggle', head, () => section.body(item), (open) => {
    opened[open ? 'add' : 'delete'](id);
    writeHash(open ? id : null);
  });
  if (opened.has(id)) set(true);
  return h('li', { class: 'entry', id }, h('h3', {}, button), panel);
}

function setUp(section) {
  section.all = list(section.keys[0]);
  section.leftOut = list('left_out').filter((note) => section.keys.includes(note.what));
  section.element = byId(section.id);
  section.list = h('div', {});
  section.element.append(...section.leftOut.map(leftOutNote), section.list);
  section.link = navLink(section.id);
}

function navLink(id) {
  const title = h('span', {}, byId(`${id}-title`).textContent.trim());
  return byId('nav').appendChild(h('li', {}, h('a', { href: `#${id}` }, title, h('span', { class: 'total' }))));
}

const leftOutNote = ({ what, shown: some, all }) => h('p', { class: 'note' },
  `${number(some)} of ${number(all)} ${what.replaceAll('_', ' ')} are in this page. `,
  what === 'comparisons' ? 'retold compare A B shows any two documents.' : what !== 'contexts' && 'The JSON report holds all of them.');

function draw(section, first = 0) {
  const { matching, all, leftOut } = section;
  const of = searching() ? ` of ${number(all.length)}` : '';
  section.link.querySelector('.total').textContent = number(matching.length);
  section.element.querySelector('.total').textContent = number(matching.length) + of;
  section.element.hidden = section.link.hidden = matching.length === 0 && (searching() || leftOut.length === 0);
  section.pages = paged(h('ol', { class: 'items' }), matching, (index) => entry(section, index), first);
  const earlier = h('button', { type: 'button', class: 'more', hidden: first === 0 }, 'Show from the first');
  earlier.addEventListener('click', () => draw(section));
  section.list.replaceChildren(earlier, ...section.pages.nodes);
}

function drawAll() {
  SECTIONS.forEach((section) => { section.matching = filtered(section); draw(section); });
  const [found, all] = ['matching', 'all'].map((key) => SECTIONS.reduce((sum, section) => sum + section[key].length, 0));
  byId('matches').textContent = searching() ? `${number(found)} of ${number(all)} match` : count(all, 'finding');
  byId('nothing').hidden = found > 0 || (!searching() && data.histogram !== null);
  byId('nothing').textContent = searching() ? 'Nothing matches. An entry must hold every word searched for.' : 'Nothing was found.';
  for (const element of overview) element.hidden = searching();
}

/* Search. */
const searching = () => search.words.length > 0;
const fold = (text) => text.replace(HIDDEN, escapeOf).normalize('NFC').toLowerCase();
function setSearch(query) {
  search.words = fold(query).split(/\s+/).filter((word) => word);
  const longestFirst = [...search.words].sort((a, b) => b.length - a.length);
  const escaped = longestFirst.map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  search.pattern = new RegExp([HIDDEN.source, ...escaped].join('|'), 'giu');
  drawAll();
}

function filtered(section) {
  section.folded ||= searching() && section.all.map((item) => fold(section.text(item)));
  return [...section.all.keys()].filter((index) => search.words.every((word) => section.folded[index].includes(word)));
}

function onSearch() {
  setSearch(byId('search').value);
  writeHash(null);
  // The page has grown or shrunk under the reader; what matches belongs right under the bar.
  const start = document.querySelector('.layout').offsetTop - byId('bar').offsetHeight;
  if (window.scrollY > start) window.scrollTo(0, start);
}
const clearSearch = () => { byId('search').value = ''; onSearch(); };

/* The location's hash: `#q=words`, `#cluster-12`, or both, joined by `&`. */
function writeHash(id) {
  const query = byId('search').value.trim();
  const state = [query && `q=${encodeURIComponent(query)}`, id].filter((part) => part).join('&');
  // A sandboxed frame may forbid it; the page works without.
  try { history.replaceState(null, '', state ? `#${state}` : location.href.split('#')[0]); } catch { /* as said */ }
}

const decoded = (text) => { try { return decodeURIComponent(text); } catch { return text; } };
function readHash() {
  const parts = location.hash.slice(1).split('&');
  const query = parts.find((part) => part.startsWith('q='));
  const id = parts.find((part) => /^[a-z-]+-\d+$/.test(part));
  const field = byId('search');
  if (query !== undefined || (id && field.value)) {
    field.value = query === undefined ? '' : decoded(query.slice(2));
    setSearch(field.value);
  }
  if (id) openEntry(id);
  else if (parts[0] && byId(parts[0])) byId(parts[0]).scrollIntoView();
}

function openEntry(id) {
  const section = SECTIONS.find((candidate) => id.startsWith(`${candidate.entry}-`));
  const at = section ? section.matching.indexOf(Number(id.slice(section.entry.length + 1)) - 1) : -1;
  if (at < 0) return;
  if (!byId(id)) draw(section, at - (at % CHUNK));
  byId(id).querySelector('.toggle[aria-expanded="false"]')?.click();
  focusEntry(byId(id));
  byId(id).scrollIntoView();
}

/* Keys. */
const focusEntry = (element) => element && (element.querySelector('.toggle') || element).focus();
function moveFocus(step) {
  const entries = [...document.querySelectorAll('section:not([hidden]) .entry')];
  const here = document.activeElement.closest('.entry');
  const pages = here && SECTIONS.find((section) => section.element.contains(here)).pages;
  if (step > 0 && here && !here.nextSibling && pages.hasMore()) return focusEntry(pages.forward());
  const edge = byId('bar').getBoundingClientRect().bottom;
  const seen = entries.findIndex((element) => element.getBoundingClientRect().top >= edge - 1);
  const at = here ? entries.indexOf(here) + step : step > 0 ? seen : seen - 1;
  return focusEntry(entries[at]);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || byId('keys').open) return;
  const reading = event.target !== byId('search');
  const move = (step) => () => moveFocus(step);
  // Elsewhere the arrows scroll the page, as they do anywhere.
  const arrows = !reading || event.target.closest('.entry');
  const actions = {
    Escape: byId('search').value && clearSearch,
    ArrowDown: arrows && move(1), ArrowUp: arrows && move(-1), j: reading && move(1), k: reading && move(-1),
    '/': reading && (() => { byId('search').focus(); byId('search').select(); }),
    '?': reading && (() => byId('keys').showModal()),
  };
  if (!Object.hasOwn(actions, event.key) || !actions[event.key]) return;
  event.preventDefault();
  actions[event.key]();
}

/* The head of the page. */
function headline({ documents, exact_duplicates: exact, near_duplicates: near }) {
  const twice = data.leaks ? allOf('leaks') : exact + near;
  if (!documents) return 'No document was found';
  if (data.leaks) return `${twice ? number(twice) : 'None'} of ${count(documents, 'document')} ${twice > 1 ? 'stand' : 'stands'} in the other set`;
  if (!twice) return documents === 1 ? 'One document was read, and no other' : `None of ${number(documents)} documents is told twice`;
  return `${number(twice)} of ${number(documents)} documents ${twice === 1 ? 'is' : 'are'} told twice`;
}

function lede(summary) {
  const { exact_duplicates: exact, near_duplicates: near, documents_with_repeated_lines: within } = summary;
  const unseen = data.parameters.contained_in_index_files === false ? ' nor documents in longer ones of an index file' : '';
  if (data.leaks) return `The other set has ${count(summary.reference_documents, 'document')}. Nothing else was looked for${unseen && `,${unseen}`}.`;
  const how = [exact && `${number(exact)} word for word`, near && `${number(near)} nearly so`].filter((part) => part).join(', ');
  return [
    how && `${exact + near === 1 ? 'It says' : 'They say'} what another document here says already: ${how}.`,
    how && `If each were told once, ${number(summary.documents - exact - near)} would be left.`,
    within > 0 && `${count(within, 'document repeats lines of its own', 'documents repeat lines of their own')}.`,
    summary.boilerplate_lines > 0 && `${count(summary.boilerplate_lines, 'line stands', 'lines stand')} in many documents.`,
    summary.problems > 0 && `What could not be read or done (${number(summary.problems)}) is named under Problems.`,
  ].filter((sentence) => sentence).join(' ');
}

function method({ threshold, shingle_size: size, shingle_unit: unit, recall_at_threshold: recall, bands, rows, exhaustive, contained }) {
  const one = { char: 'character', word: 'word' }[unit] || 'token';
  const note = one === 'token' ? '; a token is a word, or a character in scripts without spaces' : '';
  const how = exhaustive ? 'every pair at or above the threshold is found'
    : `a pair exactly at the threshold is found with probability ${recall} (${count(bands, 'band')} of ${count(rows, 'row')})`;
  return `Near-duplicates share at least ${decimal(threshold)} of all their runs of ${count(size, one)} (Jaccard similarity${note}), ` +
    `computed from the texts for every pair shown; ${how}.` +
    (contained ? ` A document stands in another that holds at least ${decimal(contained)} of its runs.` : '');
}

// In the units of the text report.
function bytes(n) {
  const power = Math.min(4, Math.floor(Math.log2(Math.max(1, n)) / 10));
  return `${power ? (n / 1024 ** power).toFixed(2) : n} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][power]}`;
}

function tiles(summary) {
  const told = [
    ['Exact duplicates', summary.exact_duplicates, 'the same words', 'clusters', true],
    ['Near-duplicates', summary.near_duplicates, 'nearly the same', 'clusters', true],
    ['Clusters', summary.clusters, 'groups of these', 'clusters', true],
  ];
  const elsewhere = [
    ['In the other set', allOf('leaks'), 'or nearly', 'leaks', true],
    ['The other set', summary.reference_documents, 'documents', '', true],
  ];
  return [
    ['Documents', summary.documents, bytes(summary.bytes), '', true],
    ...(data.leaks ? elsewhere : told),
    ['In longer ones', allOf('contained_documents'), 'documents', 'contained'],
    ['Repeated lines', summary.documents_with_repeated_lines, 'documents with some', 'repeated-lines'],
    ['Boilerplate', summary.boilerplate_lines, 'lines many share', 'boilerplate'],
    ['Passages', allOf('passages'), 'in several places', 'passages'],
    ['Empty', summary.empty, 'without a word', 'empty'],
    ['Skipped', summary.skipped, 'files that are no text', ''],
    ['Problems', summary.problems, 'not read or done', 'problems'],
  ].filter(([, figure, , , always]) => always || figure > 0).map(([label, figure, hint, target]) => {
    const inside = [h('span', { class: 'label' }, label), h('b', {}, number(figure)), h('span', { class: 'hint' }, hint)];
    return h('li', {}, target && figure ? h('a', { href: `#${target}` }, inside) : h('div', {}, inside));
  });
}

function showHistogram({ bins, thresholds }, threshold) {
  byId('heights').textContent = isLogarithmic(bins) ? 'The heights are logarithmic; the figures are numbers of pairs.' : '';
  if (bins.length) byId('chart').append(chart(bins, threshold));
  if (thresholds.length) byId('chart').append(thresholdTable(thresholds, threshold));
  overview.push(byId('histogram'), navLink('histogram'));
}

/* Light and dark. */
const darkSystem = matchMedia('(prefers-color-scheme: dark)');
const isDark = () => (document.documentElement.dataset.theme || (darkSystem.matches ? 'dark' : 'light')) === 'dark';
const labelTheme = () => { byId('theme').textContent = isDark() ? 'Light' : 'Dark'; };

/* Links inside the page scroll, and leave the search in the location. */
function onLink(event) {
  const target = byId(event.target.closest('a')?.hash.slice(1));
  if (!target) return;
  event.preventDefault();
  if (target.hidden) clearSearch();
  target.scrollIntoView();
  target.focus({ preventScroll: true });
}

function listen() {
  const on = (target, event, listener) => target.addEventListener(event, listener);
  let timer = 0;
  on(byId('search'), 'input', () => { clearTimeout(timer); timer = setTimeout(onSearch, DEBOUNCE_MS); });
  on(document, 'click', onLink);
  on(document, 'keydown', onKey);
  // Not before the browser's own way with the hash, which would take the focus away again.
  on(window, 'load', readHash);
  on(window, 'hashchange', readHash);
  on(darkSystem, 'change', labelTheme);
  on(byId('theme'), 'click', () => { document.documentElement.dataset.theme = isDark() ? 'light' : 'dark'; labelTheme(); });
  on(byId('show-keys'), 'click', () => byId('keys').showModal());
  on(byId('close-keys'), 'click', () => byId('keys').close());
}

function start() {
  const { summary, parameters, histogram } = data;
  byId('headline').textContent = headline(summary);
  document.title = `retold: ${headline(summary)}`;
  byId('lede').textContent = lede(summary);
  byId('tiles').append(...tiles(summary));
  byId('method').textContent = method(parameters);
  byId('foot').textContent = `Made by retold ${data.retold}. This file holds all it shows, and loads nothing.`;
  const known = SECTIONS.flatMap((section) => section.keys);
  byId('notes').append(...list('left_out').filter(({ what }) => !known.includes(what)).map(leftOutNote));
  if (histogram) showHistogram(histogram, parameters.threshold);
  SECTIONS.forEach(setUp);
  byId('bar').hidden = false;
  drawAll();
  listen();
  labelTheme();
}

start();
