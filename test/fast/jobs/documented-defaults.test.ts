import { describe, expect, it } from '@jest/globals';
import { type Schema, toSchema } from '../../../src/openapi/schemas.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { configureContracts } from '../../../workers/index.ts';

type Body = Record<string, unknown>;

/** A default of a schema: where it stands there (`/data/blocks/*#3/level`), and what it is. */
interface Documented {
  place: string;
  fallback: unknown;
}

/** The same at a place of a body: the field in question, in the object that holds it there. */
interface Placed extends Documented {
  path: (string | number)[];
}

const ATTACHMENTS = [
  { filename: 'a.txt', type: 'text/plain', content: 'YQ==' },
  { filename: 'b.txt', type: 'text/plain', file: 'attachment1' },
  { filename: 'c.pdf', type: 'application/pdf', job: `rep_${'7'.repeat(26)}` },
  { filename: 'd.pdf', type: 'application/pdf', upload: `upd_${'7'.repeat(26)}` },
];
const CHART = { chart: 'bar', categories: ['a'], series: [{ values: [1] }], lines: [{ value: 1 }] };
const BLOCKS = [
  { type: 'heading', text: 'One' },
  {
    type: 'list',
    items: ['one', { text: 'two', items: [{ text: 'three', items: [{ text: 'four', items: ['five'] }] }] }],
  },
  { type: 'table', columns: [{ key: 'a' }], rows: [], sort: [{ key: 'a' }] },
  { type: 'chart', ...CHART },
];

const DRAWN = {
  watermark: { file: 'logo' },
  text: { text: 'Words' },
  regions: [{ left: 0, top: 0, width: 9, height: 9 }],
};

/** Bodies beside the contracts' own examples, so that every default of a part has a part to stand in. */
const FURTHER: Readonly<Record<string, Body[]>> = {
  images: [DRAWN, { renditions: [{ name: 'a', ...DRAWN }] }],
  reports: [
    {
      attachments: ATTACHMENTS,
      page: {},
      data: {
        title: 'Every block with a default',
        blocks: [...BLOCKS, { type: 'toc' }, { type: 'columns', columns: [BLOCKS, BLOCKS] }],
      },
    },
    {
      template: 'monthly',
      attachments: ATTACHMENTS,
      page: {},
      data: { userId: '1', name: 'Kari', month: '2026-10', sort: [{ key: 'a' }], charts: [CHART] },
    },
    {
      template: 'invoice',
      attachments: ATTACHMENTS,
      page: {},
      data: {
        number: '1',
        issued: '2026-10-01',
        currency: 'NOK',
        seller: { name: 'Seller' },
        buyer: { name: 'Buyer' },
        deliveryAddress: {},
        lines: [{ description: 'Coffee', unitPrice: '10.00' }],
      },
    },
  ],
};

const choicesOf = ({ anyOf, oneOf }: Schema): Schema[] => oneOf ?? anyOf ?? [];

/** Every default that stands in a schema. */
function listDefaults(schema: Schema, place = ''): Documented[] {
  const own = schema['x-default'] === undefined ? [] : [{ place, fallback: schema['x-default'] }];
  return [
    ...own,
    ...Object.entries(schema.properties ?? {}).flatMap(([name, one]) => listDefaults(one, `${place}/${name}`)),
    ...choicesOf(schema).flatMap((one, index) => listDefaults(one, `${place}#${index}`)),
    ...(schema.items ? listDefaults(schema.items, `${place}/*`) : []),
  ];
}

/** Whether an object may be the one that this choice describes: it has what must be there, and the words that are fixed. */
function mayFollow({ properties = {}, required = [] }: Schema, value: Body): boolean {
  const isFixedOtherwise = ([name, one]: [string, Schema]) =>
    one['const'] !== undefined && value[name] !== one['const'];
  const stands = ([name, one]: [string, Schema]) => name in value || one['x-default'] === undefined;
  return (
    required.every((name) => name in value) &&
    Object.keys(value).every((name) => name in properties) &&
    !Object.entries(properties).filter(stands).some(isFixedOtherwise)
  );
}

/** The defaults of fields that the body has a place for, whether it names them or not. */
function placeDefaults(schema: Schema, value: unknown, place = '', path: (string | number)[] = []): Placed[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.flatMap((one, index) => placeDefaults(items, one, `${place}/*`, [...path, index])) : [];
  }
  if (value === null || typeof value !== 'object') return [];
  const body = value as Body;
  const inChoices = choicesOf(schema).flatMap((one, index) =>
    one.properties && !mayFollow(one, body) ? [] : placeDefaults(one, body, `${place}#${index}`, path),
  );
  const inFields = Object.entries(schema.properties ?? {}).flatMap(([name, one]) => {
    const [at, where] = [`${place}/${name}`, [...path, name]];
    const own = one['x-default'] === undefined ? [] : [{ place: at, fallback: one['x-default'], path: where }];
    return [...own, ...placeDefaults(one, body[name], at, where)];
  });
  return [...inChoices, ...inFields];
}

/** Copies a body with a field set, or left out (undefined). */
function change(body: Body, path: readonly (string | number)[], value: unknown): Body {
  const copy = structuredClone(body);
  const parent = path.slice(0, -1).reduce((one, part) => one[part] as Body, copy as Record<string | number, unknown>);
  const last = path.at(-1) as string | number;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

describe.each(configureContracts(defaultConfig()))('the documented defaults of $kind', ({ kind, input, example }) => {
  const schema = toSchema(input, 'input');
  const placed = [example, ...(FURTHER[kind] ?? [])].flatMap((body) =>
    placeDefaults(schema, body).map((one) => ({ ...one, body })),
  );

  it('left out or named, each of them: the processor gets the same', () => {
    const tried = new Set<string>();
    for (const { body, place, path, fallback } of placed) {
      const without = input.safeParse(change(body, path, undefined));
      const named = input.safeParse(change(body, path, fallback));
      expect([place, without.error]).toEqual([place, undefined]);
      // Some can't be named beside others, even as they are: flat options beside a list of renditions.
      if (!named.success) continue;
      expect([place, named.data]).toEqual([place, without.data]);
      tried.add(place);
    }
    // A default of a new part needs a body above that has the part.
    expect(listDefaults(schema).filter(({ place }) => !tried.has(place))).toEqual([]);
  });
});

it.each([
  ['emails', '/attachments', []],
  ['reports', '#0/data/blocks', []],
  ['reports', '#1/data/charts', []],
])('%s%s: its default is documented, although reading it makes something else of it', (kind, place, fallback) => {
  const contract = configureContracts(defaultConfig()).find((one) => one.kind === kind);
  expect(contract && listDefaults(toSchema(contract.input, 'input'))).toContainEqual({ place, fallback });
});
