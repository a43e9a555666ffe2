import type { z } from 'zod';
import type { FieldError } from '../../../src/errors.ts';
import { fieldErrors, invalidRequest, pointerOf } from '../../../src/fields/invalid-request.ts';
import { LiquidFault } from '../../../src/liquid/liquid.ts';
import type { TemplateBody } from '../../../src/templates/template.ts';
import { createTexts } from './liquid.ts';
import { CONTROL_FIELDS, isFields, type Place, pathOf, readControl, type Spot, type Visitor, walk } from './walk.ts';

/** The names that data can have in a path. */
const PATH = /^[\w-]{1,100}(?:\.[\w-]{1,100}){0,19}$/;
const NAME = /^[a-zA-Z]\w{0,99}$/;
/** What stands for a text that is filled later. */
const SOME_TEXT = 'x';

/**
 * Finds what is wrong with a template, as far as that can be said without data: texts that can't be read, and what stands
 * in it as it will, as `input` has it. Throws invalid_request.
 */
export function checkTemplate(body: TemplateBody, input: z.ZodType): void {
  const faults: FieldError[] = [];
  if (body['template'] !== undefined && body['template'] !== 'document') {
    faults.push({ pointer: '/template', detail: 'must be document, or left out' });
  }
  const { visitor, placeOf, isFilled } = createSketch(faults);
  const { template: _template, ...fields } = body;
  const sketch = walk(visitor, fields, null) as object;
  checkControls(fields, null, faults);
  const read = input.safeParse({ ...sketch, template: 'document' });
  const issues = (read.error?.issues ?? []).filter(({ path, code }) => !isFilled(path, code === 'invalid_union'));
  const found = fieldErrors({ issues: issues.map((issue) => ({ ...issue, path: placeOf(issue.path) })) });
  const all = [...faults, ...found];
  if (all.length > 0) throw invalidRequest(all);
}

/** Makes a template's sketch: everything in it once, and something in the place of what is filled later. */
function createSketch(faults: FieldError[]) {
  const filled = new Set<string>();
  const places = new Map<string, Place | null>();
  const texts = createTexts({ locale: 'en-US', timeZone: undefined });
  const addFault = (at: Place | null, detail: string) => faults.push({ pointer: pointerOf(pathOf(at)), detail });
  const assertPath = (path: string, { at }: Spot<null>) => {
    if (!PATH.test(path)) addFault(at, 'must name a value of the data, such as "customer.name"');
  };
  const visitor: Visitor<null> = {
    count: ({ at, out }) => void places.set(pointerOf(pathOf(out)), at),
    text(text, { at, out, isMarked }) {
      if (!texts.isFilled(text)) return text;
      filled.add(pointerOf(pathOf(out)));
      try {
        texts.parse(text, isMarked);
      } catch (thrown) {
        if (!(thrown instanceof LiquidFault)) throw thrown;
        addFault(at, `can not be read as Liquid: ${thrown.message}`);
      }
      return SOME_TEXT;
    },
    data(reference, spot) {
      assertPath(reference.data, spot);
      filled.add(pointerOf(pathOf(spot.out)));
      // A chart with rows is another than one with numbers.
      return spot.type === 'chart' && spot.out?.key === 'rows' ? [] : undefined;
    },
    each({ each, as }, spot) {
      assertPath(each, spot);
      if (!NAME.test(as)) addFault(spot.at, 'must have a name of letters and digits in "as"');
      return [null];
    },
    choose(path, spot) {
      assertPath(path, spot);
      return ['blocks', 'else'];
    },
  };
  return {
    visitor,
    /** Whether a value, or one around it, is filled later; with `orInside`, or one in it. */
    isFilled(path: readonly PropertyKey[], orInside: boolean): boolean {
      if (path.some((_key, index) => filled.has(pointerOf(path.slice(0, index + 1))))) return true;
      const inside = `${pointerOf(path)}/`;
      return orInside && [...filled].some((pointer) => pointer.startsWith(inside));
    },
    /** Where a value of the sketch stands in the template. */
    placeOf(path: readonly PropertyKey[]): PropertyKey[] {
      for (let length = path.length; length > 0; length -= 1) {
        const at = places.get(pointerOf(path.slice(0, length)));
        if (at) return [...pathOf(at), ...path.slice(length)];
      }
      return [...path];
    },
  };
}

/** Finds fields that what repeats or leaves out does not have. */
function checkControls(node: unknown, place: Place | null, faults: FieldError[]): void {
  if (typeof node !== 'object' || node === null) return;
  const control = Array.isArray(node) ? undefined : readControl(node);
  if (control && typeof place?.key === 'number') {
    const known: readonly string[] = CONTROL_FIELDS[control.word];
    for (const key of Object.keys(control.fields).filter((one) => !known.includes(one))) {
      const pointer = pointerOf([...pathOf(place), key]);
      faults.push({ pointer, detail: `is not a known field beside "${control.word}"` });
    }
  }
  const entries = Array.isArray(node) ? [...node.entries()] : isFields(node) ? Object.entries(node) : [];
  for (const [key, value] of entries) checkControls(value, { above: place, key }, faults);
}
