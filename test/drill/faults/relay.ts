import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from './fault.ts';

const AWAY_MS = 6000;

export const RELAY: readonly Fault[] = [
  {
    name: 'relay-away',
    async strike({ gates }) {
      await gates.relay.shut();
      await delay(AWAY_MS);
      await gates.relay.open();
    },
  },
  {
    name: 'relay-hangs',
    async strike({ gates }) {
      await gates.relay.hang();
      await delay(AWAY_MS);
      await gates.relay.open();
    },
  },
  {
    name: 'relay-defers',
    async strike({ smtp }) {
      smtp.misbehaviour.rcpt = () => ({ code: 451, text: '4.7.1 Greylisted, try again later' });
      await delay(AWAY_MS);
      delete smtp.misbehaviour.rcpt;
    },
  },
  {
    name: 'relay-cuts-off',
    async strike({ smtp }) {
      smtp.misbehaviour.data = 'cut';
      await delay(AWAY_MS / 3);
      delete smtp.misbehaviour.data;
    },
  },
];
