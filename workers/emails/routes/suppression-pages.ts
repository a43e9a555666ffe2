import { z } from 'zod';
import { toProblem } from '../../../src/errors.ts';
import { invalidFields } from '../../../src/fields/invalid-request.ts';
import { placeErrors } from '../../../src/kinds/form-state.ts';
import { formatLabel, formatTime } from '../../../src/kinds/formats.ts';
import type { KindRoute, RouteAnswer, RouteRequest } from '../../../src/kinds/routes.ts';
import type { Secrets } from '../../../src/signing/secret.ts';
import { suppressedAddress, suppressionInput } from '../../../src/suppressions/input.ts';
import type { Suppressions } from '../../../src/suppressions/store.ts';
import { streamName } from '../../../src/suppressions/stream.ts';
import { SUPPRESSION_REASONS, type Suppression } from '../../../src/suppressions/suppression.ts';
import { createLiftedEntries, type LiftedEntries } from './lifted-entry.ts';
import { readPage } from './suppression-page.ts';

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
  /** When it no longer holds by itself, RFC 3339 and for people; null for never. */
  until: string | null;
  ends: string;
  /** The caller whose mails are stopped; '' for everybody's. */
  caller: string;
  /** The page that asks whether it is to be lifted. */
  liftUrl: string;
}

export interface SuppressionsData {
  rows: SuppressionRow[];
  isFirst: boolean;
  olderUrl: string | null;
  reasons: { value: string; text: string }[];
  form: { values: Record<string, string>; faults: Record<string, string> };
  /** What was lifted just now, to be taken back; null for nothing. */
  undo: { token: string; address: string } | null;
}

const EMPTY = { address: '', reason: 'manual', messageStream: '', note: '' };
const entered = suppressionInput.extend({ address: suppressedAddress });
const lifted = z.object({
  address: suppressedAddress,
  messageStream: z.union([z.literal(''), streamName]),
  caller: z.string(),
});

/** `/suppressions`: the operator's view of the addresses that get no mail; entering one, lifting it. */
export function suppressionPages(suppressions: Suppressions, secrets: Secrets): KindRoute[] {
  const lifts = createLiftedEntries(secrets);
  const show = async ({ query }: RouteRequest, form: SuppressionsData['form'], status = 200): Promise<RouteAnswer> => {
    const { cursor, lifted: token } = query;
    const undone = lifts.read(token);
    const given = typeof cursor === 'string' && cursor !== '' ? cursor : undefined;
    const list = await readPage(suppressions, given, PAGE_LENGTH);
    const data: SuppressionsData = {
      rows: list.suppressions.map(describeRow),
      isFirst: given === undefined,
      olderUrl: list.cursor && `/suppressions?cursor=${encodeURIComponent(list.cursor)}`,
      reasons: SUPPRESSION_REASONS.map((value) => ({ value, text: formatLabel(value) })),
      form,
      undo: undone && { token: String(token), address: undone.entry.address },
    };
    return { status, page: { view: '@emails/suppressions', frame: { title: 'Suppressions' }, data } };
  };

  return [
    {
      method: 'get',
      path: '/suppressions',
      scopes: ['admin'],
      handle: (request) => show(request, { values: EMPTY, faults: {} }),
    },
    {
      method: 'post',
      path: '/suppressions',
      scopes: ['admin'],
      body: 'form',
      audits: 'suppression.add',
      async handle(request) {
        const typed = readTyped(request.body);
        const parsed = entered.safeParse(withoutEmpty(typed));
        if (!parsed.success) {
          const { faults } = placeErrors(toProblem(invalidFields(parsed.error.issues)), FIELDS);
          return show(request, { values: typed, faults }, 400);
        }
        const { note = null, messageStream = null, address, reason } = parsed.data;
        await suppressions.add([{ address, reason, note, messageStream, caller: null }], { force: true });
        return { redirect: '/suppressions', notice: `${address} gets no more mail.`, audit: { target: address } };
      },
    },
    ...liftPages(suppressions, lifts),
  ];
}

