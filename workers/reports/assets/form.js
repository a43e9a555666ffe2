import { keepSent } from '../kept-file.js';
import { chooseByDropping } from '../upload-choice.js';
import { askForPreview } from './preview.js';

// Without this the form works too: columns are typed, and a preview is a page of its own. With it the file is sent as
// soon as it is chosen, and what the worker understood of it is shown, ready to be changed.
const FORMATS = [
  ['auto', 'As it is read'],
  ['text', 'As it stands'],
  ['number', 'Number'],
  ['number:2', 'Number, 2 decimals'],
  ['currency:NOK', 'NOK'],
  ['currency:EUR', 'EUR'],
  ['currency:USD', 'USD'],
  ['currency:GBP', 'GBP'],
  ['percent', 'Percent'],
  ['date', 'Date'],
  ['bytes', 'Bytes'],
];
/** Fields whose change makes another preview. */
const READ_BY = [
  ...['locale', 'orientation', 'formats', 'sums', 'chart', 'by', 'category', 'value', 'line', 'splitBy'],
  ...['filter', 'filterTest', 'filterWith', 'sort', 'sortOrder', 'computed', 'computedValue'],
];
const READING = ['decimal', 'encoding'];
/** With these the columns are others too. */
const LAID_OUT_BY = ['sheet', 'delimiter', 'skipRows', 'header'];
/** Who is typing is not asked at every key. */
const TYPING_MS = 600;

const form = document.querySelector('[data-report-form]');
const { file, pasted, columns: typed } = form.elements;
const list = form.querySelector('[data-column-list]');
const place = form.querySelector('[data-preview-place]');
const state = form.querySelector('[data-preview-state]');
const part = form.querySelector('[data-preview-part]');

for (const button of form.querySelectorAll('[data-no-script]')) button.remove();

/** One column: a tick, its name with what it was taken for, and how it is written. */
function createRow(column, index) {
  const row = document.createElement('div');
  row.className = 'column-row';
  const label = document.createElement('label');
  label.className = 'check';
  const tick = document.createElement('input');
  tick.type = 'checkbox';
  tick.checked = true;
  tick.dataset.column = `#${index + 1}`;
  const text = document.createElement('span');
  const sample = document.createElement('span');
  sample.className = 'column-sample';
  text.append(column.title, sample);
  label.append(tick, text);
  const format = document.createElement('select');
  format.setAttribute('aria-label', `How ${column.title} is written`);
  format.id = `report-format-${index}`;
  for (const [value, words] of FORMATS) format.add(new Option(words, value));
  row.append(label, format);
  describeRow(row, column);
  return row;
}

/** Says what a column was taken for, and how much of it could be read so. */
function describeRow(row, { type, samples, read, of, unread }) {
  const counts = type === 'text' || of === 0 ? [] : [`${read} of ${of} read`];
  const failed = unread.length === 0 ? [] : [`not ${unread.map((sample) => `"${sample}"`).join(', ')}`];
  const sample = row.querySelector('.column-sample');
  sample.textContent = [...samples.slice(0, 1), ...counts, ...failed].join(' · ');
  sample.classList.toggle('is-partial', read < of);
}

/** Writes the ticked columns into the field that is sent, by their places; nothing where all are as they were. */
function writeColumns() {
  if (list.hidden) return;
  const rows = [...list.children].map((row) => ({
    tick: row.querySelector('input'),
    format: row.querySelector('select').value,
  }));
  const ticked = rows.filter(({ tick }) => tick.checked);
  const isAsFound = ticked.length === rows.length && rows.every(({ format }) => format === 'auto');
  // A list without a tick would mean all columns.
  const sent = ticked.length > 0 ? ticked : rows.slice(0, 1);
  const lines = sent.map(({ tick, format }) => tick.dataset.column + (format === 'auto' ? '' : ` = ${format}`));
  typed.value = isAsFound ? '' : lines.join('\n');
}

/** Fills in what a chart would most likely show, where nothing was typed yet. */
function suggest(name, column) {
  const field = form.elements.namedItem(name);
  if (!field.value && column) field.value = column.title;
}

