import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, type ClientRequest, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { KEYS, type Product, startProduct } from '../support/product.ts';
import { until } from '../support/until.ts';

const STREAMS = 1000;
const MB = 1_000_000;
const REPORT = JSON.stringify({ template: 'document', data: { title: 'T', blocks: [{ type: 'text', text: 'x' }] } });

it('a thousand open event streams on one web process: one more Redis connection, less than 100 MB, and each hears its end', async () => {
  const product = await startProduct();
  const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
  const streams: Stream[] = [];
  try {
    const ids = await inTurns(STREAMS, async () => {
      const headers = { 'Content-Type': 'application/json' };
      const response = await patiently(() => product.request('/v1/reports', { method: 'POST', body: REPORT, headers }));
      return ((await response.json()) as { id: string }).id;
    });
    expect(new Set(ids).size).toBe(STREAMS);
    const observer = product.redis.client();
    const connections = async () =>
      String(await observer.client('LIST'))
        .trim()
        .split('\n').length;
    const [connectionsBefore, bytesBefore] = [await connections(), memoryOf(product)];

    await inTurns(STREAMS, async (index) => {
      streams[index] = await patiently(() => openStream(product, agent, ids[index] as string));
    });
    await until(
      'every stream has told its present state',
      () => streams.every(({ status, text }) => status === 200 && text().includes('\n\n')),
      {
        timeoutMs: 60_000,
      },
    );
    const [connectionsOpen, bytesOpen] = [await connections(), memoryOf(product)];
    expect(connectionsOpen - connectionsBefore).toBeLessThanOrEqual(1);
    expect(bytesOpen - bytesBefore).toBeLessThan(100 * MB);

    const statuses = await inTurns(STREAMS, async (index) => {
      return (await patiently(() => product.request(`/v1/jobs/${ids[index]}/cancel`, { method: 'POST' }))).status;
    });
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    await Promise.all(streams.map(({ ended }) => ended));
    const wrong = streams.flatMap(({ text }, index) => (tellsEndOf(text(), ids[index] as string) ? [] : [text()]));
    expect(wrong).toEqual([]);
    expect(memoryOf(product) - bytesBefore).toBeLessThan(100 * MB);
    console.log(
      `${STREAMS} streams: ${connectionsOpen - connectionsBefore} more connections, ` +
        `${((bytesOpen - bytesBefore) / MB).toFixed(0)} MB more on ${(bytesBefore / MB).toFixed(0)} MB`,
    );
  } finally {
    for (const { request } of streams) request.destroy();
    await product.close();
  }
});

interface Stream {
  request: ClientRequest;
  status: number;
  /** What it has told so far. */
  text: () => string;
  /** Resolves when the server ends it. */
  ended: Promise<void>;
}

/** Resolves when the stream is answered. */
function openStream({ url }: Product, agent: Agent, id: string): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const options = { agent, headers: { Authorization: `Bearer ${KEYS.kari}` } };
    const request = get(`${url}/v1/jobs/${id}/events`, options, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      const ended = once(response, 'end').then(() => {});
      ended.catch(() => {});
      resolve({ request, status: response.statusCode ?? 0, text: () => text, ended });
    });
    request.on('error', reject);
  });
}

/** Asks again while the answer is 503, as a client does: on a busy machine Redis is not always heard in time. */
async function patiently<T extends { status: number }>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer.status !== 503) return answer;
    await delay(1000);
  }
}

/** The last frame is the job's end, and it is this job's. */
function tellsEndOf(text: string, id: string): boolean {
  const last = text.split('\n\n').findLast((frame) => frame.startsWith('event:')) ?? '';
  const data = JSON.parse(/^data: (.*)$/m.exec(last)?.[1] ?? '{}');
  return last.startsWith('event: cancelled\n') && data.id === id && data.state === 'cancelled';
}

/** Resident bytes of the web process. */
function memoryOf({ web }: Product): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${web.pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** The answers of `ask(0)` to `ask(count - 1)`, sixteen at a time. */
async function inTurns<T>(count: number, ask: (index: number) => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  let next = 0;
  const takeTurns = async () => {
    while (next < count) {
      const index = next++;
      answers[index] = await ask(index);
    }
  };
  await Promise.all(Array.from({ length: 16 }, takeTurns));
  return answers;
}
