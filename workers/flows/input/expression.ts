import type { Row } from './flow.ts';

/** What a filter is given: a text or number as it was written, or a value of the row. */
export type Argument = { value: string | number } | { path: string };

/** What stands between the braces of a placeholder: a value of the row, and the filters that it goes through. */
export interface Expression {
  path: string;
  filters: { name: string; args: Argument[] }[];
}

const SPACE = /\s*/y;
/** `row.name`, `row.lines.0`, or `row["Customer name"]`. */
const ROW_PATH = /row(?:((?:\.[\p{L}\p{N}_-]+)+)|\["([^"]+)"\]|\['([^']+)'\])/uy;
const NAME = /[a-z_]+/y;
const TEXT = /"([^"]*)"|'([^']*)'/y;
const NUMBER = /-?\d{1,15}(?:\.\d{1,15})?/y;
const SIGN = /[|:,]/y;
/** A value goes through so many filters at most. */
const MOST_FILTERS = 10;

/** Reads what stands between the braces; null where it names no value of the row. Each sign is looked at a few times at most. */
export function readExpression(text: string): Expression | null {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const takeSign = (sign: string): boolean => {
    take(SPACE);
    return text[at] === sign && take(SIGN) !== null;
  };
  const takePath = (): string | undefined => {
    const [, dotted, quoted, other] = take(ROW_PATH) ?? [];
    return dotted?.slice(1) ?? quoted ?? other;
  };
  const takeArgument = (): Argument | null => {
    take(SPACE);
    const path = takePath();
    if (path !== undefined) return { path };
    const quoted = take(TEXT);
    if (quoted) return { value: quoted[1] ?? quoted[2] ?? '' };
    const number = take(NUMBER)?.[0];
    return number === undefined ? null : { value: Number(number) };
  };
  take(SPACE);
  const path = takePath();
  if (path === undefined) return null;
  const filters: Expression['filters'] = [];
  while (takeSign('|')) {
    take(SPACE);
    const name = take(NAME)?.[0];
    if (name === undefined || filters.length === MOST_FILTERS) return null;
    const args: Argument[] = [];
    if (takeSign(':')) {
      do {
        const argument = takeArgument();
        if (!argument) return null;
        args.push(argument);
      } while (takeSign(','));
    }
    filters.push({ name, args });
  }
  take(SPACE);
  return at === text.length ? { path, filters } : null;
}

/** Finds a value of a row by its name, or by its path: names and places, with dots between. Undefined where there is none. */
export function valueAt(row: Row, path: string): unknown {
  if (Object.hasOwn(row, path)) return row[path];
  let value: unknown = row;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
