import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../support/until.ts';
import type { Fault } from './fault.ts';

const FULL_MS = 5000;
const READ_ONLY_MS = 5000;

export const DISK: readonly Fault[] = [
  {
    name: 'disk-full',
    isPossible: ({ disks }) => disks !== null,
    async strike({ disks }) {
      disks?.data.fill();
      disks?.storage.fill();
      await delay(FULL_MS);
      disks?.data.makeRoom();
      disks?.storage.makeRoom();
    },
  },
  {
    name: 'storage-read-only',
    isPossible: ({ disks }) => disks !== null,
    async strike({ disks }) {
      // Refused while a file is being written.
      const setWritable = (writable: boolean) =>
        until('storage is remounted', () => {
          disks?.storage.setWritable(writable);
          return true;
        });
      await setWritable(false);
      await delay(READ_ONLY_MS);
      await setWritable(true);
    },
  },
];
