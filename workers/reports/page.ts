import type { KindForm, KindPage } from '../../src/kinds/page.ts';
import { describeReportJob } from './card.ts';
import { dataForm } from './form/form.ts';

/** A report of the first page: the contract's own example, for the person and month that were typed. */
const exampleForm: KindForm = {
  path: '/reports',
  view: '@reports/example-form',
  fields: { month: '2026-10', name: 'Kari Nordmann' },
  refill(input) {
    const { month, name } = (input as { data: { month?: string; name?: string } }).data;
    return month && name ? { month, name } : null;
  },
  toBody({ fields }, { example }) {
    const [month, name] = [fields.get('month')?.[0] ?? '', fields.get('name')?.[0] ?? ''];
    const data = example['data'] as { rows?: Record<string, unknown>[] };
    const rows = (data.rows ?? []).map((row) => ({
      ...row,
      date: String(row['date']).replace(/^\d{4}-\d{2}/, month),
    }));
    return { ...example, data: { ...data, rows, month, name } };
  },
};

/** What pages show of the reports kind. */
export const page: KindPage = {
  name: 'Report',
  forms: [exampleForm, dataForm],
  assets: { styles: ['reports/preview'] },
  describe: describeReportJob,
};
