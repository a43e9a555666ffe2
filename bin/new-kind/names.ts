import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { settingPrefix } from '../../src/config/settings.ts';
import { SETTING_NAMES } from '../../workers/config.ts';
import { CONTRACTS, KINDS } from '../../workers/index.ts';
import type { KindNames } from './templates.ts';

/** Says in one line why a kind can't have the name that was given; nothing was written. */
export class BadName extends Error {}

/** Names of what is there beside the kinds: programs, a scope, parts of URLs. */
const TAKEN = [
  'admin',
  'batch',
  'brands',
  'i',
  'jobs',
  'redis',
  'secrets',
  'subjects',
  'suppressions',
  'templates',
  'web',
];
/** What the written files call their own things. */
const USED = ['config', 'content', 'expect', 'input', 'it', 'kind', 'log', 'page', 'pino', 'run', 'settings', 'text'];

/** Makes the names of a new kind. Throws BadName for one that is malformed or taken. */
export function nameKind(kind: string, repository: string): KindNames {
  const fault = findFault(kind, repository);
  if (fault) throw new BadName(fault);
  const prefixes = CONTRACTS.map(({ idPrefix }) => idPrefix);
  return {
    kind,
    type: capitalize(kind),
    setting: settingPrefix(kind).slice(0, -1),
    jobWord: capitalize(singular(kind)),
    idPrefix: deriveIdPrefix(kind, prefixes),
  };
}

function findFault(kind: string, repository: string): string | null {
  if (!/^[a-z]{1,32}$/.test(kind)) return `"${kind}" must be one word of 1-32 lower-case letters, such as hashes`;
  if (CONTRACTS.some((contract) => contract.kind === kind)) return `there is a kind "${kind}" already`;
  if (TAKEN.includes(kind)) return `"${kind}" is taken: a program, a scope or a route has that name`;
  if (USED.includes(kind) || !isFreeIdentifier(kind)) return `"${kind}" can not be the name of a constant in its files`;
  const folder = [`workers/${kind}`, `workers/${kind}.ts`, `test/unit/${kind}`, `docs/${kind}.md`].find((path) =>
    existsSync(join(repository, path)),
  );
  if (folder) return `"${kind}" is taken: ${folder} is there already`;
  const prefix = settingPrefix(kind);
  const former = KINDS.flatMap(({ settings }) => settings.formerPrefixes ?? []);
  const setting = [...former, ...SETTING_NAMES].find((name) => name.startsWith(prefix));
  if (setting) return `"${kind}" is taken: settings that begin with ${prefix} are there already (${setting})`;
  return null;
}

/** Whether a constant may have the name: no word of the language, and nothing global. */
function isFreeIdentifier(name: string): boolean {
  if (name in globalThis) return false;
  try {
    return Boolean(new Script(`'use strict'; async () => { const ${name} = 0; }`));
  } catch {
    return false;
  }
}

/** The first letter and two more, consonants first: `hsh` for hashes, `img` for images; none that is taken. */
export function deriveIdPrefix(kind: string, taken: readonly string[]): string {
  const [first = 'x', ...rest] = kind;
  const consonants = rest.filter((letter) => !'aeiou'.includes(letter));
  const letters = [...consonants, ...rest, ...'xyzabcdefghijklmnopqrstuvw'];
  for (const [index, second] of letters.entries()) {
    for (const third of letters.slice(index + 1)) {
      const prefix = `${first}${second}${third}`;
      if (!taken.includes(prefix)) return prefix;
    }
  }
  throw new BadName(`every idPrefix for "${kind}" is taken`);
}

const capitalize = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;

/** One of what the plural names, as English mostly forms it. */
const singular = (word: string): string =>
  word
    .replace(/ies$/, 'y')
    .replace(/(ch|sh|ss|x)es$/, '$1')
    .replace(/(?<=[^s])s$/, '');
