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
  const walk = (value: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof value === 'string')
      return filling.row ? fillText(value, path, { ...filling, row: filling.row, faults }) : value;
    if (Array.isArray(value)) return value.map((entry, index) => walk(entry, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    const { row, step } = value as { row?: unknown; step?: unknown };
    if (filling.row && typeof row === 'string' && Object.keys(value).length === 1) {
      const found = valueAt(filling.row, row);
      if (found === undefined) faults.push({ pointer: pointerOf(path), detail: missing(row) });
      return found;
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

/** What stands between braces, where it begins with `row`. */
const PLACEHOLDER = /\{\{\s*(row\b[^{}]*?)\s*\}\}/g;
const ROW_PATH = /^row((?:\.[\p{L}\p{N}_-]+)+)$/u;
/** Of a placeholder that is refused, so much is told back. */
const TOLD_LENGTH = 60;

interface TextFilling extends Filling {
  row: Row;
  faults: FieldError[];
}

function fillText(text: string, path: readonly (string | number)[], { row, markup, faults }: TextFilling): string {
  if (!text.includes('{{')) return text;
  const refuse = (detail: string): string => {
    faults.push({ pointer: pointerOf(path), detail });
    return '';
  };
  const write = writerFor(path, { text, markup });
  return text.replaceAll(PLACEHOLDER, (whole, expression: string) => {
    const name = ROW_PATH.exec(expression)?.[1]?.slice(1);
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
    return write(value === null ? '' : String(value));
  });
}

/** Makes what writes a value into a text so that none of it is markup, by the last name on the way to the text. */
function writerFor(
  path: readonly (string | number)[],
  { text, markup = {} }: { text: string; markup: JobContract['markup'] },
): (value: string) => string {
  const name = String(path.findLast((part) => typeof part === 'string') ?? '');
  // An address that is all the row's is taken as it is; within one of the caller's, a value is no path of its own.
  const isWhole = /^\{\{[^{}]*\}\}$/.test(text.trim());
  if (/^(?:url|\w+Url)$/.test(name) && !isWhole) return encodeURIComponent;
  const sort = Object.hasOwn(markup, name) ? markup[name] : undefined;
  if (sort === 'html') return escapeXml;
  if (sort === 'markdown') return escapeMarkdown;
  return (value) => value;
}

/** Every sign that Markdown could read as one of its own stands for itself; a value is one line. */
const escapeMarkdown = (value: string): string =>
  value.replaceAll(/\s*[\r\n]+\s*/g, ' ').replaceAll(/[!-/:-@[-`{-~]/g, '\\$&');
