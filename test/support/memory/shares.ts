import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { readProcess } from '../../../src/processes/mark.js';

/** One process, and its share of the memory: what it shares with others is counted in parts (PSS). */
export interface Share {
  name: string;
  bytes: number;
  /** Of these, what is its alone: however many others run the same program, it is the same. */
  ownBytes: number;
}

/** Reads the shares of a process and of all that descends from it; a process that has just ended is left out. */
export function readShares(root: number): Share[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), readProcess(Number(name))?.parent ?? 0]),
  );
  const descends = (pid: number): boolean => pid === root || (pid > 1 && descends(parents.get(pid) ?? 0));
  return [...parents.keys()].filter(descends).flatMap(readShare);
}

/** The sum of shares, in MB. */
export const sumMb = (shares: readonly Share[]): number => shares.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;

function readShare(pid: number): Share[] {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const read = (name: string) => 1024 * Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(rollup)?.[1] ?? 0);
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const ownBytes = read('Private_Clean') + read('Private_Dirty');
    return [{ name: nameOf(words), bytes: read('Pss'), ownBytes }];
  } catch {
    return [];
  }
}

/** A command as a table shows it: its program, or what node or python runs, and the kinds of a worker. */
function nameOf(words: readonly string[]): string {
  const script = words.findIndex((word) => /\.(ts|js)$|\/supervisord$/.test(word));
  if (script < 0) return basename((words[0] ?? '').split(' ')[0] ?? '');
  const name = (words[script] ?? '').replace(/^.*\/(?=bin\/|src\/|node_modules\/|supervisord$)/, '');
  const place = words.indexOf('--place');
  return [name, ...(place > 0 ? words.slice(script + 1, place) : [])].join(' ');
}
