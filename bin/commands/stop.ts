import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { enterAuditSoon } from '../cli/audited.ts';
import type { CommandContext } from '../cli/context.ts';
import { findRunning, pickProcesses } from '../cli/processes.ts';
import { stopProcesses } from '../launch/process-actions.ts';
import { shutDown } from '../launch/supervisor.ts';
import { isAlive } from '../watch/orphans.js';

const LOOK_MS = 100;

/** `heavylift stop`: everything, in order, or single programs. */
export function addStop(program: Command, context: CommandContext): void {
  program
    .command('stop')
    .description('stop everything, drained, and wait until it has ended; with names: these programs or processes')
    .argument('[names...]', 'programs or processes, like reports or images-0')
    .action(async (names: string[]) => {
      const { paths, processes, supervisorPid } = await findRunning(context);
      const picked = pickProcesses(processes, names);
      // Before it is done: Redis stops too.
      await enterAuditSoon(context, 'product.stop', names.join(' ') || null);
      if (names.length > 0) return stopProcesses(paths.supervisorSocket, picked);
      await shutDown(paths.supervisorSocket);
      while (isAlive(supervisorPid)) await sleep(LOOK_MS);
    });
}
