import { DISK } from './disk.ts';
import type { Fault } from './fault.ts';
import { FROZEN } from './frozen.ts';
import { HOSTS } from './hosts.ts';
import { JOBS } from './jobs.ts';
import { KILLED } from './killed.ts';
import { RECEIVER } from './receiver.ts';
import { REDIS } from './redis.ts';
import { RELAY } from './relay.ts';
import { STOPPED } from './stopped.ts';

export type { Fault };

/** All that the drill breaks. A new kind of fault is a file here. */
export const FAULTS: readonly Fault[] = [
  ...KILLED,
  ...FROZEN,
  ...STOPPED,
  ...DISK,
  ...RELAY,
  ...RECEIVER,
  ...REDIS,
  ...HOSTS,
  ...JOBS,
];
