import { execFile } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { countCommands } from './commands.ts';

/** Redis' names for its log: a manifest, a snapshot as its base, and what was written since. */
const FOLDER = 'appendonlydir';
const MANIFEST = 'appendonly.aof.manifest';
/** The folder of what was cut off, beside Redis' own. */
const CUT_OFF = 'cut-off';
/** Commands are counted in so much of a damaged log. */
const COUNTED_BYTES = 512 * 2 ** 20;

/** A log of Redis that it would not load: what is wrong, and where. */
export interface Damage {
  /** The damaged file; null where it is the base, or one before the last, and nothing can be cut off. */
  file: string | null;
  /** The log is well up to here. */
  wellBytes: number;
  /** What follows. */
  badBytes: number;
  /** Whole commands among that: of a step that was not finished, and behind the damage. */
  unfinished: number;
  behind: number;
  /** What redis-check-aof said last. */
  said: string;
}

/**
 * Looks for damage in the append-only file of a Redis that does not run; null where it is well, or there is none.
 */
export async function findDamage(redisFolder: string): Promise<Damage | null> {
  const folder = join(redisFolder, FOLDER);
  const manifest = join(folder, MANIFEST);
  if (!existsSync(manifest)) return null;
  const said = await checkAof(manifest);
  if (said === null) return null;
  const lines = said.trim().split('\n');
  const analyzed = [...said.matchAll(/^AOF analyzed: filename=(\S+), size=(\d+), ok_up_to=(\d+),/gm)].at(-1);
  const [, name = '', size = '0', well = '0'] = analyzed ?? [];
  const isBase = name === '' || name.includes('.base.') || Number(size) === Number(well);
  const isLast = /not valid\. Use the --fix option/.test(lines.at(-1) ?? '');
  if (isBase || !isLast) {
    return { file: null, wellBytes: 0, badBytes: 0, unfinished: 0, behind: 0, said: lastWords(lines) };
  }
  const file = join(folder, name);
  const { before, behind } = countCommands(readFrom(file, Number(well), COUNTED_BYTES));
  return {
    file,
    wellBytes: Number(well),
    badBytes: Number(size) - Number(well),
    unfinished: before,
    behind,
    said: lastWords(lines),
  };
}

/** The end of what the checker said; what is wrong with a snapshot stands before that. */
function lastWords(lines: readonly string[]): string {
  const fault = lines.slice(0, -3).find((line) => line.includes("Can't handle RDB format"));
  return [...(fault ? [fault] : []), ...lines.slice(-3)].join('; ');
}

/**
 * Cuts off what follows the last whole command, after it was copied; answers where the copy lies.
 */
export function cutOff(redisFolder: string, { file, wellBytes }: Damage & { file: string }): string {
  const folder = join(redisFolder, CUT_OFF);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const copy = join(
    folder,
    `${file.split('/').at(-1)}-from-${wellBytes}-${new Date().toISOString().replaceAll(':', '')}`,
  );
  const target = openSync(copy, 'wx', 0o600);
  for (let at = wellBytes, piece = readFrom(file, at, 1 << 24); piece.length > 0; piece = readFrom(file, at, 1 << 24)) {
    for (let written = 0; written < piece.length; ) written += writeSync(target, piece, written);
    at += piece.length;
  }
  fsyncSync(target);
  closeSync(target);
  truncateSync(file, wellBytes);
  return copy;
}

/** Runs redis-check-aof; answers what it says of a bad file, null of a good one, or where it is not installed. */
function checkAof(manifest: string): Promise<string | null> {
  return new Promise((resolve) => {
    execFile('redis-check-aof', [manifest], { maxBuffer: 1 << 24 }, (error, stdout) => {
      const isMissing = (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';
      resolve(error && !isMissing ? stdout : null);
    });
  });
}

function readFrom(file: string, start: number, most: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, Math.min(most, statSync(file).size - start)));
  const handle = openSync(file, 'r');
  try {
    for (let at = 0; at < bytes.length; ) {
      const read = readSync(handle, bytes, at, bytes.length - at, start + at);
      if (read === 0) return bytes.subarray(0, at);
      at += read;
    }
    return bytes;
  } finally {
    closeSync(handle);
  }
}
