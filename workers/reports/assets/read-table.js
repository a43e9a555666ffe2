// What the form shows of a file before it is sent. Nothing of this decides how the file is read: the worker does, by all
// of it.

/** A preview needs no more than this much of a file, and no more rows. */
const HEAD_BYTES = 200_000;
const MOST_ROWS = 200;
const DELIMITERS = ['\t', ';', '|', ','];

/** The columns of a CSV, NDJSON or JSON file or text: names, a sample value, and what its values look like. */
export async function readColumns(source) {
  const text = typeof source === 'string' ? source.slice(0, HEAD_BYTES) : await decode(source.slice(0, HEAD_BYTES));
  const rows = /^\s*(\{|\[\s*\{)/.test(text) ? readObjects(text) : readRecords(text);
  const [names = [], ...records] = rows;
  return names.map((name, index) => {
    const values = records.map((record) => record[index]?.trim() ?? '').filter(Boolean);
    return { name: name.trim() || String(index + 1), sample: values[0] ?? '', type: typeOf(values) };
  });
}

async function decode(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  const text = new TextDecoder().decode(bytes);
  // A character that the end cuts off is none that is wrong.
  return text.slice(0, -4).includes('\ufffd') ? new TextDecoder('windows-1252').decode(bytes) : text;
}

function typeOf(values) {
  if (values.length === 0) return 'text';
  if (values.every((value) => /^\d{4}-\d\d-\d\d|^\d{1,2}([./-])\d{1,2}\1\d{2,4}/.test(value))) return 'date';
  const isNumber = (value) => /^\D{0,4}\d[\d., \u00a0\u202f'’]*\D{0,4}$/.test(value);
  const isCode = values.some((value) => /^0\d/.test(value)) || values.every((value) => /^(19|20)\d\d$/.test(value));
  return values.every(isNumber) && !isCode ? 'number' : 'text';
}

function readObjects(text) {
  const rows = [];
  for (const line of text.split('\n').slice(0, MOST_ROWS)) {
    try {
      rows.push([JSON.parse(line.trim().replace(/^\[|,$|\]$/g, ''))].flat()[0] ?? {});
    } catch {
      // The last line may be cut off, and an object may have several; the worker tells of others.
    }
  }
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return [names, ...rows.map((row) => names.map((name) => String(row[name] ?? '')))];
}

/** The records that most of them agree in how many cells they have; the first of these has the names. */
function readRecords(text) {
  const [, named] = /^sep=(.)(?=\r|\n)/i.exec(text) ?? [];
  const body = named ? text.replace(/^[^\r\n]*\r?\n?/, '') : text;
  const splits = (named ? [named] : DELIMITERS).map((delimiter) => agree(splitRecords(body, delimiter), delimiter));
  const weigh = (rows) => (rows[0]?.length > 1 ? rows.length : 0);
  return splits.reduce((best, one) => (weigh(one) > weigh(best) ? one : best)).slice(0, MOST_ROWS);
}

/** Below a line without a comma, commas of sentences and decimals part nothing. */
const isOneColumn = ([top = [], next = []]) => top.length === 1 && next.some((cell) => /^ |^[\d.,]+$/.test(cell));

function agree(records, delimiter) {
  if (delimiter === ',' && isOneColumn(records)) return records.map((cells) => [cells.join(delimiter)]);
  const counts = new Map();
  for (const { length } of records) if (length > 1) counts.set(length, (counts.get(length) ?? 0) + 1);
  const [width] = [...counts].sort(([, one], [, other]) => other - one)[0] ?? [1];
  const rows = records.filter(({ length }) => length === width);
  // A title may be filled up with empty cells.
  const header = rows.findIndex((row) => row.filter(Boolean).length * 2 > width);
  return rows.slice(Math.max(0, header));
}

/** Records with their cells; quoted cells may hold the delimiter, line ends, and quotes written twice. */
function splitRecords(text, delimiter) {
  const rows = [[]];
  const cell = /"((?:[^"]|"")*)"|([^",;\t|\r\n]+|[",;\t|])|(\r\n|\n|\r)/g;
  let value = '';
  for (const [, quoted, plain, end] of text.matchAll(cell)) {
    if (quoted !== undefined) value += quoted.replaceAll('""', '"');
    else if (end !== undefined || plain === delimiter) {
      rows.at(-1).push(value);
      value = '';
      if (end !== undefined) rows.push([]);
    } else value += plain;
  }
  rows.at(-1).push(value);
  return rows.filter((row) => row.some((one) => one !== ''));
}
