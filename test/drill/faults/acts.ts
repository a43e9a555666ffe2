import sharp from 'sharp';
import { call } from '../../../bin/watch/rpc.js';
import { reports } from '../../../workers/reports/job.ts';
import type { Deployment } from '../deployment.ts';
import type { LoadKind } from '../kinds.ts';
import type { Mend } from './fault.ts';

/** What several faults are made by. */

/** The mend of what mends itself. */
export const BY_ITSELF: Mend = () => {};

/** Has supervisord start or stop a process (`app:images-0`). */
export const supervise = ({ paths }: Deployment, step: 'startProcess' | 'stopProcess', name: string) =>
  call(paths.supervisorSocket, `supervisor.${step}`, [name]);

/** SIGKILL. */
export const kill = async ({ pidOf }: Deployment, name: string): Promise<void> =>
  void process.kill(await pidOf(name), 'SIGKILL');

/** SIGSTOP until it is mended; who is ended meanwhile, as by the watch, stays ended. */
export function freeze(pid: number): Mend {
  process.kill(pid, 'SIGSTOP');
  return () => {
    try {
      process.kill(pid, 'SIGCONT');
    } catch {
      // it has been ended
    }
  };
}

/** Sets a setting of Redis until it is mended. */
export const configure = ({ withRedis }: Deployment, name: string, value: string): Promise<Mend> =>
  withRedis(async (redis) => {
    const [, before = ''] = (await redis.config('GET', name)) as string[];
    await redis.config('SET', name, value);
    return () => withRedis((again) => again.config('SET', name, before));
  });

/** A job as its answer shows it. */
export interface Answered {
  id: string;
  state: string;
}

/** Posts a small job of a kind, by a caller of its own; rejects where it is refused. `headers` such as Prefer, `fields` such as runAt. */
export async function post(
  deployment: Deployment,
  kind: LoadKind,
  { headers, fields = {} }: { headers?: Record<string, string>; fields?: Record<string, string> } = {},
): Promise<Answered> {
  if (kind === 'images') return postPhoto(deployment, await photo(), { headers, query: fields });
  const input = kind === 'reports' ? reports.example : MAIL;
  return accepted(
    await deployment.asStranger(`/v1/${kind}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify({ ...input, ...fields }),
    }),
  );
}

/** Posts a picture; rejects where it is refused. */
export async function postPhoto(
  deployment: Deployment,
  body: Uint8Array,
  { headers, query = {} }: { headers?: Record<string, string> | undefined; query?: Record<string, string> } = {},
): Promise<Answered> {
  return accepted(
    await deployment.asStranger(`/v1/images?${new URLSearchParams(query)}`, {
      method: 'POST',
      headers: { 'Content-Type': 'image/jpeg', ...headers },
      body: new Uint8Array(body),
    }),
  );
}

/** A small photo. */
export const photo = (): Promise<Buffer> => {
  photoOnce ??= sharp({ create: { width: 64, height: 64, channels: 3, background: '#27507c' } })
    .jpeg()
    .toBuffer();
  return photoOnce;
};
let photoOnce: Promise<Buffer> | undefined;

const MAIL = { to: ['kari@example.no'], subject: 'Hei', text: 'Hei.' };

/** Does it so many times, a few at a time; whoever refuses some of it does not end it. */
export async function repeat(times: number, act: () => Promise<unknown>): Promise<void> {
  for (let begun = 0; begun < times; begun += AT_A_TIME) {
    await Promise.allSettled(Array.from({ length: Math.min(AT_A_TIME, times - begun) }, act));
  }
}
const AT_A_TIME = 10;

async function accepted(answer: Response): Promise<Answered> {
  const text = await answer.text();
  // 200 with Prefer: wait, when it has ended by then.
  if (answer.status !== 202 && answer.status !== 200) throw new Error(`refused: ${answer.status} ${text}`);
  return JSON.parse(text) as Answered;
}
