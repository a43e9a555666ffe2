import type { FieldError } from '../../../src/errors.ts';
import { escapeXml } from '../../../src/fields/escape-xml.ts';
import { pointerOf } from '../../../src/fields/invalid-request.ts';
import type { JobContract } from '../../../src/jobs/contract.ts';
import type { Row } from './flow.ts';

/** A place of an input that may name a step: `{"step": "report"}`. */
export interface StepMention {
  pointer: string;
  step: string;
}

export interface Filling {
  /** Null in a flow for one: nothing stands for a value then. */
  row: Row | null;
  /** The fields of the kind whose texts are markup. */
  markup: JobContract['markup'];
  /** The id of the job that a mention stands for; null where it is data that only looks like one. */
  jobOf(mention: StepMention): string | null;
}

/** An input with all values in their places, and what is missing. */
export interface Filled {
  body: unknown;
  faults: FieldError[];
}

/**
 * Puts the row's values and the jobs of other steps into the input of a step. What comes from the row is data: it is looked
 * into for nothing, and becomes neither markup nor a part of an address.
 */
export function fillStep(input: unknown, filling: Filling): Filled {
  const faults: FieldError[] = [];
  const room = { left: MOST_PUT_IN };
  const walk = (value: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof value === 'string')
      return filling.row ? fillText(value, path, { ...filling, row: filling.row, faults, room }) : value;
    if (Array.isArray(value)) return value.map((entry, index) => walk(entry, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    const { row, step } = value as { row?: unknown; step?: unknown };
    if (filling.row && typeof row === 'string' && Object.keys(value).length === 1) {
      const found = valueAt(filling.row, row);
      const detail = found === undefined ? missing(row) : findFault(found, path, { ...filling, room });
      if (detail !== null) faults.push({ pointer: pointerOf(path), detail });
      return detail === null ? found : undefined;
    }
    const job =
      typeof step === 'string' && !Object.hasOwn(value, 'job')
        ? filling.jobOf({ pointer: pointerOf(path), step })
        : null;
    // Built from entries: assigned one by one, a field named __proto__ would vanish.
    const entries = Object.entries(value).map(([name, part]): [string, unknown] =>
      job !== null && name === 'step' ? ['job', job] : [name, walk(part, [...path, name])],
    );
    return Object.fromEntries(entries);
  };
  return { body: walk(input, []), faults };
}

/** What the row puts into one input, in letters: a row is at most a line, and may be put into many places. */
const MOST_PUT_IN = 10_000_000;

interface Room {
  left: number;
}

/** Why a value can not stand at its place as it is; null where it can. */
function findFault(
  value: unknown,
  path: readonly (string | number)[],
  { markup, room }: Pick<Filling, 'markup'> & { room: Room },
): string | null {
  const text = JSON.stringify(value);
  if (!takeRoom(room, text.length)) return TOO_MUCH;
  // A whole input has all of its fields.
  const mayName =
    path.length === 0 ? Object.values(markup ?? {}).includes('secrets') : sortOf(path, markup) === 'secrets';
  return mayName && text.includes('{{') ? NAMES_SECRET : null;
}

function takeRoom(room: Room, letters: number): boolean {
  room.left -= letters;
  return room.left >= 0;
}

const TOO_MUCH = `puts more of the row into the step than ${MOST_PUT_IN} characters in all`;
const NAMES_SECRET = 'must not get { or } from the row, which could name a secret';

const missing = (path: string): string => `names ${JSON.stringify(path.slice(0, 100))}, which the row does not have`;

/** Finds a value of a row by its path: names and places, with dots between. Undefined where there is none. */
function valueAt(row: Row, path: string): unknown {
  let value: unknown = row;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** What stands between braces, where it begins with `row`; each sign is looked at once, however many spaces there are. */
const PLACEHOLDER = /\{\{\s*(row\b[^{}]*)\}\}/g;
const ROW_PATH = /^row((?:\.[\p{L}\p{N}_-]+)+)$/u;
/** Of a placeholder that is refused, so much is told back. */
const TOLD_LENGTH = 60;

interface TextFilling extends Filling {
  row: Row;
  faults: FieldError[];
  room: Room;
}

function fillText(text: string, path: readonly (string | number)[], filling: TextFilling): string {
  const { row, markup, faults, room } = filling;
  if (!text.includes('{{')) return text;
  const refuse = (detail: string): string => {
    faults.push({ pointer: pointerOf(path), detail });
    return '';
  };
  const write = writerFor(path, { text, markup });
  return text.replaceAll(PLACEHOLDER, (whole, expression: string) => {
    const name = ROW_PATH.exec(expression.trimEnd())?.[1]?.slice(1);
    if (name === undefined) {
      const told = whole.slice(0, TOLD_LENGTH);
      return refuse(`must name one value of the row between its braces, such as {{row.name}}; ${told} does not`);
    }
    const value = valueAt(row, name);
    if (value === undefined) return refuse(missing(name));
    if (typeof value === 'object' && value !== null) {
      return refuse(
        `puts ${JSON.stringify(name)} into a text, which is a list or an object: {"row": ${JSON.stringify(name)}} stands for one`,
      );
    }
    const words = value === null ? '' : String(value).toWellFormed();
    // Nothing more is made than is kept.
    if (!takeRoom(room, words.length)) return room.left + words.length < 0 ? '' : refuse(TOO_MUCH);
    const written = write(words);
    return typeof written === 'string' ? written : refuse(written.fault);
  });
}

/** What a text is, by the last name on the way to it: the fields within one for secrets are so too. */
function sortOf(path: readonly (string | number)[], markup: JobContract['markup'] = {}) {
  const names = path.filter((part) => typeof part === 'string');
  const sort = (name: string) => (Object.hasOwn(markup, name) ? markup[name] : undefined);
  return names.some((name) => sort(name) === 'secrets') ? 'secrets' : sort(names.at(-1) ?? '');
}

/** Makes what writes a value into a text so that none of it is markup; or what is wrong with it there. */
function writerFor(
  path: readonly (string | number)[],
  { text, markup }: { text: string; markup: JobContract['markup'] },
): (value: string) => string | { fault: string } {
  const name = String(path.findLast((part) => typeof part === 'string') ?? '');
  // An address that is all the row's is taken as it is; within one of the caller's, a value is no path of its own.
  const isWhole = /^\{\{[^{}]*\}\}$/.test(text.trim());
  if (/^(?:url|\w+Url)$/.test(name) && !isWhole) return writeAddressPart;
  const sort = sortOf(path, markup);
  if (sort === 'html') return escapeXml;
  if (sort === 'markdown') return escapeMarkdown;
  if (sort === 'secrets') return (value) => (/[{}]/.test(value) ? { fault: NAMES_SECRET } : value);
  return (value) => value;
}

/** A part of dots would lead out of its folder, and there is no way to write them that does not. */
const writeAddressPart = (value: string) =>
  /^\.\.?$/.test(value)
    ? { fault: 'must not get . or .. from the row as a part of an address' }
    : encodeURIComponent(value);

/** Every sign that Markdown could read as one of its own stands for itself; a value is one line. */
const escapeMarkdown = (value: string): string =>
  value
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .join(' ')
    .replaceAll(/[!-/:-@[-`{-~]/g, '\\$&');
