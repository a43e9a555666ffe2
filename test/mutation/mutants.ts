import { stripTypeScriptTypes } from 'node:module';

/** One small change of a source file that its tests ought to notice. */
export interface Mutant {
  path: string;
  /** Line of the change, from 1. */
  line: number;
  operator: string;
  from: string;
  to: string;
  /** The whole file with the change in it. */
  source: string;
}

interface Change {
  operator: string;
  index: number;
  from: string;
  to: string;
}

/** Comments, strings and templates of TypeScript, and Lua's comments. A template with a Redis call in it is Lua. */
const NOT_CODE =
  /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/(?![*/ ])(?:\\.|\[[^\]\n]*\]|[^/\\\n])+\/[dgimsuvy]*(?=[,;).\s])/g;
const LUA_NOT_CODE = /--.*|'[^'\n]*'|"[^"\n]*"/g;
const blank = (text: string) => text.replace(/[^\n]/g, ' ');

/** A pattern, and what stands in place of each hit; its first group, where it has one, is the part that is changed. */
type Rule = [operator: string, pattern: RegExp, replace: (hit: string) => string];

const pairs = (...words: [string, string][]) => {
  const swap = new Map(words.flatMap(([one, other]) => [[one, other] as const, [other, one] as const]));
  return (hit: string) => swap.get(hit) ?? hit;
};
const changeNumber = (hit: string) => {
  const value = Number(hit.replaceAll('_', ''));
  return value <= 1 ? String(1 - value) : String(value * 10);
};

const NEGATE = 'negate a condition';
const RULES: Rule[] = [
  [NEGATE, /\bif \((?=[^\n]*\)[^\n]*$)/gm, () => 'if ('],
  ['swap && and ||', /&&|\|\|/g, pairs(['&&', '||'])],
  ['swap === and !==', /[!=]==/g, pairs(['===', '!=='])],
  ['move a bound', / (?:<=?|>=?) /g, pairs([' < ', ' <= '], [' > ', ' >= '])],
  ['swap + and -', / [+-] /g, pairs([' + ', ' - '])],
  ['swap true and false', /\b(?:true|false)\b/g, pairs(['true', 'false'])],
  ['drop a negation', /!(?=[\w(])/g, () => ''],
  ['change a number', /(?<![\w.$])\d[\d_]*(?![\w.])/g, changeNumber],
  ['drop a statement', /^ *((?:await |void )?[\w.]+\([^\n]*\)(?:\.\w+\([^\n]*\))*;)$/gm, () => ';'],
  [
    'return early',
    /(?:=>|^ +(?!if|for|while|switch)(?:async )?\w+\([^\n]*\)[^\n]*|function[^\n]*) (\{)$/gm,
    () => '{ return;',
  ],
];

const LUA_RULES: Rule[] = [
  ['drop a line of Lua', /^ *(redis\.call\([^\n]*\)|if [^\n]* then [^\n]* end)$/gm, () => ''],
  ['swap == and ~=', /[=~]=/g, pairs(['==', '~='])],
  ['swap and and or', /\b(?:and|or)\b/g, pairs(['and', 'or'])],
  ['move a bound', / (?:<=?|>=?) /g, pairs([' < ', ' <= '], [' > ', ' >= '])],
  ['change a number', /(?<![\w.[])\d+(?![\w.\]])/g, changeNumber],
];

function applyRules(code: string, rules: Rule[], offset = 0): Change[] {
  return rules.flatMap(([operator, pattern, replace]) =>
    [...code.matchAll(pattern)].map((hit) => {
      const from = hit[1] ?? hit[0];
      return { operator, index: offset + hit.index + hit[0].lastIndexOf(from), from, to: replace(from) };
    }),
  );
}

/** Where the bracket that opens before `start` is closed. */
function closingBracket(code: string, start: number): number {
  let depth = 1;
  for (let end = start; end < code.length; end += 1) {
    if (code[end] === '(') depth += 1;
    if (code[end] === ')') depth -= 1;
    if (depth === 0) return end;
  }
  return start;
}

/** A negation found only the `if (`: the change is its whole condition. */
function withCondition(code: string, source: string, change: Change): Change {
  if (change.operator !== NEGATE) return change;
  const index = change.index + change.from.length;
  const from = source.slice(index, closingBracket(code, index));
  return { operator: NEGATE, index, from, to: `!(${from})` };
}

/** All changes the rules know for a source text, those that Node can not parse left out. */
export function findMutants(path: string, source: string): Mutant[] {
  const lua: Change[] = [];
  const code = source.replace(NOT_CODE, (text, index: number) => {
    if (text.startsWith('`') && text.includes('redis.call')) {
      lua.push(...applyRules(text.replace(LUA_NOT_CODE, blank), LUA_RULES, index));
    }
    return blank(text);
  });
  return [...applyRules(code, RULES), ...lua].flatMap((found) => {
    const { operator, index, from, to } = withCondition(code, source, found);
    const changed = source.slice(0, index) + to + source.slice(index + from.length);
    const line = source.slice(0, index).split('\n').length;
    const original = source.slice(index, index + from.length);
    return parses(changed, source) ? [{ path, line, operator, from: original, to, source: changed }] : [];
  });
}

const withoutTypes = (source: string) => stripTypeScriptTypes(source).replace(/\s+/g, ' ');

/** Whether a change leaves something that Node runs, and that is not the same once its types are gone. */
function parses(changed: string, source: string): boolean {
  try {
    return withoutTypes(changed) !== withoutTypes(source);
  } catch {
    return false;
  }
}

/** A shuffled copy; the same seed gives the same order (mulberry32). */
function shuffle<T>(items: readonly T[], seed: number): T[] {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(next() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
  }
  return shuffled;
}

/** Draws at most `max` mutants, as many of each operator as there are: numbers would be a third of them all otherwise. */
export function drawMutants(mutants: readonly Mutant[], seed: number, max: number): Mutant[] {
  const groups = Map.groupBy(shuffle(mutants, seed), ({ operator }) => operator);
  const rounds = Math.max(0, ...[...groups.values()].map(({ length }) => length));
  return Array.from({ length: rounds }, (_, round) => [...groups.values()].flatMap((group) => group[round] ?? []))
    .flat()
    .slice(0, max);
}
