import { z } from 'zod';
import { AppError } from '../../../src/errors.ts';
import { choiceField, formField, wholeNumberText } from '../../../src/fields/fields.ts';
import { invalidFields } from '../../../src/fields/invalid-request.ts';
import { formatNumber } from '../../../src/kinds/formats.ts';
import type { CreateKindRoutes, RouteRequest } from '../../../src/kinds/routes.ts';
import { createFailedRows, type FailedRow } from '../conduct/failed-rows.ts';

const KIND = 'flows';
const MAX_LIMIT = 100;
/** In front of every row: those of files count from 1, that of a flow for one is 0. */
const BEFORE_ALL = -1;

const query = z.strictObject({
  state: choiceField('failed').prefault('failed'),
  limit: wholeNumberText(1, MAX_LIMIT).prefault('20'),
  cursor: formField((text) => /^\d{1,9}$/.test(text), 'must be one that a listing gave').optional(),
});

/** `GET /v1/flows/{id}/rows`, and the same as a page: the rows of a flow that failed, by their numbers. */
export const createRoutes: CreateKindRoutes = ({ redis, guards, findJob }) => {
  const list = guards.read(createFailedRows(redis, KIND).list);
  const read = async ({ params, query: given, caller, isAdmin }: RouteRequest): Promise<RowsPage> => {
    const asked = query.safeParse(given);
    if (!asked.success) throw invalidFields(asked.error.issues, () => Object.keys(query.shape));
    const id = params['id'] ?? '';
    const flow = await findJob(id);
    if (flow?.kind !== KIND || (flow.envelope.caller !== caller && !isAdmin)) {
      throw new AppError('not_found', `There is no flow ${id.slice(0, 64)}.`);
    }
    const { limit, cursor } = asked.data;
    const rows = await list(flow.id, cursor === undefined ? BEFORE_ALL : Number(cursor), limit);
    const last = rows.length === limit ? rows.at(-1) : undefined;
    return {
      id,
      rows: rows.map(viewRow),
      cursor: last ? String(last.row.number) : null,
      isFirst: cursor === undefined,
    };
  };
  return [
    {
      method: 'get',
      path: '/v1/flows/:id/rows',
      scopes: [KIND, 'admin'],
      async handle(request) {
        const { rows, cursor } = await read(request);
        return { json: { rows, cursor } };
      },
    },
    {
      method: 'get',
      path: '/flows/:id/rows',
      scopes: [KIND, 'admin'],
      async handle(request) {
        const { id, rows, cursor, isFirst } = await read(request);
        const shown = rows.map(({ row, step, job, error }) => ({
          row: formatNumber(row),
          step,
          job,
          detail: error.detail,
        }));
        const data = { id, rows: shown, next: cursor, isFirst };
        return { page: { view: '@flows/rows', frame: { title: 'Rows that failed' }, data } };
      },
    },
  ];
};

interface RowsPage {
  id: string;
  rows: FailedRowView[];
  cursor: string | null;
  isFirst: boolean;
}

/** A failed row as the API shows it. */
export interface FailedRowView {
  row: number;
  step: string;
  job: string | null;
  error: FailedRow['error'];
}

const viewRow = ({ row, step, job, error }: FailedRow): FailedRowView => ({ row: row.number, step, job, error });
