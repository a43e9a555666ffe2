import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { toAppError } from '../../../src/errors.ts';
import { createFieldReader } from '../../../src/http/fields.ts';
import type { ConductTools, JobContract } from '../../../src/jobs/contract.ts';
import { calls } from '../../../workers/calls/job.ts';
import { emails } from '../../../workers/emails/job.ts';
import { fillStep } from '../../../workers/flows/input/fill-step.ts';
import { flowInput } from '../../../workers/flows/input/flow.ts';
import { planFlow } from '../../../workers/flows/input/plan-flow.ts';
import { flows } from '../../../workers/flows/job.ts';
import { drawFlow } from '../../../workers/flows/picture/draw-flow.ts';
import { BOX, layOut } from '../../../workers/flows/picture/lay-out.ts';
import { countRows, readLines } from '../../../workers/flows/rows/read-rows.ts';
import { images } from '../../../workers/images/job.ts';
import { reports } from '../../../workers/reports/job.ts';

const ROW = {
  name: 'Kari <b>',
  note: '# *x*\n{{row.name}}',
  id: 'a/../b',
  up: '..',
  half: '\ud800',
  quoted: 'Nordmann, "Kari" <x@evil.example>, y@evil.example',
  tenant: 'a.evil.example',
  script: 'javascript:alert(1)',
  dot: '.',
  long: 'x'.repeat(600_000),
  spaces: ' '.repeat(600_000),
  secret: '{{secret.pay}}',
  call: { headers: { a: '{{secret.pay}}' } },
  n: 0,
  num: '2.45',
  no: null,
  list: [1],
  deep: { a: [{ b: 'x' }] },
};
const fill = (input: unknown, row: typeof ROW | null = ROW) =>
  fillStep(input, {
    row,
    markup: { html: 'html', markdown: 'markdown', headers: 'secrets', to: 'mailbox' },
    jobOf: ({ step }) => (step === 'report' ? 'rep_1' : null),
  });

