import type { AppError } from '../../../src/errors.ts';
import { invalidRequest, pointerOf } from '../../../src/fields/invalid-request.ts';
import { LiquidFault } from '../../../src/liquid/liquid.ts';
import {
  type Expansion,
  FILLING_MS,
  type StoredTemplate,
  type TemplateBody,
  TOO_LONG,
} from '../../../src/templates/template.ts';
import { isTimeZone } from '../dates/time-zone.ts';
import { escapeMarks } from '../text/inline.ts';
import { createTexts } from './liquid.ts';
import type { ValueWriting } from './print-value.ts';
import { blame, findValue, NOT_GIVEN, namesOf, pointInData, type Scope } from './scope.ts';
import { isFields, type Place, pathOf, type Spot, type Visitor, walk } from './walk.ts';

/** What a filled template may come to. */
const MOST_VALUES = 300_000;
const MOST_CHARACTERS = 10_000_000;
const DEFAULT_LOCALE = 'en-US';

/** Where a part of what was made comes from. */
interface Origin {
  at: Place | null;
  /** Where the value stands in the request. */
  from?: readonly PropertyKey[];
}

type Trace = (out: Place | null, origin: Origin) => void;

/** Fills a template with the data of a request. Throws invalid_request, at the data that is missing or wrong. */
export function expandTemplate(template: StoredTemplate, request: TemplateBody, limitMs = FILLING_MS): Expansion {
  const { template: _name, data = {}, ...given } = withoutNulls(request);
  if (!isFields(data)) throw invalidRequest([{ pointer: '/data', detail: 'must be an object' }]);
  const own = Object.fromEntries(
    Object.entries(template.body).filter(([field]) => field !== 'template' && !Object.hasOwn(given, field)),
  );
  const { locale = own['locale'], timeZone = own['timeZone'] } = given;
  const writing = {
    locale: isLocale(locale) ? locale : DEFAULT_LOCALE,
    timeZone: typeof timeZone === 'string' && isTimeZone(timeZone) ? timeZone : undefined,
  };
  const make = (until: number, trace?: Trace) => {
    const filling = { template, writing, until, trace };
    return walk(createFilling(filling), own, { data: namesOf(data), names: namesOf(), origins: namesOf() }) as object;
  };
  const body = { ...given, template: 'document', ...make(performance.now() + limitMs) };
  let origins: Map<string, Origin> | undefined;
  return {
    body,
    sourceOf(pointer) {
      // What was filled within its time is so once more.
      origins ??= traceOf((trace) => make(Number.POSITIVE_INFINITY, trace));
      return findSource(pointer, given, origins);
    },
  };
}

/** The fields of a request that are given: a null takes nothing away from the template but its brand, since it asks for none. */
const withoutNulls = (request: TemplateBody): TemplateBody =>
  Object.fromEntries(Object.entries(request).filter(([field, value]) => value !== null || field === 'brand'));

/** A locale that is none is refused with the body. */
function isLocale(locale: unknown): locale is string {
  try {
    return typeof locale === 'string' && Intl.NumberFormat.supportedLocalesOf(locale).length === 1;
  } catch {
    return false;
  }
}

/** Makes the body once more, to see what came from where. */
function traceOf(make: (trace: Trace) => void): Map<string, Origin> {
  const origins = new Map<string, Origin>();
  make((out, origin) => origins.set(pointerOf(pathOf(out)), origin));
  return origins;
}

function findSource(
  pointer: string,
  given: object,
  origins: ReadonlyMap<string, Origin>,
): { pointer: string; at?: string } {
  const keys = pointer.split('/').slice(1);
  const field = keys[0]?.replaceAll('~1', '/').replaceAll('~0', '~') ?? '';
  if (Object.hasOwn(given, field)) return { pointer };
  for (let length = keys.length; length >= 0; length -= 1) {
    const rest = keys.slice(length).map((key) => `/${key}`);
    const origin = origins.get(
      keys
        .slice(0, length)
        .map((key) => `/${key}`)
        .join(''),
    );
    if (!origin) continue;
    const at = pointerOf(pathOf(origin.at));
    if (origin.from) return { pointer: pointerOf(['data', ...origin.from]) + rest.join(''), at };
    return { pointer: '/template', at: at + rest.join('') };
  }
  return { pointer };
}

