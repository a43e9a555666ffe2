import { chooseByDropping } from '../upload-choice.js';
import { readColumns } from './read-table.js';

// Without this the form works too: columns are typed. With it they are ticked off as soon as the data is known. What is
// not chosen here the worker judges, by all rows of the file.
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

const form = document.querySelector('[data-report-form]');
const file = form.elements.namedItem('file');
const pasted = form.elements.namedItem('pasted');
const typed = form.elements.namedItem('columns');
const list = form.querySelector('[data-column-list]');

/** One column: a tick, its name with a sample, and how it is written. */
function createRow({ name, sample }, index) {
  const row = document.createElement('div');
  row.className = 'column-row';
  const label = document.createElement('label');
  label.className = 'check';
  const tick = document.createElement('input');
  tick.type = 'checkbox';
  tick.checked = true;
  tick.dataset.column = `#${index + 1}`;
  const text = document.createElement('span');
  text.textContent = name;
  if (sample) {
    const example = document.createElement('span');
    example.className = 'column-sample';
    example.textContent = sample.slice(0, 60);
    text.append(example);
  }
  label.append(tick, text);
  const format = document.createElement('select');
  format.setAttribute('aria-label', `How ${name} is written`);
  format.id = `report-format-${index}`;
  for (const [value, words] of FORMATS) format.add(new Option(words, value));
  row.append(label, format);
  return row;
}

/** Writes the ticked columns into the field that is sent, by their places; nothing where all are as they were. */
function writeColumns() {
  const rows = [...list.children].map((row) => ({
    tick: row.querySelector('input'),
    format: row.querySelector('select').value,
  }));
  const isAsFound = rows.every(({ tick, format }) => tick.checked && format === 'auto');
  const lines = rows
    .filter(({ tick }) => tick.checked)
    .map(({ tick, format }) => (format === 'auto' ? tick.dataset.column : `${tick.dataset.column} = ${format}`));
  typed.value = isAsFound ? '' : lines.join('\n');
}

/** The names that are shown, in the order of the file. */
let shown = [];

/** Sends a column by its place where its name may have been read otherwise than the worker reads it. */
function sendPlaces({ formData }) {
  for (const name of ['category', 'value']) {
    const at = shown.indexOf(String(formData.get(name) ?? ''));
    if (at >= 0 && /[^\x20-\x7e]/.test(shown[at])) formData.set(name, `#${at + 1}`);
  }
}

/** Fills in what a chart would most likely show, where nothing was typed yet. */
function suggest(name, column) {
  const field = form.elements.namedItem(name);
  if (!field.value && column) field.value = column.name;
}

function showColumns(columns) {
  shown = columns.map(({ name }) => name);
  const found = columns.length > 0;
  list.replaceChildren(...columns.map(createRow));
  list.hidden = !found;
  form.querySelector('[data-column-text]').hidden = found;
  const names = document.getElementById('report-names');
  names.replaceChildren(...columns.map(({ name }) => new Option(name)));
  if (found) writeColumns();
  const numbers = columns.filter(({ type }) => type === 'number');
  suggest('category', columns.find(({ type }) => type === 'date') ?? columns.find(({ type }) => type === 'text'));
  suggest('value', numbers[0]);
}

async function showSource() {
  const source = file.files[0] ?? pasted.value;
  const columns = source ? await readColumns(source) : [];
  // By now another file may have been chosen.
  if (source === (file.files[0] ?? pasted.value)) showColumns(columns);
}

list.addEventListener('change', writeColumns);
file.addEventListener('change', showSource);
pasted.addEventListener('input', showSource);
form.addEventListener('submit', () => {
  // A list without a tick would mean all columns.
  const isEmpty = !list.hidden && list.querySelector(':checked') === null;
  if (isEmpty) typed.value = list.querySelector('input').dataset.column;
});
form.addEventListener('formdata', sendPlaces);
chooseByDropping(form, file);
if (file.files.length > 0 || pasted.value) showSource();
