import { describe, expect, it } from '@jest/globals';
import type { PostedForm } from '../../../../src/kinds/page.ts';
import { toReportBody } from '../../../../workers/reports/form/report-body.ts';
import { fromReport } from '../../../../workers/reports/form/report-fields.ts';
import { reports } from '../../../../workers/reports/job.ts';

const formOf = (fields: Record<string, string>): PostedForm => ({
  fields: new Map(Object.entries(fields).map(([name, value]) => [name, [value]])),
  files: {},
  keepText: async () => {},
});

describe('the rows that the form asks for', () => {
  const asked = {
    title: 'T',
    pasted: 'd,v\na,1',
    filter: 'v',
    filterTest: 'above',
    filterWith: '10',
    sort: 'd',
    sortOrder: 'descending',
    computed: 'Twice',
    computedValue: 'v * 2',
  };
  const shown = { chart: 'bar', category: 'd', value: 'v', line: '12.5' };
  const reportOf = async (fields: Record<string, string>) => reports.input.parse(await toReportBody(formOf(fields)));

  it('are those of the table and the chart, and come back into the form', async () => {
    const report = await reportOf({ ...asked, ...shown });
    const filter = [{ key: 'v', above: '10' }];
    const columns = [
      { key: '*', format: 'auto' },
      { key: 'Twice', value: 'v * 2' },
    ];
    expect(report.data).toMatchObject({
      blocks: [
        { type: 'chart', filter, lines: [{ value: 12.5, label: '' }] },
        { type: 'table', filter, columns, sort: [{ key: 'd', order: 'descending' }] },
      ],
    });
    const { pasted: _, ...back } = { ...asked, ...shown };
    expect(fromReport(report)).toMatchObject({ ...back, columns: '' });
    const empty = await reportOf({ title: 'T', pasted: 'd\na', filter: 'd', filterTest: 'isFilled', filterWith: '' });
    expect([empty.data, fromReport(empty)]).toMatchObject([
      { blocks: [{ filter: [{ key: 'd', isEmpty: false }] }] },
      { filterTest: 'isFilled' },
    ]);
  });

  it('are read without a header row where the form says so; another word is refused by the field', async () => {
    for (const [header, value] of [
      ['false', false],
      ['true', true],
      ['', undefined],
    ] as const) {
      const report = await reportOf({ ...asked, header });
      expect((report.data as { blocks: { rows: { header?: boolean } }[] }).blocks.at(-1)?.rows.header).toBe(value);
      expect(fromReport(report)?.['header']).toBe(header);
    }
    await expect(reportOf({ ...asked, header: 'no' })).rejects.toThrow(
      'must have a \\"header\\" that is true or false',
    );
  });

  it('count no chart by a computed column', async () => {
    const { data } = await reportOf({ ...asked, ...shown, filter: 'Twice' });
    expect(data).toMatchObject({ blocks: [{ type: 'chart' }, { filter: [{ key: 'Twice' }] }] });
    expect((data as { blocks: { filter?: unknown }[] }).blocks[0]?.filter ?? []).toEqual([]);
  });

  it.each([
    [{ filter: '' }, '/filter'],
    [{ filterWith: '' }, '/filterWith'],
    [{ filterTest: 'like' }, '/filterTest'],
    [{ computed: '' }, '/computed'],
    [{ computedValue: '' }, '/computedValue'],
    [{ computedValue: 'v *' }, '/computedValue'],
  ])('%j: is named at its field', async (fields, pointer) => {
    await expect(reportOf({ ...asked, ...fields })).rejects.toMatchObject({ errors: [{ pointer }] });
  });

  it('that the form can not say are none of its fields', async () => {
    const blocks = (more: object) => [{ type: 'table', rows: { file: 'file' }, ...more }];
    for (const more of [
      { filter: [{ key: 'a', is: ['1', '2'] }] },
      { filter: [{ key: 'a', above: 1, below: 5 }] },
      { sort: [{ key: 'a' }, { key: 'b' }] },
    ]) {
      expect(fromReport(reports.input.parse({ data: { title: 'T', blocks: blocks(more) } }))).toBeNull();
    }
  });
});

describe('a chart that the form asks for', () => {
  it.each([
    ['horizontalBar', { chart: 'bar', horizontal: true }],
    ['line', { chart: 'line', horizontal: false }],
  ])('%s by week: is drawn so, and comes back into the form', async (chart, expected) => {
    const asked = { title: 'T', pasted: 'd,v\n2026-10-31,1', chart, category: 'd', value: 'v', by: 'week' };
    const report = reports.input.parse(await toReportBody(formOf(asked)));
    expect(report.data).toMatchObject({ blocks: [{ type: 'chart', by: 'week', ...expected }, { type: 'table' }] });
    expect(fromReport(report)).toMatchObject({ chart, by: 'week', category: 'd', value: 'v' });
  });
});
