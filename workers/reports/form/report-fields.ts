import type { ReportInput } from '../report-input.ts';

/** The form's fields that ask for such a report; null for one that is no table with at most one chart before it. */
export function fromReport(input: unknown): Record<string, string> | null {
  const report = input as ReportInput;
  if (report.template !== 'document') return null;
  const { title, blocks } = report.data;
  const table = blocks.at(-1);
  const chart = blocks.length > 1 ? blocks[0] : undefined;
  if (table?.type !== 'table' || (chart && chart.type !== 'chart')) return null;
  const { category = '', value = '', by = '' } = (chart ?? {}) as { category?: string; value?: string; by?: string };
  const columns = (table.columns ?? []).map(({ key, format }) => (format ? `${key} = ${format}` : key));
  return {
    title: title ?? '',
    locale: report.locale ?? '',
    orientation: report.page.orientation,
    columns: columns.join('\n'),
    sums: table.totals ? '1' : '',
    chart: chart?.chart ?? '',
    category,
    value,
    by,
  };
}
