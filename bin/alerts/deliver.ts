import { setTimeout as delay } from 'node:timers/promises';
import type { Message } from '../../src/alerts/incidents.js';
import type { Outcome } from '../../src/alerts/send.js';
import type { AllConfig } from '../../workers/index.ts';
import { describeMessage } from './describe.ts';
import { createMail } from './mail.ts';
import type { Way } from './way.ts';
import { createWebhook } from './webhook.ts';

/** How often and how long a way is tried (ms). */
export interface Patience {
  /** How long it waits before each try. */
  waitsMs: readonly number[];
  tryMs: number;
}

/** Somebody waits for a test. */
const TEST_PATIENCE: Patience = { waitsMs: [0], tryMs: 10_000 };
/** Three tries, which end within a minute. */
const PATIENCE: Patience = { waitsMs: [0, 10_000, 18_000], tryMs: 10_000 };

/** Tells a message on each way that the settings name; on none where they name none. Never rejects. */
export async function deliver(message: Message, config: AllConfig, given?: Patience): Promise<Outcome[]> {
  const patience = given ?? (message.kind === 'test' ? TEST_PATIENCE : PATIENCE);
  const described = describeMessage(message, config);
  const ways = [
    ...(config.ALERTS_URL === undefined ? [] : [createWebhook(config.ALERTS_URL, described, config)]),
    ...(config.ALERTS_EMAIL === undefined ? [] : [createMail(config.ALERTS_EMAIL, described, config)]),
  ];
  return Promise.all(ways.map((way) => tryWay(way, patience)));
}

async function tryWay({ by, to, send }: Way, { waitsMs, tryMs }: Patience): Promise<Outcome> {
  let detail = '';
  for (const waitMs of waitsMs) {
    await delay(waitMs);
    const signal = AbortSignal.timeout(tryMs);
    try {
      return { by, to, isTold: true, detail: await Promise.race([send(signal), rejectAt(signal)]) };
    } catch (error) {
      detail = signal.aborted ? `it did not answer within ${tryMs / 1000} s` : (error as Error).message;
    }
  }
  return { by, to, isTold: false, detail: detail.replace(/\.$/, '').slice(0, 300) };
}

/** What does not obey the signal is not waited for. */
const rejectAt = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
