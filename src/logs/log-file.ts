import { access } from 'node:fs/promises';
import { basename, dirname, sep } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';

const WRITE_EVERY_MS = 200;
/** Lines are kept for a file that does not take them, up to this; what comes after it is lost. */
const MOST_KEPT = 1_000_000;
/** A file that could not be written is tried again after this. */
const AGAIN_MS = 1000;
const LAST_WRITE_MS = 500;

/** A file of lines that neither grows without end nor holds up the process that writes it. */
export interface LogFile {
  /** Takes a line, with its line feed. It is written soon; where it can't be it is counted. Never throws. */
  write(line: string): void;
  /** Writes what is left, within half a second. */
  close(): Promise<void>;
}

export interface LogFileOptions {
  /** The file is put aside when it has so many bytes, */
  fileBytes: number;
  /** and so many of those are kept; `name.1` is the youngest. */
  oldFiles: number;
}

/**
 * Makes the file with its first line. On a full disk, and in a folder that is gone or somebody else's, lines are lost;
 * the next one that is written says how many.
 */
export function openLogFile(path: string, options: LogFileOptions): LogFile {
  let lines: string[] = [];
  let kept = 0;
  let lost = 0;
  let stream: RotatingFileStream | null = null;
  let writing: Promise<void> | null = null;
  const closing = new AbortController();

  const takeLines = (): string => {
    const note = lost > 0 ? `{"time":"${new Date().toISOString()}","lost":${lost}}\n` : '';
    const text = `${note}${lines.join('')}`;
    [lines, kept, lost] = [[], 0, 0];
    return text;
  };

  /** Writes what there is; a file that is no longer at its path is let go. */
  const writeLines = async () => {
    const counts = [lines.length, lost] as const;
    const text = takeLines();
    try {
      if (stream) await access(path);
      stream ??= openStream(path, options);
      await writeTo(stream, text);
    } catch {
      stream?.destroy();
      stream = null;
      lost += counts[0] + counts[1];
      await delay(AGAIN_MS, undefined, { ref: false });
      // A write that failed may have left half a line.
      if (lines.length > 0) lines[0] = `\n${lines[0]}`;
    }
  };
  const writeOn = async () => {
    while (kept > 0) {
      await delay(WRITE_EVERY_MS, undefined, { ref: false, signal: closing.signal }).catch(() => {});
      await writeLines();
    }
    writing = null;
  };

  return {
    write(line) {
      if (kept + line.length > MOST_KEPT) {
        lost += 1;
        return;
      }
      lines.push(line);
      kept += line.length;
      writing ??= writeOn();
    },
    async close() {
      closing.abort();
      await Promise.race([writing, delay(LAST_WRITE_MS)]);
      stream?.end();
    },
  };
}

function openStream(path: string, { fileBytes, oldFiles }: LogFileOptions): RotatingFileStream {
  const name = (index: number | Date | null) => (index === null ? basename(path) : `${basename(path)}.${index}`);
  const folder = `${dirname(path)}${sep}`;
  const stream = createStream(name, { path: folder, size: `${fileBytes}B`, rotate: oldFiles, mode: 0o600 });
  // Each write hears of what went wrong.
  return stream.on('error', () => {});
}

const writeTo = (stream: RotatingFileStream, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
