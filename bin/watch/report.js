// @ts-check
import { hostname } from 'node:os';

const EVERY_MS = 2000;
/** All reports go when no watch has written one for so long. */
const KEPT_MS = 60_000;
/** The time is Redis', since the clocks of hosts may differ. */
const WRITE = `
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], ARGV[1], '{"at":' .. time[1] .. '000,' .. ARGV[2])
return redis.call('PEXPIRE', KEYS[1], ARGV[3])`;

/**
 * Makes a reporter of what runs on this host and what should, for whoever judges the deployment.
 * @param {import('./plan.js').Plan} plan
 * @param {import('./redis.js').Send} send
 */
export function createReport({ runId, reportsKey }, send) {
  let writtenAt = Number.NEGATIVE_INFINITY;

  return {
    /**
     * Writes it, when that is due. Never rejects.
     * @param {readonly import('./rpc.js').SupervisedProcess[]} processes
     */
    async write(processes) {
      if (processes.length === 0 || performance.now() - writtenAt < EVERY_MS) return;
      writtenAt = performance.now();
      const report = {
        run: runId,
        host: hostname(),
        processes: processes.map(({ name, program, state, pid, startedAt, spawnError }) => {
          const upMs = pid && startedAt ? Math.max(0, Date.now() - startedAt.getTime()) : null;
          return { name, program, state, pid, upMs, why: spawnError };
        }),
      };
      const text = JSON.stringify(report).slice(1);
      // Redis is away: who judges knows.
      await send([['EVAL', WRITE, 1, reportsKey, runId, text, KEPT_MS]]).catch(() => {});
    },
  };
}
