import { invalidRequest, pointerOf } from '../fields/invalid-request.ts';

/** Form fields or query parameters: each name with its texts, in order. */
export type TextFields = ReadonlyMap<string, readonly string[]>;

type Types = ReadonlyMap<string, ReadonlySet<string>>;

/** How PHP and Rails write lists and objects: `tags[]`, `tags[0]`, `metadata[user]`. */
const IN_BRACKETS = /^([^[\]]+)\[(\w*)\]$/;
const YES = new Set(['true', 'on', '1', 'yes']);
const NO = new Set(['false', 'off', '0', 'no']);
const TEXT: ReadonlySet<string> = new Set(['string']);

/** Makes the JSON body that the texts of a form or query stand for; throws invalid_request. */
export function readFormTexts(fields: TextFields, types: Types): Record<string, unknown> {
  const texts = new Map<string, string[]>();
  const members = new Map<string, Record<string, unknown>>();
  for (const [field, all] of fields) {
    // An empty text is a form field that was left alone.
    const given = all.filter((text) => text !== '');
    if (given.length === 0) continue;
    const [, name = field, member] = IN_BRACKETS.exec(field) ?? [];
    const isEntry = member !== undefined && types.get(name)?.has('array') && /^\d*$/.test(member);
    if (!isEntry && member && types.get(name)?.has('object')) {
      const object = members.get(name) ?? Object.create(null);
      object[member] = parseTexts(field, given, types.get(field) ?? TEXT);
      members.set(name, object);
    } else {
      const place = isEntry ? name : field;
      texts.set(place, [...(texts.get(place) ?? []), ...given]);
    }
  }
  const body: Record<string, unknown> = Object.create(null);
  for (const [name, given] of texts) body[name] = parseTexts(name, given, types.get(name) ?? TEXT);
  for (const [name, object] of members) {
    if (texts.has(name)) throw givenTwice(name);
    body[name] = { ...object };
  }
  return { ...body };
}

/** A text as what its field wants: "800" is a number where there may be one. */
function parseTexts(name: string, texts: readonly string[], types: ReadonlySet<string>): unknown {
  const [text = ''] = texts;
  const mayBe = (type: string) => types.has(type) || types.size === 0;
  const isJson = (mayBe('object') && /^\s*\{/.test(text)) || (mayBe('array') && /^\s*\[/.test(text));
  if (isJson && texts.length === 1) return parseJson(name, text);
  if (types.has('array')) return [...texts];
  if (texts.length > 1) throw givenTwice(name);
  if ((types.has('number') || types.has('integer')) && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (types.has('boolean') && YES.has(text.toLowerCase())) return true;
  if (types.has('boolean') && NO.has(text.toLowerCase())) return false;
  return text;
}

const givenTwice = (name: string) => invalidRequest([{ pointer: pointerOf([name]), detail: 'must be given once' }]);

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidRequest([{ pointer: pointerOf([name]), detail: 'must be valid JSON' }]);
  }
}
