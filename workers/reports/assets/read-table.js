/** A preview needs no more than this much of a file, and no more rows. */
const HEAD_BYTES = 200_000;
const MOST_ROWS = 200;

/** The columns of a CSV or NDJSON file or text: names, a sample value, and what its values look like. */
export async function readColumns(source) {
  const text = typeof source === 'string' ? source.slice(0, HEAD_BYTES) : await source.slice(0, HEAD_BYTES).text();
  const rows = /^\ufeff?\s*\{/.test(text) ? readObjects(text) : readRecords(text.replace(/^\ufeff/, ''));
  const [names = [], ...records] = rows;
  return names
    .map((name, index) => {
      const values = records.map((record) => record[index]?.trim() ?? '').filter(Boolean);
      return { name: name.trim(), sample: values[0] ?? '', type: typeOf(values) };
    })
    .filter(({ name }) => name !== '');
}

function typeOf(values) {
  if (values.length === 0) return 'text';
  if (values.every((value) => /^-?(\d{1,3}([ .,\u00a0\u202f']\d{3})+|\d+)([.,]\d+)?$/.test(value))) return 'number';
  return values.every((value) => /^\d{4}-\d\d-\d\d/.test(value)) ? 'date' : 'text';
}

function readObjects(text) {
  const rows = [];
  for (const line of text.split('\n').slice(0, MOST_ROWS)) {
    try {
      rows.push(JSON.parse(line));
    } catch {
      // The last line may be cut off; the worker tells of others.
    }
  }
  const names = Object.keys(rows[0] ?? {});
  return [names, ...rows.map((row) => names.map((name) => String(row[name] ?? '')))];
}

/** Records with their cells; quoted cells may hold the delimiter, line ends, and quotes written twice. */
function readRecords(text) {
  const [header = ''] = text.replace(/"(?:[^"]|"")*"/g, '').split(/[\r\n]/, 1);
  const delimiters = [',', ';', '\t', '|'];
  const counts = delimiters.map((one) => header.split(one).length);
  const delimiter = delimiters[counts.indexOf(Math.max(...counts))];
  const rows = [[]];
  const cell = /"((?:[^"]|"")*)"|([^",;\t|\r\n]+|[,;\t|])|(\r\n|\n|\r)/g;
  let value = '';
  for (const [, quoted, plain, end] of text.matchAll(cell)) {
    if (quoted !== undefined) value += quoted.replaceAll('""', '"');
    else if (end !== undefined || plain === delimiter) {
      rows.at(-1).push(value);
      value = '';
      if (end !== undefined && rows.length > MOST_ROWS) break;
      if (end !== undefined) rows.push([]);
    } else value += plain;
  }
  rows.at(-1).push(value);
  return rows.filter((row) => row.some((one) => one !== ''));
}
