import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { postMails } from '../../support/emails/mail-storm.ts';
import {
  openScriptedSmtpServer,
  type Script,
  type ScriptedSmtpServer,
} from '../../support/emails/scripted-smtp-server.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

let relay: ScriptedSmtpServer;
let product: Product;
beforeAll(async () => {
  relay = await openScriptedSmtpServer();
  product = await startProduct({ env: { SMTP_URL: relay.url, DRAIN_SECONDS: '10' } });
});
afterEach(async () => {
  await Promise.all(product.workers.splice(0).map((worker) => worker.stop('SIGKILL')));
});
afterAll(async () => {
  await product?.close();
  await relay?.close();
});

/** A worker against a relay that does so; `reached` counts from here. */
function open(script: Script) {
  relay.script = script;
  relay.taken.length = 0;
  const worker = product.startWorker('emails');
  const before = { dot: relay.reached('dot'), MAIL: relay.reached('MAIL') };
  return { worker, reached: (stage: 'dot' | 'MAIL') => relay.reached(stage) > before[stage] };
}

const readJob = async (id: string) =>
  (await (await product.request(`/v1/jobs/${id}`)).json()) as { state: string; attempts: { made: number } };

describe('a worker that is told to stop (SIGTERM)', () => {
  it('a mail whose bytes have left: its slow answer is waited for, and the mail counts as sent', async () => {
    const { worker, reached } = open((stage) =>
      stage === 'dot' ? { slowly: '250 2.0.0 taken', everyMs: 100 } : undefined,
    );
    const [id = ''] = await postMails(product, 1, 'slow');
    await until('the mail has left', () => reached('dot'));
    expect(await worker.stop('SIGTERM')).toBe(0);
    expect(await product.jobReaches(id, 'completed')).toMatchObject({ result: { state: 'sent' } });
    expect(relay.taken).toHaveLength(1);
  });

  it('a mail that the relay has not asked for yet: goes back at once, without an attempt, to the next worker', async () => {
    const { worker, reached } = open((stage) => (stage === 'MAIL' ? 'hang' : undefined));
    const [id = ''] = await postMails(product, 1, 'held');
    await until('the sender was given', () => reached('MAIL'));
    const begun = performance.now();
    await worker.stop('SIGTERM');
    // The relay would have kept it for as long as the drain may take.
    expect(performance.now() - begun).toBeLessThan(9000);
    expect(await readJob(id)).toMatchObject({ attempts: { made: 0 } });
    relay.script = () => undefined;
    product.startWorker('emails');
    expect(await product.jobReaches(id, 'completed')).toMatchObject({ attempts: { made: 1 } });
    expect(relay.taken).toHaveLength(1);
  });
});

it('readiness: 200 without the relay; verbose shows what each worker saw of it, and no host or password', async () => {
  open((stage) => (stage === 'greeting' ? '421 4.3.2 closed for today' : undefined));
  const dependency = await until('the worker reports the relay', async () => {
    const answer = await product.request('/readyz?verbose', { key: KEYS.operator });
    const { workers } = (await answer.json()) as { workers: { kind: string; dependency?: unknown }[] };
    return answer.ok && workers.find(({ kind }) => kind === 'emails')?.dependency;
  });
  expect(dependency).toEqual({
    name: 'mail relay',
    ok: false,
    detail: 'The mail relay takes no mail now: 421 4.3.2 closed for today.',
    seenAt: expect.any(String),
  });
  expect(await (await fetch(`${product.url}/readyz`)).json()).toEqual({ status: 'ok' });
  expect((await fetch(`${product.url}/readyz?verbose`)).status).toBe(401);
  expect((await product.request('/readyz?verbose')).status).toBe(403);
});

it('a refused mail, run again by hand days later: tried again, with all its time once more', async () => {
  open((stage) => (stage === 'RCPT' ? '550 5.1.1 no such user' : undefined));
  const [id = ''] = await postMails(product, 1, 'refused');
  await product.jobReaches(id, 'failed');
  const redis = product.redis.client();
  const key = `heavylift:{emails}:emails:${id}`;
  await redis.hset(key, 'timestamp', Date.now() - 72 * 3_600_000);
  await redis.del('heavylift:{emails}:own:suppressions', 'heavylift:{emails}:own:suppressions:by-time');
  relay.script = () => undefined;
  const again = await product.request(`/v1/jobs/${id}/retry`, { method: 'POST', key: KEYS.kari });
  expect(again.status).toBe(202);
  expect(await product.jobReaches(id, 'completed')).toMatchObject({ result: { state: 'sent' } });
});
