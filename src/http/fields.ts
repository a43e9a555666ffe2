import { z } from 'zod';
import { fieldErrors, invalidRequest } from '../fields/invalid-request.ts';
import type { JobContract } from '../jobs/contract.ts';
import { type JobOptions, OPTION_FIELDS, optionsSchema } from '../jobs/options.ts';

/** Form fields or query parameters: each name with its texts, in order. */
export type TextFields = ReadonlyMap<string, readonly string[]>;

interface PropertySchema {
  type?: string | string[];
  anyOf?: PropertySchema[];
  enum?: unknown[];
}

/** Reads request bodies of one kind: validates, and turns form texts into what the schema wants. */
export interface FieldReader {
  /**
   * Splits a JSON body into the kind's input and the options all kinds share; throws invalid_request with every fault.
   */
  readJson(body: unknown): { input: unknown; options: JobOptions };
  /** The same for texts of a form or query: "800" becomes a number where the schema wants one. */
  readTexts(fields: TextFields): { input: unknown; options: JobOptions };
}

const NO_OPTIONS = optionsSchema.safeParse({});

/** Made once per kind, since it derives the types of the fields from the schema. */
export function createFieldReader(contract: JobContract): FieldReader {
  const optionNames = new Set(Object.keys(OPTION_FIELDS).filter((name) => !contract.ownFields?.includes(name)));
  const types = fieldTypes(contract);

  const readJson: FieldReader['readJson'] = (body) => {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw invalidRequest([{ pointer: '', detail: 'The body must be a JSON object.' }]);
    }
    const fields = Object.entries(body);
    const isShared = ([name, value]: [string, unknown]) => optionNames.has(name) && !contract.isOwnField?.(name, value);
    const shared = fields.filter(isShared);
    const own = fields.filter((field) => !isShared(field));
    const options = shared.length > 0 ? optionsSchema.safeParse(Object.fromEntries(shared)) : NO_OPTIONS;
    // Built from entries: assigned one by one, a field named __proto__ would vanish instead of being refused.
    const input = contract.input.safeParse(Object.fromEntries(own));
    if (input.success && options.success) return { input: input.data, options: options.data };
    throw invalidRequest([...fieldErrors(input.error), ...fieldErrors(options.error)]);
  };

  return {
    readJson,
    readTexts(fields) {
      const body: Record<string, unknown> = Object.create(null);
      // An empty text is a form field that was left alone.
      for (const [name, texts] of fields) {
        const given = texts.filter((text) => text !== '');
        if (given.length > 0) body[name] = parseTexts(name, given, types.get(name) ?? new Set(['string']));
      }
      return readJson({ ...body });
    },
  };
}

function fieldTypes(contract: JobContract): Map<string, Set<string>> {
  const schema = z.toJSONSchema(contract.input, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, PropertySchema>;
  };
  const shared = z.toJSONSchema(optionsSchema, { io: 'input', unrepresentable: 'any' }) as typeof schema;
  const types = new Map(Object.entries(shared.properties ?? {}).map(([name, property]) => [name, typesOf(property)]));
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    // A name that both have is told apart by its value, so its text may be either.
    const others = contract.isOwnField ? (types.get(name) ?? []) : [];
    types.set(name, new Set([...typesOf(property), ...others]));
  }
  return types;
}

/** The JSON types a property may have; none when its schema says nothing about it. */
function typesOf({ type = [], anyOf = [], enum: values = [] }: PropertySchema): Set<string> {
  const named = [type].flat().concat(values.map((value) => typeof value));
  return new Set([...named, ...anyOf.flatMap((one) => [...typesOf(one)])]);
}

function parseTexts(name: string, texts: readonly string[], types: ReadonlySet<string>): unknown {
  const [text = ''] = texts;
  const mayBe = (type: string) => types.has(type) || types.size === 0;
  const isJson = (mayBe('object') && /^\s*\{/.test(text)) || (mayBe('array') && /^\s*\[/.test(text));
  if (isJson && texts.length === 1) return parseJson(name, text);
  if (types.has('array')) return [...texts];
  if (texts.length > 1) throw invalidRequest([{ pointer: `/${name}`, detail: 'must be given once' }]);
  if ((types.has('number') || types.has('integer')) && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (types.has('boolean') && ['true', 'on', '1'].includes(text)) return true;
  if (types.has('boolean') && ['false', 'off', '0'].includes(text)) return false;
  return text;
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidRequest([{ pointer: `/${name}`, detail: 'must be valid JSON' }]);
  }
}
