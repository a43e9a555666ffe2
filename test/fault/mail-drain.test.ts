import { afterEach, describe, expect, it } from '@jest/globals';
import { postMails } from '../support/mail-storm.ts';
import { KEYS, type Product, startProduct } from '../support/product.ts';
import { openScriptedSmtpServer, type Script, type ScriptedSmtpServer } from '../support/scripted-smtp-server.ts';
import { until } from '../support/until.ts';

let relay: ScriptedSmtpServer;
let product: Product;
afterEach(async () => {
  await product?.close();
  await relay?.close();
});

async function open(script: Script, kinds = ['emails']) {
  relay = await openScriptedSmtpServer(script);
  product = await startProduct({ kinds, env: { SMTP_URL: relay.url, DRAIN_SECONDS: '10' } });
}

const readJob = async (id: string) =>
  (await (await product.request(`/v1/jobs/${id}`)).json()) as { state: string; attempts: { made: number } };

describe('a worker that is told to stop (SIGTERM)', () => {
  it('a mail whose bytes have left: its slow answer is waited for, and the mail counts as sent', async () => {
    await open((stage) => (stage === 'dot' ? { slowly: '250 2.0.0 taken', everyMs: 100 } : undefined));
    const [id = ''] = await postMails(product, 1);
    await until('the mail has left', () => relay.reached('dot') > 0);
    expect(await product.workers[0]?.stop('SIGTERM')).toBe(0);
    expect(await product.jobReaches(id, 'completed')).toMatchObject({ result: { state: 'sent' } });
    expect(relay.taken).toHaveLength(1);
  });

  it('a mail that the relay has not asked for yet: goes back at once and uses up no attempt; the next worker sends it', async () => {
    await open((stage) => (stage === 'MAIL' ? 'hang' : undefined));
    const [id = ''] = await postMails(product, 1);
    await until('the sender was given', () => relay.reached('MAIL') > 0);
    const begun = performance.now();
    await product.workers[0]?.stop('SIGTERM');
    // The relay would have kept it for as long as the drain may take.
    expect(performance.now() - begun).toBeLessThan(9000);
    expect(await readJob(id)).toMatchObject({ attempts: { made: 0 } });
    relay.script = () => undefined;
    product.startWorker('emails');
    expect(await product.jobReaches(id, 'completed')).toMatchObject({ attempts: { made: 1 } });
    expect(relay.taken).toHaveLength(1);
  });
});

it('readiness: stays 200 without the relay; verbose says what each worker saw of it, without a host or password', async () => {
  await open((stage) => (stage === 'greeting' ? '421 4.3.2 closed for today' : undefined));
  const dependency = await until('the worker tells of the relay', async () => {
    const answer = await fetch(`${product.url}/readyz?verbose`);
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
});

it('a mail that was refused, run again by hand days later: the refusal is tried again, with all its time once more', async () => {
  await open((stage) => (stage === 'RCPT' ? '550 5.1.1 no such user' : undefined));
  const [id = ''] = await postMails(product, 1);
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
