import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from './fault.ts';

const AWAY_MS = 6000;

export const RECEIVER: readonly Fault[] = [
  {
    name: 'receiver-away',
    async strike({ gates }) {
      await gates.receiver.shut();
      await delay(AWAY_MS);
      await gates.receiver.open();
    },
  },
];
