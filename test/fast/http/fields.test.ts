import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { AppError } from '../../../src/errors.ts';
import { listField } from '../../../src/fields/fields.ts';
import { fieldErrors, invalidRequest } from '../../../src/fields/invalid-request.ts';
import { createFieldReader } from '../../../src/http/fields.ts';
import { defineJob, type JobContract } from '../../../src/jobs/contract.ts';

const things = defineJob({
  kind: 'things',
  idPrefix: 'thg',
  summary: 'Makes a thing.',
  input: z
    .strictObject({
      name: z.string(),
      width: z.int('must be a whole number').max(100, 'must be at most 100'),
      turn: z.number(),
      grey: z.boolean(),
      size: z.enum(['small', 'large']),
      blur: z.union([z.boolean(), z.number()]),
      place: z.union([z.enum(['centre', 'left']), z.strictObject({ x: z.number() })]),
      names: z.array(z.string()),
      parts: z.array(z.strictObject({ id: z.int('must be a whole number') })),
      entries: listField(
        z.strictObject({
          id: z.int('must be a whole number'),
          note: z.string().optional(),
          size: z.number().optional(),
        }),
        0,
        5000,
      ),
      headers: z.record(z.string(), z.string()),
      free: z.unknown(),
      'odd/na~me': z.literal('x', 'must be x'),
    })
    .partial(),
  result: z.object({}),
  attempts: 1,
  backoff: { firstMs: 1, factor: 1, maxMs: 1 },
  timeoutMs: () => 1000,
  accepts: 'json',
  example: {},
}) as unknown as JobContract;

const reader = createFieldReader(things);
const readTexts = (fields: Record<string, string[]>) => reader.readTexts(new Map(Object.entries(fields)));

/** What the reader refuses with: sentence and pointers. */
function refusal(read: () => unknown): { sentence: string; pointers: string[] } {
  try {
    read();
  } catch (error) {
    const { code, message, errors } = error as AppError;
    expect(code).toBe('invalid_request');
    return { sentence: message, pointers: (errors ?? []).map(({ pointer }) => pointer) };
  }
  throw new Error('it was not refused');
}

describe('an answer to much that is wrong', () => {
  const errorsOf = (body: unknown) => {
    try {
      reader.readJson(body);
    } catch (error) {
      return error as AppError;
    }
    throw new Error('it was not refused');
  };

  it.each([
    ['at the top', (fields: object) => fields, 20_000, 'n0 is'],
    ['beside known ones', (fields: object) => ({ ...fields, width: 8, tags: ['t'] }), 20_000, 'n0 is'],
    ['in an entry of a list', (fields: object) => ({ parts: [{ id: 1, ...fields }] }), 20_000, 'parts.0.n0 is'],
  ])('20,000 unknown fields %s: twenty are told, and how many more there are', (_where, bodyOf, count, begin) => {
    const fields = Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, 1]));
    const { message, errors } = errorsOf(bodyOf(fields));
    expect(message).toBe(`${begin} not a known field (and ${count - 1} more).`);
    expect(errors).toHaveLength(20);
  });

  it('a name of a million characters: told in part, wherever it stands', () => {
    const name = `${'~/'.repeat(500_000)}x`;
    for (const body of [{ [name]: 1 }, { parts: [{ [name]: 1 }] }, { headers: { [name]: 1 } }]) {
      const { message, errors } = errorsOf(body);
      expect(message.length + JSON.stringify(errors).length).toBeLessThan(1500);
    }
  });

  it('fields that are null in thousands of entries count as not given', () => {
    const entries = Array.from({ length: 3000 }, () => ({ id: 1, note: null, size: null }));
    expect(reader.readJson({ entries }).input).toEqual({ entries: entries.map(({ id }) => ({ id })) });
  });

  it('thousands of entries that are wrong: the first ones are told', () => {
    const { message, errors } = errorsOf({ entries: Array.from({ length: 5000 }, () => ({ id: 'x' })) });
    expect(message).toBe('entries.0.id must be a whole number (and 19 more).');
    expect(errors).toHaveLength(20);
  });
});