describe('what a row and other steps put into an input', () => {
  it.each<[what: string, input: unknown, body: unknown]>([
    [
      'a value as it is',
      { a: { row: 'list' }, b: { row: 'deep.a.0.b' }, c: { row: 'no' } },
      { a: [1], b: 'x', c: null },
    ],
    ['a value within a text', 'n={{row.n}}, {{ row.deep.a.0.b }}, {{row.no}}.', 'n=0, x, .'],
    [
      'what is not of the row, left alone',
      '{{name}} {{ rows.x }} {% if row.n %}',
      '{{name}} {{ rows.x }} {% if row.n %}',
    ],
    ['a text that looks like a placeholder, as data', { t: '{{row.note}}' }, { t: ROW.note }],
    ['HTML escaped', { html: '<p>{{row.name}}</p>' }, { html: '<p>Kari &lt;b&gt;</p>' }],
    ['Markdown escaped, in one line', { markdown: '{{row.note}}' }, { markdown: '\\# \\*x\\* \\{\\{row\\.name\\}\\}' }],
    ['a part of an address', { url: 'https://x.example/{{row.id}}' }, { url: 'https://x.example/a%2F..%2Fb' }],
    ['half of a sign, as a whole one', { url: 'x?{{row.half}}' }, { url: 'x?%EF%BF%BD' }],
    ['an address of its own', { url: '{{row.deep.a.0.b}}' }, { url: 'x' }],
    ['a name in front of its own', { url: 'https://{{row.deep.a.0.b}}.x.example/' }, { url: 'https://x.x.example/' }],
    [
      'a name and an address, which stay two',
      { to: ['{{row.quoted}} <{{row.deep.a.0.b}}@x.example>', '"A \\" {{row.n}}" <{{row.quoted}}>', '{{row.quoted}}'] },
      {
        to: [{ name: ROW.quoted, address: 'x@x.example' }, { name: 'A " 0', address: ROW.quoted }, ROW.quoted],
      },
    ],
    [
      'an attribute in quotes, and words beside signs that are no tags',
      { html: `<!-- don't --><a title='{{row.name}}' href="https://x.example/{{row.id}}">a < b {{row.n}}</a>` },
      { html: `<!-- don't --><a title='Kari &lt;b&gt;' href="https://x.example/a/../b">a < b 0</a>` },
    ],
    [
      'what filters make of values',
      {
        a: '{{row.x | default: "you"}}, {{ row.name | upcase | truncate: 5, "…" }}{{row.no|default: row.n}}',
        b: "{{row.deep.a.0.b | append: '|' | prepend: ': ' | capitalize | strip}}",
        c: '{{row.name | replace: "<b>", "B" | downcase}} {{row.num | round: 1}} {{row.num | round}} {{row.id | url_encode}}',
        d: '{{row.x | default: -2.5 | round}} {{row.x | default: -249.005 | round: 2}} {{row.x | default: 0.0000001 | round: 2}}',
        html: '{{row.x | default: "<i>"}}',
      },
      { a: 'you, KARI…0', b: ': x|', c: 'kari b 2.5 2 a%2F..%2Fb', d: '-3 -249.01 0', html: '&lt;i&gt;' },
    ],
    ['a step', { file: { step: 'report', file: 'a' } }, { file: { job: 'rep_1', file: 'a' } }],
    [
      'data that looks like a step',
      { axis: { step: 'other' }, n: { step: 5 } },
      { axis: { step: 'other' }, n: { step: 5 } },
    ],
  ])('%s', (_what, input, body) => {
    expect(fill(input)).toEqual({ body, faults: [] });
  });

  it.each<[what: string, input: unknown, pointer: string, detail: string]>([
    ['a value that is not there', { a: [{ row: 'x.y' }] }, '/a/0', 'names "x.y", which the row does not have'],
    ['one that every object has', { a: { row: 'constructor' } }, '/a', 'which the row does not have'],
    ['a list in a text', { a: '{{row.list}}' }, '/a', '{"row": "list"} stands for one'],
    ['what leads out of its folder', { url: 'https://x.example/{{row.up}}/b' }, '/url', 'must not get . or ..'],
    ['a secret', { headers: { a: 'b {{row.secret}}' } }, '/headers/a', 'could name a secret'],
    ['a secret as a value', { headers: { a: { row: 'secret' } } }, '/headers/a', 'could name a secret'],
    ['a secret in a whole input', { row: 'call' }, '', 'could name a secret'],
    ['a secret of parts', { headers: { a: '{{{row.secret}}' } }, '/headers/a', 'could name a secret'],
    ['a value too often', { a: '{{row.long}}'.repeat(20_000) }, '/a', 'than 10000000 characters'],
    [
      'a whole value too often',
      { a: Array.from({ length: 17 }, () => ({ row: 'long' })) },
      '/a/16',
      'than 10000000 char',
    ],
    ['dots of two values', { url: 'https://x.example/{{row.dot}}{{row.dot}}/b' }, '/url', 'must not get . or ..'],
    ['the end of a host', { url: 'https://x.example{{row.tenant}}/' }, '/url', 'must not get the end of its host'],
    ['a host that is not one name', { url: 'https://{{row.tenant}}.x.example/' }, '/url', 'must get one name'],
    [
      'an attribute without quotes',
      { html: '<a title={{row.n}}>' },
      '/html',
      'must have its value of the row in quotes',
    ],
    ['a script for an address', { html: '<a href="{{row.script}}">' }, '/html', 'none of https:, http:'],
    [
      'a filter that is none',
      { a: '{{ row.name | shout }}' },
      '/a',
      'names the filter "shout", and there are default, upcase',
    ],
    [
      'a filter of too little',
      { a: '{{ row.name | append }}' },
      '/a',
      'as many values behind its colon as it takes: 1',
    ],
    ['a filter of no number', { a: '{{ row.name | round }}' }, '/a', 'must give the filter "round" a number'],
    [
      'a filter of too much',
      { a: `{{ row.long | replace: "x", "${'y'.repeat(100)}" }}` },
      '/a',
      'more than 1000000 characters',
    ],
    [
      'filters of much too often',
      { a: '{{ row.long | truncate: 1 }}'.repeat(20_000) },
      '/a',
      'than 10000000 characters',
    ],
    ['no expression', { a: '{{ row.name upcase }}' }, '/a', 'must name one value of the row between its braces'],
  ])('%s is a fault at its place', (_what, input, pointer, detail) => {
    expect(fill(input).faults).toEqual([{ pointer, detail: expect.stringContaining(detail) }]);
  });

  it('takes no longer for what is made to take long: each sign is looked at once', () => {
    expect(fill({ markdown: '[{{row.spaces}}]', a: `{{row${' '.repeat(600_000)}` }).body).toEqual({
      markdown: '[]',
      a: `{{row${' '.repeat(600_000)}`,
    });
  });

  it('nothing stands for a value in a flow for one', () => {
    expect(fill({ a: { row: 'n' }, b: '{{row.n}}' }, null).body).toEqual({ a: { row: 'n' }, b: '{{row.n}}' });
  });
});

const contracts = [images, reports, emails, calls, flows] as unknown as JobContract[];
const tools: ConductTools = {
  contracts,
  async read(kind, body) {
    const contract = contracts.find((one) => one.kind === kind) as JobContract;
    return { contract, ...createFieldReader(contract).readJson(body) };
  },
  openUpload: async () => null,
};
const plan = (body: object) => planFlow(flowInput.parse(body), tools);
const report = (blocks: object[], name = 'report') => ({
  name,
  kind: 'reports',
  input: { template: 'document', data: { title: 'T', blocks } },
});
const table = (rows: unknown) => ({ type: 'table', columns: [{ key: 'step' }], rows });
const call = { name: 'call', kind: 'calls', input: { url: 'https://x.example/' } };
const mail = (step: string) => ({
  name: 'mail',
  kind: 'emails',
  input: { to: 'a@x.no', subject: 's', text: 't', attachments: [{ filename: 'a.pdf', step }] },
});

