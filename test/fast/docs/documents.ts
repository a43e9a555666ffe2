import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { KINDS } from '../../../workers/index.ts';

/** The repository's folder. */
export const ROOT = resolve(import.meta.dirname, '../../..');

export const KIND_NAMES: readonly string[] = KINDS.map(({ contract }) => contract.kind);

export const readDocument = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** The text below a heading, up to the next one of the same or a higher level. Throws when there is no such heading. */
export function sectionOf(document: string, heading: string): string {
  const lines = document.split('\n');
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`no heading "${heading}"`);
  const level = heading.indexOf(' ');
  const end = lines.findIndex((line, index) => index > start && new RegExp(`^#{1,${level}} `).test(line));
  return lines.slice(start + 1, end < 0 ? undefined : end).join('\n');
}

/** The cells of a table's rows, without its head; of all tables of a text. */
export const rowsOf = (text: string): string[][] =>
  text
    .split('\n')
    .filter(
      (line, index, lines) => line.startsWith('|') && lines[index - 1]?.startsWith('|') && !/^\|[-| ]+$/.test(line),
    )
    .map((line) =>
      line
        .slice(1, line.lastIndexOf('|'))
        .split(' | ')
        .map((cell) => cell.trim()),
    );

/** What stands in backquotes, on one line each. */
export const quotedIn = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, quoted = '']) => quoted);