describe('readJson', () => {
  it("the kind's own fields and those all kinds share: told apart", () => {
    const body = { width: 8, names: ['a'], tags: ['t'], priority: 'high', metadata: { a: 1 } };
    expect(reader.readJson(body)).toEqual({
      input: { width: 8, names: ['a'] },
      options: { tags: ['t'], priority: 'high', metadata: { a: 1 } },
    });
    expect(reader.readJson({})).toEqual({ input: {}, options: {} });
  });

  it('a shared name that the kind uses for itself: its own', () => {
    const letters = { ...things, input: z.strictObject({ subject: z.string() }), ownFields: ['subject'] };
    expect(createFieldReader(letters).readJson({ subject: 'Hei', tags: ['t'] })).toEqual({
      input: { subject: 'Hei' },
      options: { tags: ['t'] },
    });
  });

  it.each([[null], [undefined], ['text'], [7], [[]], [true]])('%j for a body: refused', (body) => {
    expect(refusal(() => reader.readJson(body)).sentence).toBe('The body must be a JSON object.');
  });

  it('several faults: all told, the first in the sentence', () => {
    const { sentence, pointers } = refusal(() => reader.readJson({ width: 101, wdith: 1, tags: 'x', turn: '1' }));
    expect(pointers.toSorted()).toEqual(['/tags', '/turn', '/wdith', '/width']);
    expect(sentence).toBe('width must be at most 100 (and 3 more).');
  });

  it('null: not given, wherever a field may be left out; the empty list of PHP: an empty object', () => {
    const parts = [{ id: 1 }];
    const body = { width: null, place: null, parts, tags: null, runAt: null, metadata: [], blur: null, names: ['a'] };
    expect(reader.readJson(body)).toEqual({ input: { parts, names: ['a'] }, options: { metadata: {} } });
    expect(reader.readJson({ free: null, metadata: { a: null }, width: null })).toEqual({
      input: { free: null },
      options: { metadata: { a: null } },
    });
  });

  it.each([
    [{ parts: [{ id: null }] }, '/parts/0/id'],
    [{ names: ['a', null] }, '/names/1'],
    [{ colour: null }, '/colour'],
    [{ place: { x: null } }, '/place'],
  ])('%j, a null where a value must be: refused', (body, pointer) => {
    expect(refusal(() => reader.readJson(body)).pointers).toEqual([pointer]);
  });

  it.each([
    ['wdith', 'width'],
    ['witdh', 'width'],
    ['widths', 'width'],
    ['widt', 'width'],
    ['Width', 'width'],
    ['run_at', 'runAt'],
    ['callback-url', 'callbackUrl'],
  ])('%s: asks whether %s was meant', (given, meant) => {
    expect(refusal(() => reader.readJson({ [given]: 1 })).sentence).toBe(
      `${given} is not a known field (did you mean ${meant}?).`,
    );
  });

  it('deep in the body: asks about the fields of that place', () => {
    const { sentence } = refusal(() => reader.readJson({ parts: [{ id: 1 }, { id: 2, ID_: 3 }] }));
    expect(sentence).toBe('parts.1.ID_ is not a known field (did you mean id?).');
    expect(refusal(() => reader.readJson({ parts: [{ id: 1, width_: 3 }] })).sentence).toMatch(/known field\.$/);
  });

  it('numbers as texts: not taken from JSON, which can say what it means', () => {
    expect(refusal(() => reader.readJson({ width: '8' })).pointers).toEqual(['/width']);
  });

  it.each(['{"__proto__":{"width":8}}', '{"__proto__":1}', '{"constructor":1}', '{"toString":1}'])(
    '%s: a field like any other that is not known',
    (text) => {
      const name = Object.keys(JSON.parse(text) as object)[0];
      expect(refusal(() => reader.readJson(JSON.parse(text))).pointers).toEqual([`/${name}`]);
    },
  );
});

