import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** Commands that have no key: any server answers, or all are asked; `keys` and what empties a Redis are the tests' own. */
const KEYLESS = new Set(
  'auth client command config dbsize discard exec flushall flushdb function hello info keys latency memory monitor multi ping psubscribe pubsub punsubscribe quit scan script select subscribe time unsubscribe unwatch wait'.split(
    ' ',
  ),
);
/** Commands of scripts that have none. */
const KEYLESS_IN_LUA = new Set(['time', 'publish']);
const SCRIPTS = new Set(['eval', 'evalsha', 'eval_ro', 'evalsha_ro']);
const OURS = /^[a-z0-9._-]+:\{([^}]+)\}:/i;

/** A command as MONITOR writes it. */
interface Recorded {
  isLua: boolean;
  name: string;
  args: string[];
}

const LINE = /^\d+\.\d+ \[\d+ ([^\]]*)\] (.*)$/;

function parse(line: string): Recorded | null {
  const [, from, text] = LINE.exec(line) ?? [];
  if (text === undefined) return null;
  const [name = '', ...args] = [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = '']) => word);
  return { isLua: from === 'lua', name: name.toLowerCase(), args };
}

/** The hash tags of the keys among some arguments. */
const tagsOf = (args: readonly string[]): string[] => [
  ...new Set(args.flatMap((arg) => OURS.exec(arg)?.slice(1) ?? [])),
];

/** The arguments that may be keys: of a script those that are said to be. */
const keysOf = (name: string, args: readonly string[]): readonly string[] =>
  SCRIPTS.has(name) ? args.slice(2, 2 + Number(args[1])) : args;

/** What a record tells: which commands came, and what would not keep to one slot of a cluster. */
export interface Found {
  commands: Set<string>;
  faults: Set<string>;
}

/** Reads what a Redis was sent. A script and all that it does count as one. */
export async function readRecord(file: string, found: Found): Promise<void> {
  let tag: string | undefined;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    const command = parse(line);
    if (!command) continue;
    const { isLua, name, args } = command;
    const say = (fault: string) => found.faults.add(`${fault}: ${isLua ? 'lua ' : ''}${name} ${brief(args)}`);
    found.commands.add(isLua ? name : nameWithSub(name, args));
    if (isLua) {
      if (!KEYLESS_IN_LUA.has(name) && OURS.exec(args[0] ?? '')?.[1] !== tag) say(`outside of {${tag}}`);
      continue;
    }
    // Who listens may name channels of several slots: any server of a cluster has them all.
    if (KEYLESS.has(name)) continue;
    const keys = keysOf(name, args);
    const tags = tagsOf(keys);
    if (tags.length > 1) say('several slots');
    if (SCRIPTS.has(name)) {
      tag = tags[0];
      if (tags.length === 0 || keys.some((key) => !OURS.test(key))) say('a script with a key without a tag');
    } else if (tags.length === 0) say('no tag');
  }
}

const nameWithSub = (name: string, args: readonly string[]): string =>
  ['client', 'config', 'script'].includes(name) ? `${name}|${(args[0] ?? '').toLowerCase()}` : name;

/** What is told of arguments: without ids and numbers, so that each fault is told once. */
const brief = (args: readonly string[]): string =>
  args
    .map((arg) => (arg.length > 100 || !arg.includes('{') ? '.' : arg.replaceAll(/[0-9a-z]{26,}|\d+/g, 'N')))
    .join(' ')
    .slice(0, 300);
