import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

const BLOCK_BYTES = 1 << 20;
const LINE_FEED = 10;
/** `web-0.log`, and the old ones beside it: `web-0.log.1`. */
const LOG_NAME = /^(.+)\.log(?:\.\d+)?$/;

/** A line of a log, as it stands, and the process that wrote it. */
export interface LogLine {
  process: string;
  text: string;
}

/** Reads the log files of a folder as far as they have been written since it was asked last; also over their being put aside. */
export interface LogFiles {
  /** Yields the new lines that have one of these texts, a file after the other. */
  read(texts: readonly string[]): Generator<LogLine>;
}

/** Makes a reader of the log files in a folder; a file is known by its inode, whatever its name is by then. */
export function openLogFiles(folder: string): LogFiles {
  const readUpTo = new Map<number, number>();
  return {
    *read(texts) {
      for (const name of readdirSync(folder).toSorted()) {
        const [, process] = LOG_NAME.exec(name) ?? [];
        if (process === undefined) continue;
        const file = openIfThere(join(folder, name));
        if (file === null) continue;
        try {
          const { ino, size } = fstatSync(file);
          const from = readUpTo.get(ino) ?? 0;
          // What is shorter than it was has begun anew.
          const scan = scanFile(file, from > size ? 0 : from, texts);
          let step = scan.next();
          for (; !step.done; step = scan.next()) yield { process, text: step.value };
          readUpTo.set(ino, step.value);
        } finally {
          closeSync(file);
        }
      }
    },
  };
}

function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch {
    // Put aside, or removed, since it was listed.
    return null;
  }
}

/** Yields the whole lines from a place on that have one of the texts; answers how far whole lines go. */
function* scanFile(file: number, from: number, texts: readonly string[]): Generator<string, number> {
  const needles = texts.map((text) => Buffer.from(text));
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  let at = from;
  for (;;) {
    const count = readSync(file, block, 0, block.length, at);
    if (count === 0) return at - rest.length;
    at += count;
    const read = Buffer.concat([rest, block.subarray(0, count)]);
    const end = read.lastIndexOf(LINE_FEED) + 1;
    const whole = read.subarray(0, end);
    rest = read.subarray(end);
    // Few blocks have any: the lines of others are not looked at.
    if (!needles.some((needle) => whole.includes(needle))) continue;
    for (const line of whole.toString('utf8').split('\n')) {
      if (texts.some((text) => line.includes(text))) yield line;
    }
  }
}