describe('the plan of a flow', () => {
  it('knows which steps need files of which, in any order, and leaves data alone that looks like a step', async () => {
    const { steps, jobs } = await plan({
      steps: [mail('report'), report([table({ step: 'call' }), table([{ step: 'mail' }])]), call],
    });
    expect(steps).toEqual([
      { name: 'mail', kind: 'emails', after: ['report'], places: ['/attachments/0'] },
      { name: 'report', kind: 'reports', after: ['call'], places: ['/data/blocks/0/rows'] },
      { name: 'call', kind: 'calls', after: [], places: [] },
    ]);
    expect(jobs.map(({ pending }) => pending.size)).toEqual([1, 1, 0]);
    const picture = drawFlow(
      steps.map((step) => ({ ...step, waiting: 1, active: 0, completed: 0, failed: 0, cancelled: 0, skipped: 0 })),
    );
    expect(picture.match(/class="flow-edge"/g)).toHaveLength(2);
    expect(picture.indexOf('>call<')).toBeGreaterThan(0);
  });

  it.each([1, 3])('is drawn with no line behind a box, %i beside each other', (most) => {
    const needs: Record<string, string[]> = {
      ...{ a: [], b: [], c: [], d: [], e: ['a', 'b'], f: ['b', 'c', 'd'], g: ['c'], h: ['e', 'f', 'a'] },
      ...{ i: ['h', 'g'], j: ['e', 'g', 'd'] },
    };
    const counts = { waiting: 1, active: 0, completed: 0, failed: 0, cancelled: 0, skipped: 0 };
    const all = Object.entries(needs).map(([name, after]) => ({ name, after, kind: 'reports', ...counts }));
    const { placed, edges, width, height } = layOut(all, most);
    expect(edges).toHaveLength(Object.values(needs).flat().length);
    const isInside = ([x, y]: [x: number, y: number]) =>
      placed.some((box) => x > box.x && x < box.x + BOX.width && y > box.y && y < box.y + BOX.height);
    const along = edges.flatMap(({ points }) =>
      points.slice(1).flatMap(([x, y], index) => {
        const [fromX, fromY] = points[index] as [number, number];
        return Array.from({ length: 49 }, (_, part): [number, number] => [
          fromX + ((part + 1) / 50) * (x - fromX),
          fromY + ((part + 1) / 50) * (y - fromY),
        ]);
      }),
    );
    expect(along.filter((point) => isInside(point) || point[0] > width || point[1] > height)).toEqual([]);
  });

  it.each<[what: string, steps: object[], pointer: string, detail: string]>([
    [
      'no step of that name',
      [mail('other'), call],
      '/steps/0/input/attachments/0/step',
      'names no step of this flow; there are call',
    ],
    ['itself', [mail('mail')], '/steps/0/input/attachments/0/step', 'must name another step'],
    [
      'a kind without files',
      [{ ...mail('x'), name: 'x', input: { to: 'a@x.no', subject: 's', text: 't' } }, mail('x')],
      '/steps/1/input/attachments/0/step',
      'makes no files',
    ],
    [
      'a circle',
      [report([table({ step: 'b' })], 'a'), report([table({ step: 'a' })], 'b')],
      '/steps/0/input/data/blocks/0/rows/step',
      'must not go in a circle: a, b',
    ],
    [
      'a flow in a flow',
      [{ name: 'a', kind: 'flows', input: {} }],
      '/steps/0/kind',
      'must be images, reports, emails, calls',
    ],
  ])('refuses %s', async (_what, steps, pointer, detail) => {
    const error = toAppError(await plan({ steps }).catch((thrown) => thrown));
    expect(error.errors).toContainEqual({ pointer, detail: expect.stringContaining(detail) });
  });
});

describe('a file of rows', () => {
  const text = '\ufeff{"a":1}\r\n\n  \n[1]\n{"b":"é"}\nnot\n{"c":3}';
  const open = (start = 0) => Readable.from([...Buffer.from(text).subarray(start)].map((byte) => Buffer.from([byte])));
  const read = async (content: Readable, from = { number: 1, at: 0 }) => {
    const lines = [];
    for await (const line of readLines(content, from)) lines.push(line);
    return lines;
  };

  it('is read line by line, whatever pieces it comes in, and goes on from any line', async () => {
    const lines = await read(open());
    expect(lines.map(({ number, row, fault }) => [number, row ?? fault])).toEqual([
      [1, { a: 1 }],
      [4, 'is no JSON object: a row has names and values'],
      [5, { b: 'é' }],
      [6, 'is no JSON: each line is one JSON object (NDJSON)'],
      [7, { c: 3 }],
    ]);
    const { number, at } = lines[2] as { number: number; at: number };
    expect(await read(open(at), { number, at })).toEqual(lines.slice(2));
    expect(await countRows(open())).toBe(5);
  });

  it('holds no line that is too long, and goes on behind it', async () => {
    const long = Array.from({ length: 20 }, () => Buffer.alloc(100_000, 'x'));
    const lines = await read(Readable.from([...long, Buffer.from('\n{"a":1}\n')]));
    expect(lines).toMatchObject([
      { number: 1, fault: 'is longer than 1000000 bytes' },
      { number: 2, at: 2_000_001, row: { a: 1 } },
    ]);
  });
});
