import { execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../support/until.ts';
import type { Deployment } from '../deployment.ts';
import { configure } from './acts.ts';
import type { Fault } from './fault.ts';

const HOLD_MS = 5000;
const BALLAST_MS = 3000;
/** Less than is kept free. */
const LEFT_FREE = 100_000_000;

const areDisks = ({ disks }: Deployment) => disks !== null;

export const DISK: readonly Fault[] = [
  {
    name: 'redis-log-refused',
    says: { code: 'redis_log', text: /^Nothing is accepted: Redis can not write its log to disk/ },
    isPossible: areDisks,
    async make(deployment) {
      // One that syncs before it answers ends instead.
      const mend = await configure(deployment, 'appendfsync', 'everysec');
      deployment.disks?.data.fill();
      // What lay in the way of others makes room for Redis, once.
      await delay(BALLAST_MS);
      deployment.disks?.data.fill();
      return async () => {
        deployment.disks?.data.makeRoom();
        await until('Redis writes its log', () => mend());
      };
    },
  },
  {
    name: 'disk-below-reserve',
    says: {
      code: 'disk_reserve',
      text: /^(Nothing is accepted|Uploads are refused): the disk of storage has [\d.]+ MB free of the [\d.]+ MB that it keeps free/,
    },
    isPossible: areDisks,
    async make({ paths }) {
      const { bavail, bsize } = statfsSync(paths.storage);
      const file = join(paths.storage, 'filler-of-the-drill');
      execFileSync('fallocate', ['-l', String(bavail * bsize - LEFT_FREE), file]);
      return () => execFileSync('rm', [file]);
    },
  },
  {
    name: 'storage-full',
    says: { code: 'disk_full', text: /^Nothing is accepted and results wait: the disk of storage is full \(/ },
    isPossible: areDisks,
    holdMs: HOLD_MS,
    async make({ disks }) {
      disks?.storage.fill();
      return () => disks?.storage.makeRoom();
    },
  },
  {
    name: 'disk-full',
    says: {
      code: 'disk_full',
      text: /^Nothing is accepted and results wait: the disk of storage is full \(/,
      orElse: ['redis_gone'],
    },
    isPossible: areDisks,
    holdMs: HOLD_MS,
    async make({ disks }) {
      disks?.data.fill();
      disks?.storage.fill();
      return () => {
        disks?.data.makeRoom();
        disks?.storage.makeRoom();
      };
    },
  },
  {
    name: 'storage-read-only',
    says: { code: 'disk_read_only', text: /^No upload or result can be kept: the disk of storage is read-only/ },
    isPossible: areDisks,
    holdMs: HOLD_MS,
    async make({ disks }) {
      // Refused while a file is being written.
      const setWritable = (writable: boolean) =>
        until('storage is remounted', () => {
          disks?.storage.setWritable(writable);
          return true;
        });
      await setWritable(false);
      return () => setWritable(true);
    },
  },
];
