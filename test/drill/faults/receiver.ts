import { findFreePort } from '../../support/product.ts';
import { post, repeat } from './acts.ts';
import type { Fault } from './fault.ts';

const AWAY_MS = 6000;
/** More than a receiver may refuse before it counts as failing. */
const WEBHOOKS = 6;

export const RECEIVER: readonly Fault[] = [
  {
    name: 'receiver-away',
    says: {
      code: 'webhooks_host',
      text: /^All webhooks to 127\.0\.0\.1:\d+ fail: connection refused \([\d,]+ in a row\)/,
      orElse: ['webhooks_all'],
    },
    kinds: ['images'],
    holdMs: AWAY_MS,
    async make(deployment) {
      const { gates, receiverUrl: callbackUrl } = deployment;
      await gates.receiver.shut();
      await repeat(WEBHOOKS, () => post(deployment, 'images', { fields: { callbackUrl } }));
      return gates.receiver.open;
    },
  },
  {
    name: 'all-receivers-away',
    says: {
      code: 'webhooks_all',
      text: /^All webhooks fail: none of the \d hosts that they go to takes one \(.*: connection refused\)/,
    },
    kinds: ['images'],
    async make(deployment) {
      const { gates, receiverUrl } = deployment;
      await gates.receiver.shut();
      const elsewhere = `http://localhost:${await findFreePort()}/hook`;
      for (const callbackUrl of [receiverUrl, elsewhere]) {
        await repeat(WEBHOOKS, () => post(deployment, 'images', { fields: { callbackUrl } }));
      }
      return async () => {
        await gates.receiver.open();
        await repeat(1, () => post(deployment, 'images', { fields: { callbackUrl: receiverUrl } }));
      };
    },
  },
];
