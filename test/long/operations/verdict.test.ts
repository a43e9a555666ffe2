import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { VERDICT_CODES } from '../../../src/verdict/codes.ts';
import { type Camera, openCamera } from '../../drill/camera.ts';
import { type Deployment, OPERATOR, openDeployment } from '../../drill/deployment.ts';
import { photo, postPhoto, repeat } from '../../drill/faults/acts.ts';
import { FAULTS } from '../../drill/faults/index.ts';
import { createRandom } from '../../drill/random.ts';
import { awaitVerdict, findSaid, readVerdict } from '../../drill/verdict.ts';
import { answer, type HttpSink, openHttpSink } from '../../support/http/http-sink.ts';
import { readTold } from '../../support/operations/told-alerts.ts';
import { until } from '../../support/until.ts';

/**
 * What can be wrong, made one by one in the product as `npm start` runs it: the verdict says it while it is so, with its
 * code and its sentence, an alert tells it, and when it is mended neither does any more. With VERDICT_TIMES set, a file gets how
 * long each took; with VERDICT_PICTURES set, a folder gets what `/admin` shows.
 */
let deployment: Deployment;
let sink: HttpSink;
let camera: Camera | null = null;
// biome-ignore lint/style/noProcessEnv: switches of this test alone
const { VERDICT_TIMES, VERDICT_PICTURES } = process.env;

beforeAll(async () => {
  sink = await openHttpSink((res, request) => {
    for (const { state, code, incident } of readTold({ requests: [request] }))
      note(`${new Date().toISOString()} told: ${state} ${code} ${incident} ${request.headers['webhook-id']}`);
    answer(200)(res, request);
  });
  const env = { ALERTS_URL: sink.url, ALERTS_LEVEL: 'amber' };
  deployment = await openDeployment({ dataDir: undefined, say: () => {}, env });
  if (VERDICT_PICTURES) camera = await openCamera(VERDICT_PICTURES, deployment.url, OPERATOR);
  await camera?.take('green', '/admin');
}, 300_000);
afterAll(async () => {
  await camera?.close();
  await deployment.close();
  await sink.close();
}, 60_000);

const random = createRandom(1);
/** One of each code. What stays for as long as its history comes last: it would be said of the others too. */
const seen = FAULTS.flatMap((fault) => (fault.says ? [{ ...fault, says: fault.says }] : []))
  .filter(({ says }, index, all) => all.findIndex((other) => other.says.code === says.code) === index)
  .toSorted((one, other) => Number(one.says.stays ?? false) - Number(other.says.stays ?? false));

/** What was told of a code, the newest first. */
const toldOf = (code: string) =>
  readTold(sink)
    .filter((one) => one.code === code)
    .toReversed();
const isTold = (code: string, state: 'firing' | 'resolved', timeoutMs: number) =>
  until(`${code} is told: ${state}`, () => toldOf(code)[0]?.state === state, { timeoutMs, everyMs: 200 });

it.each(seen.map((fault) => [fault.says.code, fault] as const))(
  '%s',
  async (code, { says, make }) => {
    const mend = await make(deployment, random);
    try {
      const said = await awaitVerdict(deployment, says, { withinMs: 30_000 });
      expect([code, said?.verdict]).toEqual([code, expect.anything()]);
      const item = said && findSaid(said.verdict, says);
      expect(item?.level).toBe(VERDICT_CODES[code].level);
      note(`${code}: seen after ${seconds(said?.ms)} s: ${item?.text}`);
      await camera?.take(code, '/admin');
      await isTold(code, 'firing', 60_000);
    } finally {
      await mend();
    }
    const gone = says.stays ? null : await awaitVerdict(deployment, says, { withinMs: 150_000, isGone: true });
    expect(says.stays || gone !== null).toBe(true);
    note(`${code}: gone after ${seconds(gone?.ms)} s`);
  },
  300_000,
);

/** They stand for an hour after their last failure: one of the hosts is never there. */
const LONG: readonly string[] = ['webhooks_host', 'error_share'];

it('each is told as resolved when it has gone, also what stays for minutes', async () => {
  // Of so many that did not fail the others are a small share.
  const whole = await photo();
  await until(
    'few images fail',
    async () => {
      const { items } = await readVerdict(deployment);
      if (!items.some(({ code }) => code === 'input_errors')) return true;
      return repeat(100, () => postPhoto(deployment, whole)).then(() => false);
    },
    { timeoutMs: 240_000 },
  );
  // What else there was goes within minutes: all that began has ended, of a code that several processes have too. A receiver that did
  // not answer in time, as while this process fills a disk, hears it again.
  const begun = new Set(readTold(sink).map(({ code }) => code));
  const gone = seen.map(({ says }) => says.code).filter((code) => begun.has(code) && !LONG.includes(code));
  const ids = (code: string, state: string) =>
    new Set(toldOf(code).flatMap((one) => (one.state === state ? [one.incident] : [])));
  const hasEnded = (code: string) => ids(code, 'firing').isSubsetOf(ids(code, 'resolved'));
  for (const code of gone) {
    await until(`${code} has ended`, () => hasEnded(code), { timeoutMs: 540_000, everyMs: 200 }).catch(() => {});
    expect([code, ids(code, 'resolved')]).toEqual([code, ids(code, 'firing')]);
  }
}, 600_000);

const seconds = (ms: number | undefined) => (ms === undefined ? '-' : (ms / 1000).toFixed(1));

function note(line: string): void {
  if (VERDICT_TIMES) appendFileSync(VERDICT_TIMES, `${line}\n`);
}
