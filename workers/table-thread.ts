import { closeSync, openSync, writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { NumberedLine } from './flows/rows/parse-row.ts';
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
/** Told of each time that the file has grown by so much. */
const TOLD_BYTES = 1_000_000;

/** The entry of the thread that makes a file of rows of a table: it is given what to do, and answers how many rows there are. */
const { path, name, to, maxRows, sheet } = workerData as TableTask;

function openWriter() {
  const file = openSync(to, 'w', 0o600);
  let pending: string[] = [];
  let characters = 0;
  let written = 0;
  let told = 0;
  const flush = () => {
    written += writeSync(file, pending.join(''));
    if (written > MOST_BYTES) throw new BadData(`The rows take more than ${MOST_BYTES} bytes as JSON.`);
    if (written - told > TOLD_BYTES) {
      told = written;
      parentPort?.postMessage({ bytes: written });
    }
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

/** Every value behind a delimiter too many would stand under the name of another. */
const TOO_MANY_CELLS = 'has more cells than the header has names: is a text with the delimiter in it not quoted?';

function write(entry: NumberedLine): string {
  try {
    return JSON.stringify(entry, toPlain);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return JSON.stringify({ line: entry.line, row: null, fault: 'is nested too deeply' });
  }
}

async function makeRows(): Promise<number> {
  const writer = openWriter();
  let rows = 0;
  const put = (entry: NumberedLine) => {
    rows += 1;
    if (rows > maxRows) throw new BadData(`There are more than ${maxRows} rows, which FLOWS_MAX_ROWS allows.`);
    writer.add(`${write(entry)}\n`);
  };
  const head = await readHead(path);
  const file = { path, name };
  if (isJson(head))
    await readJson(
      file,
      detectEncoding(path, 'en', undefined),
      // Several may stand in one line, and no two rows have one number.
      (row) => put({ line: rows + 1, row }),
      () => {},
    );
  else {
    let keys: string[] = [];
    // A sheet's cells stand where they are, whatever is beside them.
    let isDelimited = true;
    let isLong = false;
    const reader = {
      cells(cells: readonly unknown[]) {
        isLong = isDelimited && cells.some((cell, at) => at >= keys.length && cell !== '');
      },
      begin(found: string[], isSheet = false) {
        keys = found;
        isDelimited = !isSheet;
      },
      grow: (key: string) => void keys.push(key),
      row: (values: unknown[], line: number) => {
        if (isLong) put({ line, row: null, fault: TOO_MANY_CELLS });
        else if (values.some((value) => value !== '' && value !== undefined))
          put({ line, row: Object.fromEntries(keys.map((key, at) => [key, toJson(values[at])])) });
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
