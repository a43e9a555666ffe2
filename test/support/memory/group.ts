import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A control group that bounds the memory of what runs in it, page cache included, as a machine of that size would. */
export interface MemoryGroup {
  /** What a command is written with to run in it. */
  prefix: string[];
  /** How many of its processes the kernel has ended for lack of memory. */
  kills(): number;
  /** The most that it ever took, page cache included, in bytes. */
  peak(): number;
  /** Removes it; its processes must have ended. */
  close(): void;
}

interface Files {
  root: string;
  limit: string;
  events: string;
  peak: string;
}

/** Where the kernel has it: version 1 and version 2 of control groups. */
const VERSIONS: readonly Files[] = [
  {
    root: '/sys/fs/cgroup/memory',
    limit: 'memory.limit_in_bytes',
    events: 'memory.oom_control',
    peak: 'memory.max_usage_in_bytes',
  },
  { root: '/sys/fs/cgroup', limit: 'memory.max', events: 'memory.events', peak: 'memory.peak' },
];

/** Makes a group of so many bytes; throws where this user can't, or the kernel has none. */
export function openMemoryGroup(limitBytes: number): MemoryGroup {
  const name = `heavylift-${process.pid}-${randomUUID().slice(0, 8)}`;
  const folderIn = (root: string) => join(root, name);
  const found = VERSIONS.find(({ root, limit }) => {
    if (!existsSync(root)) return false;
    mkdirSync(folderIn(root));
    if (existsSync(join(folderIn(root), limit))) return true;
    rmdirSync(folderIn(root));
    return false;
  });
  if (!found) throw new Error('this kernel has no control group for memory, or none that root may make');
  const folder = folderIn(found.root);
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  writeFileSync(join(folder, found.limit), String(limitBytes));
  return {
    prefix: ['sh', '-c', 'echo $$ > "$0" && exec "$@"', join(folder, 'cgroup.procs')],
    kills: () => Number(/^oom_kill (\d+)$/m.exec(read(found.events))?.[1] ?? 0),
    peak: () => Number(read(found.peak)),
    close: () => rmdirSync(folder),
  };
}