describe('readTexts: a text becomes what its field wants', () => {
  it.each<[string, string[], unknown]>([
    ['name', ['800'], '800'],
    ['name', ['true'], 'true'],
    ['name', ['{"a":1}'], '{"a":1}'],
    ['width', ['8'], 8],
    ['turn', ['-90.5'], -90.5],
    ['grey', ['true'], true],
    ['grey', ['on'], true],
    ['grey', ['1'], true],
    ['grey', ['false'], false],
    ['grey', ['off'], false],
    ['grey', ['0'], false],
    ['size', ['large'], 'large'],
    ['blur', ['true'], true],
    ['blur', ['2.5'], 2.5],
    ['place', ['left'], 'left'],
    ['place', ['{"x":0.5}'], { x: 0.5 }],
    ['names', ['a'], ['a']],
    ['names', ['a', 'b'], ['a', 'b']],
    ['names', ['["a","b"]'], ['a', 'b']],
    ['names', ['{not json}'], ['{not json}']],
    ['names', ['[a', 'b]'], ['[a', 'b]']],
    ['parts', ['\n [{"id":1}]'], [{ id: 1 }]],
    ['headers', [' {"x-a":"1"}'], { 'x-a': '1' }],
    ['free', ['{"a":[1]}'], { a: [1] }],
    ['free', ['[1]'], [1]],
    ['free', ['text'], 'text'],
  ])('%s=%j: %j', (name, texts, expected) => {
    expect(readTexts({ [name]: texts }).input).toEqual({ [name]: expected });
  });

  it('options: tags repeated or as JSON, metadata as JSON', () => {
    expect(readTexts({ tags: ['a', 'b'], metadata: ['{"n":1}'], priority: ['low'] }).options).toEqual({
      tags: ['a', 'b'],
      metadata: { n: 1 },
      priority: 'low',
    });
    expect(readTexts({ tags: ['["a"]'] }).options).toEqual({ tags: ['a'] });
  });

  it('fields that a form left empty: not there', () => {
    expect(readTexts({ name: [''], width: [''], names: ['', 'a', ''], tags: [''] })).toEqual({
      input: { names: ['a'] },
      options: {},
    });
  });

  it.each(['abc', '8px', '0x10', '1e2', 'NaN', ' 8', '8 '])('width=%j, no number: refused at its field', (text) => {
    expect(refusal(() => readTexts({ width: [text] }))).toEqual({
      sentence: 'width must be a whole number.',
      pointers: ['/width'],
    });
  });

  it('a field given twice that takes one value', () => {
    expect(refusal(() => readTexts({ width: ['1', '2'] })).sentence).toBe('width must be given once.');
  });

  it.each(['parts', 'headers', 'place'])('%s as broken JSON', (name) => {
    const { sentence } = refusal(() => readTexts({ [name]: [name === 'parts' ? '[{' : '{"a":'] }));
    expect(sentence).toBe(`${name} must be valid JSON.`);
  });

  it('a fault inside JSON: the pointer leads to it', () => {
    expect(refusal(() => readTexts({ parts: ['[{"id":1},{"id":"x"}]'] }))).toEqual({
      sentence: 'parts.1.id must be a whole number.',
      pointers: ['/parts/1/id'],
    });
  });

  it.each(['colour', '__proto__', 'constructor', 'names[a]', 'headers[]', 'headers[a][b]', '[a]'])(
    '%s, a field that is not known: refused',
    (name) => {
      const { sentence } = refusal(() => reader.readTexts(new Map([[name, ['1']]])));
      expect(sentence).toBe(`${name} is not a known field.`);
    },
  );

  it.each(['true', 'True', 'TRUE', '1', 'on', 'yes', 'Yes'])('grey=%s: true', (text) => {
    expect(readTexts({ grey: [text] }).input).toEqual({ grey: true });
  });

  it.each(['false', 'False', '0', 'off', 'no', 'No'])('grey=%s: false', (text) => {
    expect(readTexts({ grey: [text] }).input).toEqual({ grey: false });
  });

  it('lists and objects as PHP and Rails write them', () => {
    const fields = { 'tags[]': ['a', 'b'], 'metadata[user]': ['1'], 'place[x]': ['0.5'] };
    const { input, options } = readTexts({ ...fields, 'names[0]': ['c'], 'names[1]': ['d'] });
    expect(input).toEqual({ names: ['c', 'd'], place: { x: 0.5 } });
    expect(options).toEqual({ tags: ['a', 'b'], metadata: { user: '1' } });
  });

  it('an object in both ways: refused', () => {
    expect(refusal(() => readTexts({ metadata: ['{"a":1}'], 'metadata[b]': ['2'] })).sentence).toBe(
      'metadata must be given once.',
    );
  });
});

describe('faults', () => {
  it('a name with a slash and a tilde: escaped in the pointer (RFC 6901), plain in the sentence', () => {
    expect(refusal(() => reader.readJson({ 'odd/na~me': 'y' }))).toEqual({
      sentence: 'odd/na~me must be x.',
      pointers: ['/odd~1na~0me'],
    });
  });

  it('several unknown fields in one place: a fault each', () => {
    const { error } = z.strictObject({ in: z.strictObject({}) }).safeParse({ in: { a: 1, b: 2 } });
    expect(fieldErrors(error)).toEqual([
      { pointer: '/in/a', detail: 'is not a known field' },
      { pointer: '/in/b', detail: 'is not a known field' },
    ]);
  });

  it('no error: no faults', () => {
    expect(fieldErrors(undefined)).toEqual([]);
  });

  it.each([
    [[{ pointer: '/a', detail: 'is missing' }], 'a is missing.'],
    [[{ pointer: '', detail: 'The form has too many fields.' }], 'The form has too many fields.'],
    [Array(3).fill({ pointer: '/a/0/b', detail: 'is odd' }), 'a.0.b is odd (and 2 more).'],
    [[], 'The request is not valid.'],
  ])('%j: one sentence, %s', (faults, sentence) => {
    const error = invalidRequest(faults);
    expect(error).toMatchObject({ code: 'invalid_request', message: sentence, errors: faults });
  });
});
