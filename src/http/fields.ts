import type { z } from 'zod';
import { invalidFields, invalidRequest, unknownFields } from '../fields/invalid-request.ts';
import { takeNulls } from '../fields/take-nulls.ts';
import type { JobContract } from '../jobs/contract.ts';
import { type JobOptions, OPTION_FIELDS, optionsSchema } from '../jobs/options/options.ts';
import { lazy } from '../lazy.ts';
import { type FieldSchemas, readFieldSchemas } from './field-schema.ts';
import { readFormTexts, type TextFields } from './form-texts.ts';

/** Reads request bodies of one kind: validates, and turns form texts into what the schema wants. */
export interface FieldReader {
  /** Lists the fields that a body may have. */
  names(): readonly string[];
  /**
   * Splits a JSON body into the kind's input and the options all kinds share; throws invalid_request with every fault. A
   * null where none may be counts as not given: it is taken out of the body.
   */
  readJson(body: unknown): { input: unknown; options: JobOptions };
  /** Makes the JSON body of the texts of a form or query: "800" becomes a number where the schema wants one. */
  toBody(fields: TextFields): Record<string, unknown>;
  /**
   * The same for texts of a form or query: "800" becomes a number where the schema wants one. `change` makes another body of
   * the one that they stand for.
   */
  readTexts(fields: TextFields, change?: (body: unknown) => unknown): { input: unknown; options: JobOptions };
}

const NO_OPTIONS = optionsSchema.safeParse({});
/** A null can hide behind another one; so often the body is read again without those that were seen. */
const READINGS = 4;
/** More than any kind has: of a body with more fields those that are not known are told, and nothing is looked at. */
const MAX_FIELDS = 200;

/** Made once per kind, since it derives the types of the fields from the schema. */
export function createFieldReader(contract: JobContract): FieldReader {
  const optionNames = new Set(Object.keys(OPTION_FIELDS).filter((name) => !contract.ownFields?.includes(name)));
  // Needed for forms and for what is refused: no start waits for it.
  const readSchemas = lazy(() => readFieldSchemas(contract, optionNames));
  const namesAt: FieldSchemas['namesAt'] = (path) => readSchemas().namesAt(path);

  const isShared = ([name, value]: [string, unknown]) => optionNames.has(name) && !contract.isOwnField?.(name, value);

  const parse = (body: object) => {
    const fields = Object.entries(body);
    const shared = fields.filter(isShared);
    const own = fields.filter((field) => !isShared(field));
    const options = shared.length > 0 ? optionsSchema.safeParse(Object.fromEntries(shared)) : NO_OPTIONS;
    // Built from entries: assigned one by one, a field named __proto__ would vanish instead of being refused.
    return { input: contract.input.safeParse(Object.fromEntries(own)), options };
  };

  const readJson: FieldReader['readJson'] = (body) => {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw invalidRequest([{ pointer: '', detail: 'The body must be a JSON object.' }]);
    }
    assertFewFields(body, namesAt);
    for (let reading = 1; ; reading += 1) {
      const { input, options } = parse(body);
      if (input.success && options.success) return { input: input.data, options: options.data };
      const faulty: z.core.$ZodIssue[] = [...(input.error?.issues ?? []), ...(options.error?.issues ?? [])];
      if (reading < READINGS && takeNulls(body, faulty)) continue;
      throw invalidFields(faulty, namesAt, contract.fieldHints);
    }
  };

  const toBody: FieldReader['toBody'] = (fields) => readFormTexts(fields, readSchemas().types);

  return {
    names: () => namesAt([]),
    readJson,
    toBody,
    readTexts: (fields, change = (body) => body) => readJson(change(toBody(fields))),
  };
}

function assertFewFields(body: object, namesAt: FieldSchemas['namesAt']): void {
  const names = Object.keys(body);
  if (names.length <= MAX_FIELDS) return;
  const known = namesAt([]);
  const others = names.filter((name) => !known.includes(name));
  throw invalidRequest(unknownFields([], others, known), others.length);
}
