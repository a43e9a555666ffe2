// @ts-check
import { call } from './rpc.js';

/**
 * Makes a starter of the web processes. supervisord starts none by itself, since it could not leave out the spare.
 * @param {Pick<import('./plan.js').Plan, 'supervisorSocket' | 'webWorkers'>} plan
 * @param {(facts: object, message: string) => void} log
 */
export function createFirstStart({ supervisorSocket, webWorkers }, log) {
  let told = false;

  return {
    /**
     * Starts them where supervisord has never had one: who has stopped them since wants them stopped.
     * @param {readonly import('./rpc.js').SupervisedProcess[]} processes
     */
    async start(processes) {
      const web = processes.filter(({ program }) => program === 'web');
      if (web.some(({ startedAt }) => startedAt !== null)) return;
      const first = web.filter(({ name }) => Number(name.replace(/^web-/, '')) < webWorkers);
      for (const { group, name } of first) {
        await call(supervisorSocket, 'supervisor.startProcess', [`${group}:${name}`, false]).catch((error) => {
          if (!told) log({ process: name, reason: String(error) }, `${name} can not be started; trying again`);
          told = true;
        });
      }
    },
  };
}