/** Shows all columns of a file, each as it was found; what was typed before is ticked off and chosen in them. */
function showColumns(columns) {
  const before = typed.value.split('\n').flatMap((line) => {
    const [, key = line.trim(), format = 'auto'] = /^(.*\S)\s*=\s*([\w:]+)$/.exec(line) ?? [];
    return key ? [[key, format]] : [];
  });
  const shown = columns.map(({ title }) => title);
  list.replaceChildren(...columns.map(createRow));
  list.hidden = columns.length === 0;
  form.querySelector('[data-column-text]').hidden = !list.hidden;
  for (const [index, row] of [...list.children].entries()) {
    const [, format = 'auto'] = before.find(([key]) => key === `#${index + 1}` || key === shown[index]) ?? [];
    const tick = row.querySelector('input');
    tick.checked = before.length === 0 || before.some(([key]) => key === tick.dataset.column || key === shown[index]);
    row.querySelector('select').value = format;
  }
  const names = document.getElementById('report-names');
  names.replaceChildren(...shown.map((name) => new Option(name)));
  suggest('category', columns.find(({ type }) => type === 'date') ?? columns.find(({ type }) => type === 'text'));
  suggest(
    'value',
    columns.find(({ type }) => type === 'number'),
  );
}

/** Says anew what the ticked columns were taken for: a preview of them has them by their places. */
function tellColumns(columns) {
  for (const column of columns) {
    const row = [...list.children].find((one) => one.querySelector('input').dataset.column === column.key);
    if (row) describeRow(row, column);
  }
}

let latest = 0;

/** Has the worker read what was chosen or pasted, and shows it. `isNew`: other data than before. */
async function preview(isNew) {
  latest += 1;
  const mine = latest;
  const hasData =
    file.files.length > 0 || pasted.value.trim() !== '' || form.querySelector('[data-kept]:not([hidden])');
  place.hidden = !hasData;
  if (!hasData) return showColumns([]);
  state.textContent = 'Reading …';
  const columns = isNew ? '' : typed.value;
  const answer = await askForPreview(form, columns);
  if (mine !== latest) return;
  state.textContent = answer.fault ?? '';
  part.replaceChildren(...(answer.parts ?? []));
  if (answer.fault) return;
  if (file.files.length > 0) keepSent(form, answer.id);
  const [table] = answer.tables;
  offerSheets(table.sheets);
  const found = withoutComputed(table.columns);
  if (!isNew) return tellColumns(columns === '' ? found.map(byPlace) : found);
  showColumns(found);
  writeColumns();
  if (typed.value !== '') await preview(false);
}

/** Offers the sheets of a workbook; as long as one is chosen they are those that were offered before. */
function offerSheets(names) {
  const { value, list: offered } = form.elements.namedItem('sheet');
  if (value === '') offered.replaceChildren(...names.map((name) => new Option(name, name)));
}

/** The columns of the file: the one that is computed is the last. */
const withoutComputed = (columns) =>
  form.elements.namedItem('computed').value.trim() ? columns.slice(0, -1) : columns;

const byPlace = (column, index) => ({ ...column, key: `#${index + 1}` });

let typing;
function previewSoon(isNew) {
  clearTimeout(typing);
  typing = setTimeout(() => preview(isNew), TYPING_MS);
}

/** Other columns: what was chosen of those before is none of them. */
function forgetColumns() {
  typed.value = '';
  for (const name of ['category', 'value', 'splitBy', 'filter', 'sort', 'computedValue', 'computed'])
    form.elements.namedItem(name).value = '';
}

/** Other data, of which nothing is known. */
function startAnew() {
  forgetColumns();
  form.elements.namedItem('sheet').value = '';
}

list.addEventListener('change', () => {
  writeColumns();
  preview(false);
});
file.addEventListener('change', () => {
  startAnew();
  preview(true);
});
pasted.addEventListener('input', () => {
  startAnew();
  previewSoon(true);
});
for (const name of READ_BY) form.elements.namedItem(name).addEventListener('change', () => preview(list.hidden));
for (const name of READING) form.elements.namedItem(name).addEventListener('change', () => preview(true));
for (const name of LAID_OUT_BY) {
  form.elements.namedItem(name).addEventListener('change', () => {
    forgetColumns();
    preview(true);
  });
}
chooseByDropping(form, file);
// What was kept, or typed before, is there as the page opens; the browser fills in the latter a moment later.
addEventListener('pageshow', () => preview(true));
