import type { DataPaths } from '../../../src/data-dir.ts';
import { cutOff, type Damage, findDamage } from './check.ts';
import { readServerVersion } from './format.ts';

/** The command that cuts off what is damaged in the middle. */
const REPAIR = 'bin/heavylift repair-redis';

/** What the start says of the append-only file, and what keeps it from starting. */
export interface Mended {
  told: string[];
  problem: string | null;
}

/**
 * Checks the append-only file before Redis is started: a bad end, as power loss leaves it, is cut off; damage in the
 * middle is a problem, since accepted jobs would go with it.
 */
export async function mendAppendOnlyFile(paths: DataPaths): Promise<Mended> {
  const damage = await findDamage(paths.redis);
  if (!damage) return { told: [], problem: null };
  const format = /Can't handle RDB format version (\d+)/.exec(damage.said)?.[1];
  if (format !== undefined) return { told: [], problem: describeFormat(format, await readServerVersion(), paths) };
  if (!hasFile(damage)) return { told: [], problem: beyondRepair(damage, paths) };
  if (damage.behind > 0) return { told: [], problem: describeMiddle(damage) };
  try {
    return { told: [describeCut(damage, cutOff(paths.redis, damage))], problem: null };
  } catch (error) {
    const reason = (error as Error).message;
    return { told: [], problem: `Redis' append-only file has a damaged end that could not be cut off (${reason}).` };
  }
}

/** Cuts off the damaged part, wherever it begins. Answers what was done; throws what can't be mended. */
export async function repairAppendOnlyFile(paths: DataPaths): Promise<string> {
  const damage = await findDamage(paths.redis);
  if (!damage) return "Redis' append-only file is well: there is nothing to mend.";
  if (!hasFile(damage)) throw new Error(beyondRepair(damage, paths));
  return describeCut(damage, cutOff(paths.redis, damage));
}

const hasFile = (damage: Damage): damage is Damage & { file: string } => damage.file !== null;

function describeCut({ badBytes, unfinished, behind }: Damage, copy: string): string {
  const commands = unfinished + behind;
  const lost = commands === 0 ? 'no whole command' : `${commands} whole ${commands === 1 ? 'command' : 'commands'}`;
  return `Redis' append-only file was damaged: ${badBytes} bytes were cut off its end, ${lost} among them. A copy: ${copy}`;
}

const describeMiddle = ({ file, wellBytes, badBytes, behind }: Damage): string =>
  `Redis' append-only file is damaged in its middle (${file}, byte ${wellBytes}): ${behind} commands of the ${badBytes} bytes ` +
  `that follow can still be read, and accepted jobs are among them. To start without them, a copy is kept: ${REPAIR}`;

const describeFormat = (format: string, version: string, { redis }: DataPaths): string =>
  `The queue in ${redis} was written by a later Redis (format ${format}) than redis-server here (${version}), which can not ` +
  'read it: install that Redis or a later one. A queue does not go back to an earlier Redis.';

const beyondRepair = ({ said }: Damage, { redis }: DataPaths): string =>
  `Redis' append-only file in ${redis} is damaged in a part that nothing can be cut off from (${said}). Put a backup of ` +
  'that folder back (docs/operations.md, Backups), or move it away to start with an empty queue.';
