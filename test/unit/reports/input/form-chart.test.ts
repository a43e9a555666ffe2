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