/** Makes the visitor that fills a template, within its limits. */
function createFilling({
  template,
  writing,
  until,
  trace,
}: {
  template: StoredTemplate;
  writing: ValueWriting;
  /** When it must be done, by performance.now(). */
  until: number;
  trace: Trace | undefined;
}): Visitor<Scope> {
  const texts = createTexts(writing);
  const sizes = new WeakMap<object, Size>();
  const left = { values: MOST_VALUES, characters: MOST_CHARACTERS };
  const fault = (at: Place | null, detail: string, pointer = '/template'): AppError =>
    invalidRequest([
      { pointer, detail: `${detail}: the template "${template.name}", ${pointerOf(pathOf(at)) || '/'}` },
    ]);
  const assertTime = (at: Place | null): void => {
    if (performance.now() > until) throw fault(at, TOO_LONG);
  };
  const take = ({ values, characters }: Size, at: Place | null): void => {
    left.values -= values;
    left.characters -= characters;
    if (left.values < 0) throw fault(at, `comes to more than ${MOST_VALUES.toLocaleString('en')} values`);
    if (left.characters < 0) throw fault(at, `comes to more than ${MOST_CHARACTERS / 1e6} million characters`);
    assertTime(at);
  };
  const missing = (path: string, { at, scope }: Spot<Scope>): AppError => {
    const pointer = pointInData(path, scope);
    return pointer ? fault(at, NOT_GIVEN, pointer) : fault(at, `has no "${path}"`);
  };

  return {
    count({ at, out }) {
      take({ values: 1, characters: 0 }, at);
      trace?.(out, { at });
    },
    text(text, spot) {
      if (!texts.isFilled(text)) {
        take({ values: 0, characters: text.length }, spot.at);
        return text;
      }
      try {
        const filled = texts.fill(text, spot, until - performance.now());
        take({ values: 0, characters: filled.length }, spot.at);
        return filled;
      } catch (thrown) {
        if (!(thrown instanceof LiquidFault)) throw thrown;
        const { detail, pointer } = blame(thrown, spot.scope);
        throw fault(spot.at, detail, pointer);
      }
    },
    data({ data: path, raw: isRaw = false }, spot) {
      const { value, from } = findValue(path, spot.scope);
      if (value === undefined) throw missing(path, spot);
      take(measure(value, sizes), spot.at);
      trace?.(spot.out, { at: spot.at, from });
      return spot.isMarked && !isRaw ? escapeAll(value) : value;
    },
    *each({ each, as }, spot) {
      const { value, from } = findValue(each, spot.scope);
      if (value === undefined) throw missing(each, spot);
      if (!Array.isArray(value))
        throw fault(spot.at, 'must be a list, since it is repeated by', pointerOf(['data', ...from]));
      const { data } = spot.scope;
      for (const [index, one] of value.entries()) {
        assertTime(spot.at);
        const names = namesOf(spot.scope.names, { [as]: one, index: index + 1 });
        yield { data, names, origins: namesOf(spot.scope.origins, { [as]: [...from, String(index)] }) };
      }
    },
    choose: (path, { scope }) => [isThere(findValue(path, scope).value) ? 'blocks' : 'else'],
  };
}

/** Escapes the marks of all texts in a value. */
function escapeAll(value: unknown): unknown {
  if (typeof value === 'string') return escapeMarks(value);
  if (Array.isArray(value)) return value.map(escapeAll);
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, escapeAll(inner)]));
}

/** Whether there is something to be shown. */
const isThere = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  value !== false &&
  value !== '' &&
  !(Array.isArray(value) && value.length === 0);

interface Size {
  values: number;
  characters: number;
}

/** Counts what a value of the data holds; what is used again is not counted anew. */
function measure(value: unknown, sizes: WeakMap<object, Size>): Size {
  if (typeof value === 'string') return { values: 1, characters: value.length };
  if (typeof value !== 'object' || value === null) return { values: 1, characters: 0 };
  const known = sizes.get(value);
  if (known) return known;
  const size = { values: 1, characters: 0 };
  for (const inner of Object.values(value)) {
    const { values, characters } = measure(inner, sizes);
    size.values += values;
    size.characters += characters;
  }
  sizes.set(value, size);
  return size;
}
