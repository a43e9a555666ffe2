import { setTimeout as delay } from 'node:timers/promises';
import { jobKey } from '../../../src/redis/keys.ts';
import type { VerdictCode } from '../../../src/verdict/codes.ts';
import type { Deployment } from '../deployment.ts';
import { readVerdict } from '../verdict.ts';
import { BY_ITSELF, photo, post, postPhoto, repeat } from './acts.ts';
import type { Fault } from './fault.ts';

const AT_ONCE = 20;
const MOST = 2000;
/** As often as a web process judges, and a little. */
const JUDGED_MS = 5500;
/** A job that is to be damaged waits for so long. */
const DAMAGED_WITHIN_MS = 3000;

/** What callers send, and what becomes of it. */
export const JOBS: readonly Fault[] = [
  {
    name: 'many-fail',
    says: {
      code: 'input_errors',
      text: /^\d+ % of the images of the last hour failed with image_unreadable \([\d,]+ of [\d,]+\)/,
      stays: true,
    },
    kinds: ['images'],
    async make(deployment) {
      const whole = await photo();
      const broken = Buffer.concat([whole.subarray(0, whole.length - 40), Buffer.alloc(20)]);
      await failMore(deployment, 'input_errors', () => postPhoto(deployment, broken));
      return BY_ITSELF;
    },
  },
  {
    name: 'records-damaged',
    says: {
      code: 'error_share',
      text: /^\d+ % of the reports of the last hour failed with internal \([\d,]+ of [\d,]+\)/,
      stays: true,
    },
    kinds: ['reports'],
    async make(deployment) {
      await deployment.withRedis((redis) =>
        failMore(deployment, 'error_share', async () => {
          const runAt = new Date(Date.now() + DAMAGED_WITHIN_MS).toISOString();
          const { id } = await post(deployment, 'reports', { fields: { runAt } });
          await redis.hset(jobKey('reports', id), 'data', '{"v":1,');
        }),
      );
      return BY_ITSELF;
    },
  },
];

/** Has more and more jobs fail, until they are so large a share of all that the verdict says so. */
async function failMore(deployment: Deployment, code: VerdictCode, fail: () => Promise<unknown>): Promise<void> {
  for (let posted = 0; posted < MOST; ) {
    const more = Math.max(AT_ONCE, posted);
    await repeat(more, fail);
    posted += more;
    await delay(JUDGED_MS);
    // A busy machine may answer late: then more of them fail.
    const verdict = await readVerdict(deployment).catch(() => null);
    if (verdict?.items.some((item) => item.code === code)) return;
  }
}
