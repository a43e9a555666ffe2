// @ts-check
import { call } from './rpc.js';

/** Before each start supervisord waits a second longer than before the last one; nobody waits longer than this. */
const WAIT_MS = 5000;

/**
 * Makes a starter of what does not stay up: supervisord alone would wait for minutes after an outage of hours.
 * @param {string} socketPath
 * @param {(facts: object, message: string) => void} log
 */
export function createBackoffs(socketPath, log) {
  /** Since when each process waits, by name. @type {Map<string, number>} */
  const waiting = new Map();
  const told = new Set();

  /** @param {import('./rpc.js').SupervisedProcess} process */
  const start = async ({ group, name, state, spawnError }) => {
    if (!told.has(name)) log({ process: name, reason: spawnError || state }, `${name} does not stay up`);
    told.add(name);
    const step = (/** @type {string} */ methodName) => ({ methodName, params: [`${group}:${name}`, false] });
    // In one call, so that supervisord does both or neither. What waits counts as running and must be stopped first.
    const steps = [step('supervisor.stopProcess'), step('supervisor.startProcess')];
    await call(socketPath, 'system.multicall', [state === 'BACKOFF' ? steps : steps.slice(1)]);
  };

  return {
    /**
     * Starts the processes that have waited long enough.
     * @param {readonly import('./rpc.js').SupervisedProcess[]} processes
     */
    async start(processes) {
      const now = performance.now();
      for (const process of processes) {
        const { name, state } = process;
        if (state === 'RUNNING') told.delete(name);
        if (state !== 'BACKOFF' && state !== 'FATAL') waiting.delete(name);
        else if (!waiting.has(name)) waiting.set(name, now);
        else if (now - /** @type {number} */ (waiting.get(name)) >= WAIT_MS) {
          waiting.delete(name);
          await start(process).catch(() => {});
        }
      }
    },
  };
}
