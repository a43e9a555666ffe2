import { describe, expect, it } from '@jest/globals';
import type { AppError } from '../../../../src/errors.ts';
import type { TemplateBody } from '../../../../src/templates/template.ts';
import { reportInput } from '../../../../workers/reports/report-input.ts';
import { engine } from '../../../../workers/reports/stored/engine.ts';
import { expandTemplate } from '../../../../workers/reports/stored/expand.ts';

const document = (...blocks: unknown[]): TemplateBody => ({ data: { title: 'T', blocks } });
const text = (source: string) => document({ type: 'text', text: source });
const fill = (body: TemplateBody, data: object = {}, request: object = {}) =>
  expandTemplate({ name: 'sales@3', version: 3, body }, { template: 'sales', data, ...request });
const blocksOf = (body: TemplateBody, data: object = {}) =>
  (fill(body, data).body as { data: { blocks: Record<string, unknown>[] } }).data.blocks;
const errorsOf = (work: () => unknown): string[] => {
  try {
    work();
  } catch (error) {
    return ((error as AppError).errors ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`);
  }
  return [];
};

const ORDERS = [
  { item: 'Beans', amount: 249, lines: ['a', 'b'] },
  { item: 'Filters', amount: 59.5, lines: [] },
];

describe('a template that is filled', () => {
  it('has texts, values, lists and what is left out, in their places', () => {
    const body = {
      locale: 'nb-NO',
      header: '{{ customer.name }}',
      data: {
        title: 'Orders of {{ customer.name }}',
        subtitle: { data: 'note' },
        blocks: [
          { type: 'table', columns: [{ key: 'item' }], rows: { data: 'orders' } },
          {
            each: 'orders',
            as: 'order',
            blocks: [
              { type: 'heading', text: '{{ index }}. {{ order.item }}: {{ order.amount | format: "currency:NOK" }}' },
              {
                if: 'order.lines',
                blocks: [{ type: 'list', items: { data: 'order.lines' } }],
                else: [{ type: 'pageBreak' }],
              },
            ],
          },
          {
            type: 'keyValues',
            items: [{ each: 'orders', blocks: [{ key: '{{ item.item }}', value: { data: 'item.amount' } }] }],
          },
          { if: 'nothing.at.all', blocks: [{ type: 'text', text: 'not here' }] },
        ],
      },
    };
    engine.check(body);
    const { body: made } = fill(body, { customer: { name: 'Kari' }, note: null, orders: ORDERS }, { locale: 'en-GB' });
    expect(made).toEqual({
      template: 'document',
      locale: 'en-GB',
      header: 'Kari',
      data: {
        title: 'Orders of Kari',
        subtitle: null,
        blocks: [
          { type: 'table', columns: [{ key: 'item' }], rows: ORDERS },
          { type: 'heading', text: '1. Beans: NOK\u00a0249.00' },
          { type: 'list', items: ['a', 'b'] },
          { type: 'heading', text: '2. Filters: NOK\u00a059.50' },
          { type: 'pageBreak' },
          {
            type: 'keyValues',
            items: [
              { key: 'Beans', value: 249 },
              { key: 'Filters', value: 59.5 },
            ],
          },
        ],
      },
    });
  });

  it('takes no mark from the data, unless its text asks for that', () => {
    const name = '**Kari** [x](https://evil.example) \\';
    const escaped = '\\*\\*Kari\\*\\* \\[x\\](https://evil.example) \\\\';
    expect(blocksOf(text('**Dear** {{ name }}'), { name })).toEqual([{ type: 'text', text: `**Dear** ${escaped}` }]);
    expect(blocksOf(text('{{ name | raw }}'), { name })).toEqual([{ type: 'text', text: name }]);
    const others = document({ type: 'heading', text: '{{ name }}' }, { type: 'list', items: ['{{ name }}'] });
    expect(blocksOf(others, { name })).toEqual([
      { type: 'heading', text: name },
      { type: 'list', items: [escaped] },
    ]);
  });

  it('escapes marks in values that stand for a whole text or list, unless they are raw', () => {
    const body = document(
      { type: 'text', text: { data: 'mark' } },
      { type: 'list', items: { data: 'items' } },
      { type: 'text', text: { data: 'mark', raw: true } },
      { type: 'heading', text: { data: 'mark' } },
    );
    engine.check(body);
    expect(blocksOf(body, { mark: '**a**', items: ['*b*', { text: '`c`', items: ['~d~'] }] })).toEqual([
      { type: 'text', text: '\\*\\*a\\*\\*' },
      { type: 'list', items: ['\\*b\\*', { text: '\\`c\\`', items: ['\\~d\\~'] }] },
      { type: 'text', text: '**a**' },
      { type: 'heading', text: '**a**' },
    ]);
  });

  it('keeps what it has captured as it was made: values in it are escaped once', () => {
    const source =
      '{% capture a %}**{{ n }}** {% endcapture %}{{ a }}{{ a | strip }}{% if a == "**x** " %}same{% endif %}';
    expect(blocksOf(text(source), { n: '*' })[0]?.['text']).toBe('**\\*** **\\***');
    expect(blocksOf(text(source), { n: 'x' })[0]?.['text']).toBe('**x** **x**same');
  });

  it.each<[string, unknown, string, object]>([
    ["format: 'number:2'", '1.234', '1.234,00', {}],
    ["format: 'number:2'", '1.234', '1.23', { locale: 'en-GB' }],
    ["format: 'currency:EUR'", '12,5', '12,50\u00a0€', {}],
    ["format: 'number:1'", 1.25, '1,3', {}],
    ["format: 'date'", '31.10.2026', '31.10.2026', {}],
    ["format: 'date'", '31.10.2026', '31 Oct 2026', { locale: 'en-GB' }],
    ["format: 'date'", '2026-10-31T23:30:00Z', '01.11.2026', { timeZone: 'Europe/Oslo' }],
    ["format: 'date'", '2026-10-31', '31.10.2026', { timeZone: 'America/New_York' }],
    ["format: 'auto'", '1.234,5', '1.234,50', {}],
    ["format: 'percent'", null, '', {}],
    ["date: '%d.%m. %H:%M'", '2026-10-31T23:30:00Z', '01.11. 00:30', { timeZone: 'Europe/Oslo' }],
    ["date: '%d.%m. %H:%M'", '2026-10-31T23:30:00Z', '31.10. 23:30', {}],
    ["date: '%d.%m. %H:%M'", '2026-10-31 10:00', '31.10. 10:00', { timeZone: 'America/New_York' }],
    ["date: '%d.%m.'", '2026-10-31', '31.10.', { timeZone: 'America/New_York' }],
    ["date: '%d.%m. %H:%M'", '2026-10-31T10:00:00+05:00', '31.10. 05:00', {}],
  ])('prints a value by %s as a column of it alone: %s is %s', (filter, value, printed, request) => {
    const body = document({ type: 'heading', text: `{{ v | ${filter} }}` });
    const made = fill(body, { v: value }, { locale: 'de-DE', ...request }).body as { data: { blocks: object[] } };
    expect(made.data.blocks).toEqual([{ type: 'heading', text: printed }]);
  });

  it.each<[string, TemplateBody, object, string]>([
    [
      'what is no number',
      text("{{ order.total | format: 'number:2' }}"),
      { order: { total: 'much' } },
      '/data/order/total must be a number, since it is printed as "number:2": the template "sales@3", /data/blocks/0/text',
    ],
    [
      'what is no date, of an entry',
      document({ each: 'l', as: 'o', blocks: [{ type: 'text', text: "{{- o.at | format: 'date' }}" }] }),
      { l: [{ at: '2026-01-01' }, { at: '2026-02-30' }] },
      '/data/l/1/at must be a date, since it is printed as "date": the template "sales@3", /data/blocks/0/blocks/0/text',
    ],
    [
      'what is no number, of a loop of its own',
      text("{% for o in l %}{{ o.n | format: 'number' }}{% endfor %}"),
      { l: [{ n: 'x' }] },
      '/template can not be filled ("o.n" must be a number, since it is printed as "number"): the template "sales@3", /data/blocks/0/text',
    ],
    [
      'a name of a loop of its own',
      text('{% for o in l %}{{ o.name }}{% endfor %}'),
      { l: [{}] },
      '/template can not be filled (there is no "o.name"): the template "sales@3", /data/blocks/0/text',
    ],
    [
      'a variable that is not given',
      text('Dear {{ customer.name }}'),
      { customer: {} },
      '/data/customer/name must be given, since it is used by: the template "sales@3", /data/blocks/0/text',
    ],
    [
      'a value that is not given',
      document({ type: 'table', rows: { data: 'rows' } }),
      {},
      '/data/rows must be given, since it is used by: the template "sales@3", /data/blocks/0/rows',
    ],
    [
      'a value of an entry',
      document({ each: 'a', as: 'one', blocks: [{ type: 'text', text: '{{ one.b }}' }] }),
      { a: [{ b: 1 }, {}] },
      '/data/a/1/b must be given, since it is used by: the template "sales@3", /data/blocks/0/blocks/0/text',
    ],
    [
      'what is no list',
      document({ each: 'a', blocks: [] }),
      { a: 'text' },
      '/data/a must be a list, since it is repeated by: the template "sales@3", /data/blocks/0',
    ],
    [
      'an object in a text',
      text('{{ a }}'),
      { a: {} },
      '/template can not be filled (what is to be filled in is an object: name one of its values): the template "sales@3", /data/blocks/0/text',
    ],
    [
      'what every object has',
      text('{{ constructor.name }}'),
      {},
      '/data/constructor must be given, since it is used by: the template "sales@3", /data/blocks/0/text',
    ],
    ['data that are a list', text('a'), [], '/data must be an object'],
  ])('%s is said, with its place in the data and in the template', (_what, body, data, said) => {
    expect(errorsOf(() => fill(body, data))).toEqual([said]);
  });

  it('leads what is wrong with the whole back to the data, or to the template', () => {
    const body = document(
      { each: 'none', blocks: [{ type: 'pageBreak' }] },
      { type: 'heading', text: '{{ long }}' },
      { type: 'table', columns: [{ key: 'a' }], rows: { data: 'lists.rows' } },
    );
    const { sourceOf } = fill(
      body,
      { none: [], long: 'x'.repeat(600), lists: { rows: [{ a: {} }] } },
      { locale: 'xx' },
    );
    expect([
      sourceOf('/data/blocks/0/text'),
      sourceOf('/data/blocks/1/rows/0/a'),
      sourceOf('/locale'),
      sourceOf('/data/blocks/9'),
    ]).toEqual([
      { pointer: '/template', at: '/data/blocks/1/text' },
      { pointer: '/data/lists/rows/0/a', at: '/data/blocks/2/rows' },
      { pointer: '/locale' },
      { pointer: '/template', at: '/data/blocks/9' },
    ]);
  });

  const many = Array.from({ length: 1000 }, (_, index) => ({ index }));
  const rows = Array.from({ length: 5000 }, (_, a) => ({ a }));
  it.each<[string, TemplateBody, object, RegExp]>([
    [
      'rows that stand in every block',
      document({ each: 'm', blocks: [{ type: 'table', rows: { data: 'rows' } }] }),
      { m: many, rows },
      /comes to more than 300,000 values/,
    ],
    ['a range without an end', text('{% for a in (1..1000000000) %}x{% endfor %}'), {}, /limit exceeded/],
    [
      'one long text, many times',
      document({ each: 'm', blocks: [{ type: 'text', text: '{{ t }}' }] }),
      { m: many, t: 'x'.repeat(20_000) },
      /more than 10 million characters/,
    ],
    [
      'a list that comes to nothing, in a request of many names',
      document({ each: 'l', blocks: [] }, { type: 'text', text: '{% for a in (1..1000000000) %}x{% endfor %}' }),
      { ...Object.fromEntries(rows.map(({ a }) => [`k${a}`, a])), l: Array.from({ length: 50_000 }, () => 0) },
      /memory alloc limit exceeded/,
    ],
  ])('is bounded: %s', (_what, body, data, said) => {
    expect(errorsOf(() => fill(body, data))).toEqual([expect.stringMatching(said)]);
  });
});

it('has the names of its loops before those of the data, within the time that is left', () => {
  const body = document(
    {
      each: 'l',
      as: 'one',
      blocks: [{ each: 'l', as: 'k', blocks: [{ type: 'text', text: '{{ k }}{{ one }}{{ n }}' }] }],
    },
    { type: 'text', text: '{{ k }}{% assign n = 3 %}{{ n }}' },
  );
  const texts = blocksOf(body, { k: 'data', n: 0, l: ['a', 'b'] }).map(({ text }) => text);
  expect(texts).toEqual(['aa0', 'ba0', 'ab0', 'bb0', 'data3']);
  const late = () => expandTemplate({ name: 'a@1', version: 1, body }, { template: 'a', data: { l: [] } }, 0);
  expect(errorsOf(late)[0]).toMatch(/^\/template takes more than the 2 seconds that a request has/);
});

describe('a template that is put', () => {
  it.each<[string, TemplateBody, string]>([
    ['an unknown field', { datas: {}, data: { title: 'T' } }, '/datas is not a known field'],
    ['no data', {}, '/data must be an object'],
    [
      'another kind of template',
      { template: 'invoice', data: { title: 'T' } },
      '/template must be document, or left out',
    ],
    [
      'Liquid that does not end',
      text('{% if a %}'),
      '/data/blocks/0/text can not be read as Liquid: tag {% if a %} not closed',
    ],
    [
      'an unknown filter',
      text('{{ a | nothing }}'),
      '/data/blocks/0/text can not be read as Liquid: undefined filter: nothing',
    ],
    [
      'a file',
      text('{% include "/etc/passwd" %}'),
      '/data/blocks/0/text can not be read as Liquid: tag "include" not found',
    ],
    ['an unknown block', document({ type: 'texts' }), '/data/blocks/0/type must be heading, text'],
    ['a fixed value that can not be', { ...document(), page: { size: 'A9' } }, '/page/size must be A3'],
    [
      'a path that is none',
      document({ type: 'table', rows: { data: 'a..b' } }),
      '/data/blocks/0/rows must name a value of the data',
    ],
    [
      'a field beside each',
      document({ each: 'a', block: [], blocks: [] }),
      '/data/blocks/0/block is not a known field beside "each"',
    ],
    [
      'a fault behind what is repeated',
      document({ each: 'a', blocks: [{ type: 'pageBreak' }, { type: 'heading' }] }, { type: 'list', items: 1 }),
      '/data/blocks/0/blocks/1/text must be a text of 1 to 500 characters|/data/blocks/1/items must be a list of 1 to 5,000 entries',
    ],
  ])('%s is refused, with its place', (_what, body, said) => {
    expect(errorsOf(() => engine.check(body)).join('|')).toContain(said);
  });

  it('may have charts that count rows of the data, whose fields are looked at', () => {
    const chart = { type: 'chart', chart: 'bar', rows: { data: 'orders' }, category: 'item', value: 'amount' };
    const check = (block: object) => errorsOf(() => engine.check(document(block)));
    expect(check(chart)).toEqual([]);
    expect(check({ ...chart, limit: 'many' })).toEqual([expect.stringContaining('/data/blocks/0/limit must be')]);
    expect(check({ ...chart, series: [] })).not.toEqual([]);
    expect(blocksOf(document(chart), { orders: ORDERS })).toMatchObject([{ ...chart, rows: ORDERS }]);
  });

  it('may have anything where data will be', () => {
    const blocks = [
      { type: 'table', columns: [{ key: 'a', format: 'currency:{{ currency }}' }], rows: { data: 'rows' } },
      { type: 'chart', chart: { data: 'sort' }, rows: { data: 'rows' }, category: 'a' },
      { type: 'image', source: { content: { data: 'picture' } }, width: '{{ width }}%' },
      { data: 'whole.block' },
    ];
    expect(
      errorsOf(() => engine.check({ locale: '{{ locale }}', data: { title: { data: 'title' }, blocks } })),
    ).toEqual([]);
    expect(errorsOf(() => engine.check({ data: { title: 'T', blocks: { data: 'blocks' } } }))).toEqual([]);
    const filled = fill(
      { data: { title: 'T', blocks } },
      { currency: 'NOK', rows: [], sort: 'bar', picture: 'x', width: 1, whole: { block: { type: 'pageBreak' } } },
    );
    expect(reportInput.safeParse(filled.body).error?.issues.map(({ path }) => path.join('/'))).toEqual([
      'data/blocks/2/source/content',
    ]);
  });
});
