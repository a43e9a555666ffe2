import { setTimeout as delay } from 'node:timers/promises';
import type { Product } from '../product.ts';
import { until } from '../until.ts';

/** How a storm's mails ended, by what is to be compared. */
export interface StormBalance {
  sent: number;
  unknown: number;
  /** Jobs that ended otherwise, with why. */
  others: string[];
  /** Mails that are in the mailboxes more than once. */
  twice: string[];
  /** Jobs that say `sent` and are in no mailbox. */
  missing: string[];
  /** Mails in the mailboxes that no job tells of. */
  strangers: string[];
}

const BATCH = 20;

/** Posts one mail, again while Redis is too slow to acknowledge it; answers the job's id. */
async function postMail(product: Product, name: string): Promise<string> {
  const post = () =>
    product.request('/v1/emails', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': name },
      body: JSON.stringify({ to: `${name}@example.test`, subject: `Mail ${name}`, text: 'Hei!\n' }),
    });
  const job = await until(`${name} is accepted`, async () => {
    const answer = await post();
    return answer.status === 503 ? null : { status: answer.status, id: ((await answer.json()) as { id?: string }).id };
  });
  if (job.status !== 202 || !job.id) throw new Error(`${name} was not accepted: ${job.status}`);
  return job.id;
}

/** Posts that many mails, each to an address of its own; answers the jobs' ids. */
export async function postMails(product: Product, count: number, name = 'person'): Promise<string[]> {
  const ids: string[] = [];
  for (let from = 0; from < count; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, count - from) }, (_, index) =>
      postMail(product, `${name}-${from + index}`),
    );
    ids.push(...(await Promise.all(batch)));
  }
  return ids;
}

/** Kills workers (kill -9) one after the other, each replaced at once as supervisord would; ends with all of them alive. */
export async function killWorkers(product: Product, { kills, everyMs }: { kills: number; everyMs: number }) {
  for (let kill = 0; kill < kills; kill += 1) {
    await delay(everyMs * (0.5 + Math.random()));
    const victim = product.workers.shift();
    await victim?.stop('SIGKILL');
    product.startWorker('emails');
  }
}

/** Waits until no mail is pending any more. */
export const mailsEnd = (product: Product, timeoutMs: number) =>
  until(
    'every mail has ended',
    async () => {
      const answer = await product.request('/metrics', { key: 'key-of-operator-3' });
      const text = await answer.text();
      const pending = ['waiting', 'delayed', 'active'].map((state) =>
        Number(
          new RegExp(`^heavylift_jobs\\{[^}]*kind="emails"[^}]*state="${state}"[^}]*\\} (\\d+)`, 'm').exec(text)?.[1],
        ),
      );
      if (pending.some((count) => count !== 0)) throw new Error(`pending: ${pending}`);
      return true;
    },
    { timeoutMs, everyMs: 250 },
  );

/** Compares what the jobs say with the mails in the mailboxes (their bytes). */
export async function balance(
  product: Product,
  ids: readonly string[],
  mailboxes: readonly string[],
): Promise<StormBalance> {
  const copies = new Map<string, number>();
  for (const source of mailboxes) {
    const id = /^Message-ID: <(eml_[0-9a-z]{26})@/m.exec(source)?.[1] ?? 'a mail without a Message-ID of ours';
    copies.set(id, (copies.get(id) ?? 0) + 1);
  }
  const result: StormBalance = { sent: 0, unknown: 0, others: [], twice: [], missing: [], strangers: [] };
  for (const id of ids) {
    const job = (await (await product.request(`/v1/jobs/${id}`)).json()) as {
      state: string;
      result: { state: string } | null;
      error: { code: string } | null;
    };
    const said = job.result?.state ?? job.error?.code ?? job.state;
    const found = copies.get(id) ?? 0;
    copies.delete(id);
    if (found > 1) result.twice.push(`${id} (${said}): ${found} times`);
    if (said === 'sent') result.sent += 1;
    else if (said === 'unknown') result.unknown += 1;
    else result.others.push(`${id}: ${said}, in the mailboxes ${found} times`);
    if (said === 'sent' && found === 0) result.missing.push(id);
  }
  result.strangers.push(...copies.keys());
  return result;
}
