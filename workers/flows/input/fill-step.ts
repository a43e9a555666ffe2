import type { FieldError } from '../../../src/errors.ts';
import { pointerOf } from '../../../src/fields/invalid-request.ts';
import type { JobContract } from '../../../src/jobs/contract.ts';
import { readExpression, valueAt } from './expression.ts';
import { applyFilter, type Filtered, FilterFault } from './filters.ts';
import type { Row } from './flow.ts';
import { DOTS, hasDots, isAddress, NAMES_SECRET, sortOf, writerFor } from './write-value.ts';

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

const missing = (path: string): string => `names ${JSON.stringify(path.slice(0, 100))}, which the row does not have`;

/** What stands between braces, where it begins with `row`; each sign is looked at once, however many spaces there are. */
const PLACEHOLDER = /\{\{\s*(row\b[^{}]*)\}\}/g;
/** Of a placeholder that is refused, so much is told back. */
const TOLD_LENGTH = 60;

interface TextFilling extends Filling {
  row: Row;
  faults: FieldError[];
  room: Room;
}

/** Fills a text; one that stands for a mailbox becomes its two parts, so that a value of one is none of the other. */
function fillText(text: string, path: readonly (string | number)[], filling: TextFilling): unknown {
  if (!text.includes('{{')) return text;
  const names = path.filter((part) => typeof part === 'string');
  if (names.length === 1 && sortOf(path, filling.markup) === 'mailbox') {
    const trimmed = text.trim();
    const open = trimmed.lastIndexOf('<');
    if (open >= 0 && trimmed.endsWith('>')) {
      const name = trimmed.slice(0, open).trim();
      const quoted = /^"((?:[^"\\]|\\.)*)"$/u.exec(name)?.[1]?.replaceAll(/\\(.)/gu, '$1');
      return {
        name: fillWords(quoted ?? name, path, filling),
        address: fillWords(trimmed.slice(open + 1, -1), path, filling),
      };
    }
  }
  return fillWords(text, path, filling);
}

function fillWords(text: string, path: readonly (string | number)[], filling: TextFilling): string {
  const { markup, faults, room } = filling;
  const refuse = (detail: string): string => {
    faults.push({ pointer: pointerOf(path), detail });
    return '';
  };
  const write = writerFor(path, { text, markup });
  const filled = text.replaceAll(PLACEHOLDER, (whole, expression: string, at: number) => {
    // Nothing more is made than is kept.
    if (room.left < 0) return '';
    const words = readWords(expression, whole, filling);
    if (typeof words !== 'string') return refuse(words.fault);
    const written = write(words, { at, length: whole.length });
    return typeof written === 'string' ? written : refuse(written.fault);
  });
  return filled !== text && isAddress(path, text) && hasDots(filled) ? refuse(DOTS) : filled;
}

/** The words that a placeholder stands for. */
function readWords(
  expression: string,
  whole: string,
  { row, room }: Pick<TextFilling, 'row' | 'room'>,
): string | { fault: string } {
  const asked = readExpression(expression);
  if (!asked) {
    const told = whole.slice(0, TOLD_LENGTH);
    return {
      fault: `must name one value of the row between its braces, such as {{row.name}} or {{row.name | default: "you"}}; ${told} does not`,
    };
  }
  try {
    let value = take(asked.path);
    for (const { name, args } of asked.filters) {
      value = applyFilter(
        value,
        name,
        args.map((one) => ('path' in one ? take(one.path) : one.value)),
      );
      // What is made on the way is made too.
      if (!takeRoom(room, String(value ?? '').length)) return { fault: TOO_MUCH };
    }
    if (value === undefined) return { fault: missing(asked.path) };
    return value === null ? '' : String(value).toWellFormed();
  } catch (thrown) {
    if (thrown instanceof FilterFault) return { fault: thrown.message };
    throw thrown;
  }

  function take(path: string): Filtered {
    const value = valueAt(row, path);
    if (typeof value === 'object' && value !== null) {
      throw new FilterFault(
        `puts ${JSON.stringify(path)} into a text, which is a list or an object: {"row": ${JSON.stringify(path)}} stands for one`,
      );
    }
    if (!takeRoom(room, String(value ?? '').length)) throw new FilterFault(TOO_MUCH);
    return value as Filtered;
  }
}
