import { closeSync, openSync, writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { BadData } from './reports/data/read/bad-data.ts';
import { detectEncoding } from './reports/data/read/encoding/encoding.ts';
import { isJson, readHead } from './reports/data/read/file-head.ts';
import { readJson } from './reports/data/read/json/json.ts';
import { readRows } from './reports/data/read/read-rows.ts';
import { SheetDate } from './reports/data/values/sheet-value.ts';
import { isDecimal, toNumeric } from './reports/text/decimal.ts';
import type { TableTask } from './row-files.ts';

const CHUNK = 256_000;
/** A file of rows has at most so many bytes. */
const MOST_BYTES = 500_000_000;

/** The entry of the thread that makes a file of rows of a table: it is given what to do, and answers how many rows there are. */
const { path, name, to, maxRows, sheet } = workerData as TableTask;

function openWriter() {
  const file = openSync(to, 'w', 0o600);
  let pending: string[] = [];
  let characters = 0;
  let written = 0;
  const flush = () => {
    written += writeSync(file, pending.join(''));
    if (written > MOST_BYTES) throw new BadData(`The rows take more than ${MOST_BYTES} bytes as JSON.`);
    [pending, characters] = [[], 0];
  };
  return {
    add(text: string) {
      pending.push(text);
      characters += text.length;
      if (characters > CHUNK) flush();
    },
    end() {
      flush();
      closeSync(file);
    },
  };
}

/** A value as JSON has it: a number that floating point can not have stays the text of its digits. */
function toJson(value: unknown): unknown {
  if (value === undefined) return null;
  if (value instanceof SheetDate) return value.iso;
  if (!isDecimal(value)) return value;
  const digits = toNumeric(value);
  const number = Number(digits);
  return Number.isSafeInteger(number) || (value.scale > 0 && String(digits).length < 16) ? number : digits;
}

const toPlain = (_name: string, value: unknown): unknown => (isDecimal(value) ? toJson(value) : value);

async function makeRows(): Promise<number> {
  const writer = openWriter();
  let rows = 0;
  const put = (line: number, row: object) => {
    rows += 1;
    if (rows > maxRows) throw new BadData(`There are more than ${maxRows} rows, which FLOWS_MAX_ROWS allows.`);
    writer.add(`${JSON.stringify({ line, row }, toPlain)}\n`);
  };
  const head = await readHead(path);
  const file = { path, name };
  if (isJson(head))
    await readJson(
      file,
      detectEncoding(path, 'en', undefined),
      (row, line) => put(line, row),
      () => {},
    );
  else {
    let keys: string[] = [];
    const reader = {
      begin(found: string[]) {
        keys = found;
      },
      grow: (key: string) => void keys.push(key),
      row: (values: unknown[], line: number) => {
        if (values.every((value) => value === '' || value === undefined)) return;
        put(line, Object.fromEntries(keys.map((key, at) => [key, toJson(values[at])])));
      },
      bytes: () => {},
    };
    await readRows(file, undefined, { options: sheet === undefined ? {} : { sheet }, locale: 'en' }, reader);
  }
  writer.end();
  return rows;
}

try {
  parentPort?.postMessage({ rows: await makeRows() });
} catch (thrown) {
  if (!(thrown instanceof BadData)) throw thrown;
  parentPort?.postMessage({ fault: thrown.message });
}
