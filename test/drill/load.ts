import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import type { Deployment } from './deployment.ts';
import { KINDS, type LoadKind } from './kinds.ts';
import type { Random } from './random.ts';

const ASK_AGAIN_MS = 500;
/** What each picture is made to be; the reports' pages are one, but for those with a table. */
export const PICTURE_WIDTH = 80;
const HEAVY_ROWS = 30;
const ATTACHMENT = { filename: 'notes.txt', content: Buffer.alloc(100_000, 'notes ').toString('base64') };
/** What is not known when so much time has passed counts as a fault. */
const SETTLED_WITHIN_MS = 180_000;

/** A request and what is known of its job. */
export interface Posted {
  /** Its Idempotency-Key; a mail's recipient has it in its address. */
  key: string;
  kind: string;
  /** The job, once it is known to be accepted; null: it was refused, or that is not known. */
  id: string | null;
  /** `erased`: accepted, and gone again when that could be asked (410): by its age, or to make room. */
  outcome: 'accepted' | 'erased' | 'refused' | 'unknown';
  hasWebhook: boolean;
  /** Why it was refused: the code of the problem, or that nobody listened. */
  refusal?: string | undefined;
}

/** The applications that post jobs. */
export interface Load {
  posted: readonly Posted[];
  /** Posts nothing more, and resolves when it is known of each request whether its job was accepted. */
  stop(): Promise<void>;
}

/**
 * How many of a hundred jobs are of each kind: as where a machine has fifty a second to do, most are small mails and pictures, and a few
 * are heavy (`HEAVY_ONE_IN`).
 */
const SHARES: Readonly<Record<LoadKind, number>> = { emails: 50, images: 35, reports: 15 };
/** One of so many is a large photo, a report with a table, or a mail with HTML and a file. */
const HEAVY_ONE_IN = 50;

/** Begins to post so many jobs a second, of all kinds, some with a webhook; one in fifty is cancelled. */
export function startLoad(deployment: Deployment, { rate, random }: { rate: number; random: Random }): Load {
  const posted: Posted[] = [];
  const underWay = new Set<Promise<void>>();
  const photos = Promise.all([makePhoto(160), makePhoto(3000)]);
  const mix = KINDS.flatMap((kind) => Array.from({ length: SHARES[kind] }, () => kind));
  let stops = false;

  const post = async () => {
    const kind = random.pick(mix);
    const isHeavy = random.below(HEAVY_ONE_IN) === 0;
    const key = `drill-${posted.length}`;
    const hasWebhook = random.below(3) === 0;
    const isCancelled = random.below(50) === 0;
    const one: Posted = { key, kind, id: null, outcome: 'unknown', hasWebhook };
    posted.push(one);
    await settle(
      deployment,
      one,
      requestOf(one, { photo: (await photos)[isHeavy ? 1 : 0], isHeavy, receiverUrl: deployment.receiverUrl }),
    );
    if (isCancelled && one.id) {
      await deployment.request(`/v1/jobs/${one.id}/cancel`, { method: 'POST' }).catch(() => {});
    }
  };
  const run = async () => {
    for (let next = performance.now(); !stops; next += 1000 / rate) {
      await delay(Math.max(0, next - performance.now()));
      const working = post().catch(() => {});
      underWay.add(working);
      void working.then(() => underWay.delete(working));
    }
  };
  const running = run();
  return {
    posted,
    async stop() {
      stops = true;
      await running;
      await Promise.all(underWay);
    },
  };
}

/** Sends a request until it is known what became of it: once that was unknown, only an accepted job tells. */
async function settle({ request }: Deployment, one: Posted, [path, init]: [string, RequestInit]): Promise<void> {
  const until = performance.now() + SETTLED_WITHIN_MS;
  let mayBeThere = false;
  while (performance.now() < until) {
    try {
      const answer = await request(path, init);
      const body = (await answer.json()) as { id?: string; code?: string };
      if (answer.status === 202 && body.id) {
        Object.assign(one, { id: body.id, outcome: 'accepted' });
        return;
      }
      if (mayBeThere && body.code === 'result_expired') {
        one.outcome = 'erased';
        return;
      }
      mayBeThere ||= body.code === 'outcome_unknown' || answer.status === 500;
      if (!mayBeThere) {
        Object.assign(one, { outcome: 'refused', refusal: body.code });
        return;
      }
    } catch (error) {
      // Nobody listened: it was not sent.
      mayBeThere ||= (error as { cause?: { code?: string } }).cause?.code !== 'ECONNREFUSED';
      if (!mayBeThere) {
        Object.assign(one, { outcome: 'refused', refusal: 'nobody listens' });
        return;
      }
    }
    await delay(ASK_AGAIN_MS);
  }
}

const makePhoto = (width: number): Promise<Buffer> =>
  sharp({ create: { width, height: Math.round((width * 2) / 3), channels: 3, background: '#27507c' } })
    .jpeg()
    .toBuffer();

interface Ingredients {
  photo: Buffer;
  isHeavy: boolean;
  receiverUrl: string;
}

function requestOf(
  { key, kind, hasWebhook }: Posted,
  { photo, isHeavy, receiverUrl }: Ingredients,
): [string, RequestInit] {
  const webhook = hasWebhook ? { callbackUrl: receiverUrl } : {};
  const headers = { 'Idempotency-Key': `"${key}"` };
  if (kind === 'images') {
    const query = new URLSearchParams({ width: String(PICTURE_WIDTH), format: 'webp', ...webhook });
    const init = { method: 'POST', headers: { ...headers, 'Content-Type': 'image/jpeg' }, body: new Uint8Array(photo) };
    return [`/v1/images?${query}`, init];
  }
  const body = JSON.stringify({ ...(kind === 'reports' ? report(key, isHeavy) : mail(key, isHeavy)), ...webhook });
  return [`/v1/${kind}`, { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body }];
}

const report = (key: string, isHeavy: boolean) => {
  const rows = Array.from({ length: HEAVY_ROWS }, (_, row) => ({ name: `Row ${row}`, sum: row }));
  const table = { type: 'table', columns: [{ key: 'name' }, { key: 'sum' }], rows };
  return { data: { title: key, blocks: [{ type: 'text', text: key }, ...(isHeavy ? [table] : [])] } };
};

const mail = (key: string, isHeavy: boolean) => ({
  to: `${key}@example.net`,
  subject: key,
  text: key,
  ...(isHeavy ? { html: `<h1>${key}</h1>`, attachments: [ATTACHMENT] } : {}),
});
