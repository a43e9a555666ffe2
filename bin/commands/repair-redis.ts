import type { Command } from 'commander';
import { dataPaths } from '../../src/data-dir.ts';
import { type CommandContext, CommandError } from '../cli/context.ts';
import { repairAppendOnlyFile } from '../launch/append-only/mend.ts';
import { findSupervisor } from '../launch/supervisor.ts';

/** `heavylift repair-redis`: lets Redis start again whose append-only file is damaged in its middle. */
export function addRepairRedis(program: Command, context: CommandContext): void {
  program
    .command('repair-redis')
    .description("cut off the damaged end of Redis' append-only file, while nothing runs; a copy is kept")
    .action(async () => {
      const config = context.loadConfig();
      if (config.REDIS_URL)
        throw new CommandError('REDIS_URL is set: that Redis is not started here, mend it where it runs');
      const paths = dataPaths(config.DATA_DIR);
      if ((await findSupervisor(paths.supervisorSocket)) !== null) {
        throw new CommandError(`Heavylift runs on ${paths.root}; first: bin/heavylift stop`);
      }
      const done = await repairAppendOnlyFile(paths).catch((error: Error) => {
        throw new CommandError(error.message);
      });
      context.print(done);
    });
}