/** Lifting an entry: asked before, done, and taken back. */
const liftPages = (suppressions: Suppressions, lifts: LiftedEntries): KindRoute[] => [
  {
    method: 'get',
    path: '/suppressions/lift',
    scopes: ['admin'],
    async handle({ query }) {
      const { data } = lifted.safeParse({ caller: '', messageStream: '', ...query });
      const entries = data ? await suppressions.get(data.address, [data.caller || null]) : [];
      const entry = entries.find(({ messageStream }) => (messageStream ?? '') === data?.messageStream);
      // Lifted already, or an address that is none of ours: the list shows how it stands.
      if (!data || !entry) return { redirect: '/suppressions' };
      // The entry of somebody who was erased does not say the address.
      const row = describeRow({ ...entry, address: data.address });
      const warning = LIFT_WARNINGS[entry.reason] ?? null;
      return { page: { view: '@emails/lift', frame: { title: 'Lift a suppression' }, data: { row, warning } } };
    },
  },
  {
    method: 'post',
    path: '/suppressions/lift',
    scopes: ['admin'],
    body: 'form',
    audits: 'suppression.lift',
    async handle({ body }) {
      const { data } = lifted.safeParse({ caller: '', ...(body as object | undefined) });
      // Removed already, or a form that is none of ours: the list shows how it stands.
      if (!data) return { redirect: '/suppressions' };
      const { address } = data;
      const [messageStream, owner] = [data.messageStream || null, data.caller || null];
      const isByLink = (await suppressions.findLeftByLink(address, owner)).includes(messageStream);
      const found = (await suppressions.get(address, [owner])).find((one) => one.messageStream === messageStream);
      await suppressions.remove(address, messageStream, [owner]);
      // Of somebody who was erased, the list is not to hold the address again.
      const query = found?.address ? `?lifted=${lifts.write({ entry: { ...found, address }, isByLink })}` : '';
      return { redirect: `/suppressions${query}`, notice: `Lifted for ${address}.`, audit: { target: address } };
    },
  },
  {
    method: 'post',
    path: '/suppressions/restore',
    scopes: ['admin'],
    body: 'form',
    audits: 'suppression.add',
    async handle({ body }) {
      const undone = lifts.read((body as Record<string, unknown> | undefined)?.['lifted']);
      if (!undone) return { redirect: '/suppressions' };
      await suppressions.add([undone.entry], { isByLink: undone.isByLink });
      const { address } = undone.entry;
      return { redirect: '/suppressions', notice: `${address} is on the list again.`, audit: { target: address } };
    },
  },
];

/** What should be thought of before mail goes to an address again. */
const LIFT_WARNINGS: Readonly<Partial<Record<Suppression['reason'], string>>> = {
  complaint: 'This person said that our mail is spam. More of it makes mail providers refuse the mail of others, too.',
  unsubscribe: 'This person asked for no more of it.',
};

const FIELDS = Object.keys(EMPTY);

const readTyped = (body: unknown): typeof EMPTY => {
  const given = (body ?? {}) as Record<string, unknown>;
  const texts = FIELDS.map((name) => [name, typeof given[name] === 'string' ? given[name] : '']);
  return Object.fromEntries(texts) as typeof EMPTY;
};

const withoutEmpty = (typed: typeof EMPTY): Record<string, string> =>
  Object.fromEntries(Object.entries(typed).filter(([name, text]) => text !== '' || name === 'address'));

function describeRow({ address, messageStream, reason, note, at, until, caller }: Suppression): SuppressionRow {
  const stream = messageStream ?? '';
  const query = new URLSearchParams({ address: address ?? '', messageStream: stream, caller: caller ?? '' });
  return {
    address,
    messageStream: stream,
    reason: formatLabel(reason),
    note,
    at,
    since: formatTime(at),
    until,
    ends: until === null ? '' : formatTime(until),
    caller: caller ?? '',
    liftUrl: `/suppressions/lift?${query}`,
  };
}
