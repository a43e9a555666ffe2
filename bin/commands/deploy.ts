import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Command } from 'commander';
import { parseConfig } from '../../workers/config.ts';
import { enterAuditSoon } from '../cli/audited.ts';
import { type CommandContext, CommandError, EXIT } from '../cli/context.ts';
import { findRunning } from '../cli/processes.ts';
import { DeployError, deployRelease, WantsStart } from '../launch/releases/deploy.ts';
import { oneAtATime } from '../launch/releases/one-at-a-time.ts';
import { TrialError } from '../launch/releases/try-release.ts';
import { readEnvironment } from '../watch/orphans.js';

const release = join(import.meta.dirname, '../..');

/** `heavylift deploy`: another version in place of the one that runs. `bin/deploy` makes the release and runs this in it. */
export function addDeploy(program: Command, context: CommandContext): void {
  program
    .command('deploy')
    .description(
      'run what lies in this checkout in place of what runs: tried beside it, then one process after the other',
    )
    .action(async () => {
      const { paths, supervisorPid } = await findRunning(context);
      if (dirname(release) !== realpathSync(paths.releases)) {
        throw new CommandError('this is no release of that data directory; run: bin/heavylift deploy');
      }
      // The settings of what runs are those of the start; the shell of this command may have others.
      const environment = Object.fromEntries(
        readEnvironment(String(supervisorPid)).flatMap((line) => {
          const [name, ...value] = line.split('=');
          return name ? [[name, value.join('=')] as const] : [];
        }),
      );
      const config = parseConfig(environment, existsSync('.env') ? readFileSync('.env', 'utf8') : '');
      const deployment = {
        ...{ release, paths, config, environment },
        checkout: process.cwd(),
        print: (line: string) => context.print(line),
      };
      await oneAtATime(paths, () => deployRelease(deployment)).catch((error: unknown) => {
        if (error instanceof TrialError) {
          for (const line of error.lines) context.remark(`  ${line}`);
          throw new CommandError(`not deployed, nothing was changed: ${error.message}`);
        }
        if (error instanceof DeployError) {
          const status = error instanceof WantsStart ? EXIT.wantsStart : EXIT.failed;
          throw new CommandError(`not deployed: ${error.message}`, status);
        }
        throw error;
      });
      await enterAuditSoon({ ...context, loadConfig: () => config }, 'product.deploy', basename(release));
    });
}
