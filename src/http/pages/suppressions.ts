import express, { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { toProblem } from '../../errors.ts';
import { suppressedAddress, suppressionInput } from '../../suppressions/input.ts';
import type { Suppressions } from '../../suppressions/store.ts';
import { streamName } from '../../suppressions/stream.ts';
import { SUPPRESSION_REASONS, type Suppression } from '../../suppressions/suppression.ts';
import { readPage } from '../api/suppressions.ts';
import { requireScope } from '../auth/identify.ts';
import { fieldFaults, invalidRequest } from '../fields.ts';
import { formatLabel, formatTime } from './formats.ts';
import { placeFaults } from './home.ts';
import type { Views } from './views.ts';

const PAGE_LENGTH = 50;

/** One entry, every text ready. */
interface SuppressionRow {
  /** Null when the person was erased. */
  address: string | null;
  /** '' for every mail. */
  messageStream: string;
  reason: string;
  note: string | null;
  at: string;
  since: string;
}

export interface SuppressionsData {
  rows: SuppressionRow[];
  isFirst: boolean;
  olderUrl: string | null;
  reasons: { value: string; text: string }[];
  form: { values: Record<string, string>; faults: Record<string, string> };
}

export interface SuppressionPagesDeps {
  suppressions: Suppressions;
  views: Views;
}

const EMPTY = { address: '', reason: 'manual', messageStream: '', note: '' };
const entered = suppressionInput.extend({ address: suppressedAddress });
const lifted = z.object({ address: suppressedAddress, messageStream: z.union([z.literal(''), streamName]) });

/** `/suppressions`: the operator's view of the addresses that get no mail; entering one, and lifting it. */
export function createSuppressionPagesRouter({ suppressions, views }: SuppressionPagesDeps): Router {
  const router = Router();
  const readForm = express.urlencoded({ extended: false, limit: 10_000 });

  const show = async (req: Request, res: Response, form: SuppressionsData['form']) => {
    const { cursor } = req.query;
    const given = typeof cursor === 'string' && cursor !== '' ? cursor : undefined;
    const page = await readPage(suppressions, given, PAGE_LENGTH);
    views.render(
      req,
      res,
      'suppressions',
      { title: 'Suppressions' },
      {
        rows: page.suppressions.map(describeRow),
        isFirst: given === undefined,
        olderUrl: page.cursor && `/suppressions?cursor=${encodeURIComponent(page.cursor)}`,
        reasons: SUPPRESSION_REASONS.map((value) => ({ value, text: formatLabel(value) })),
        form,
      },
    );
  };

  router.get('/suppressions', requireScope('admin'), (req, res) => show(req, res, { values: EMPTY, faults: {} }));

  router.post('/suppressions', requireScope('admin'), readForm, async (req, res) => {
    const typed = readTyped(req.body);
    const parsed = entered.safeParse(withoutEmpty(typed));
    if (!parsed.success) {
      const { faults } = placeFaults(toProblem(invalidRequest(fieldFaults(parsed.error))), FIELDS);
      res.status(400);
      return show(req, res, { values: typed, faults });
    }
    const { note = null, messageStream = null, address, reason } = parsed.data;
    await suppressions.add([{ address, reason, note, messageStream }], { force: true });
    return res.redirect(303, '/suppressions');
  });

  router.post('/suppressions/lift', requireScope('admin'), readForm, async (req, res) => {
    const { data } = lifted.safeParse(readTyped(req.body));
    // Lifted already, or a form that is none of ours: the list shows how it stands.
    if (data) await suppressions.remove(data.address, data.messageStream || null, { force: true });
    res.redirect(303, '/suppressions');
  });

  return router;
}

const FIELDS = Object.keys(EMPTY);

const readTyped = (body: unknown): typeof EMPTY => {
  const given = (body ?? {}) as Record<string, unknown>;
  const texts = FIELDS.map((name) => [name, typeof given[name] === 'string' ? given[name] : '']);
  return Object.fromEntries(texts) as typeof EMPTY;
};

const withoutEmpty = (typed: typeof EMPTY): Record<string, string> =>
  Object.fromEntries(Object.entries(typed).filter(([name, text]) => text !== '' || name === 'address'));

function describeRow({ address, messageStream, reason, note, at }: Suppression): SuppressionRow {
  const stream = messageStream ?? '';
  return { address, messageStream: stream, reason: formatLabel(reason), note, at, since: formatTime(at) };
}
