import { setTimeout as delay } from 'node:timers/promises';
import { readVerdict } from '../verdict.ts';
import { photo, postPhoto, repeat } from './acts.ts';
import type { Fault } from './fault.ts';

const AT_ONCE = 20;
const MOST = 2000;
/** As often as a web process judges. */
const JUDGED_MS = 5000;

/** What callers send. */
export const JOBS: readonly Fault[] = [
  {
    name: 'many-fail',
    says: {
      code: 'input_errors',
      text: /^\d+ % of the images of the last hour failed with image_unreadable \([\d,]+ of [\d,]+\)/,
      stays: true,
    },
    kinds: ['images'],
    // More and more of them, until they are so large a share of all.
    async make(deployment) {
      const whole = await photo();
      const broken = Buffer.concat([whole.subarray(0, whole.length - 40), Buffer.alloc(20)]);
      let [posted, isSaid] = [0, false];
      while (posted < MOST && !isSaid) {
        const more = Math.max(AT_ONCE, posted);
        await repeat(more, () => postPhoto(deployment, broken));
        posted += more;
        await delay(JUDGED_MS);
        const { items } = await readVerdict(deployment);
        isSaid = items.some(({ code, text }) => code === 'input_errors' && text.includes('image_unreadable'));
      }
      return () => {};
    },
  },
];
