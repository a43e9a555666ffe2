import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../../src/config/platform.ts';
import { dataPaths } from '../../src/data-dir.ts';
import { folderOf, nameOf, placeOf } from '../../src/storage/place.ts';
import { type Backup, makeBackup } from '../backup/backup.ts';
import { describeJobs } from '../backup/describe-jobs.ts';
import { untilSignalled } from '../backup/signals.ts';
import { assertOwner } from '../backup/target.ts';
import { enterAuditSoon } from '../cli/audited.ts';
import { type CommandContext, CommandError } from '../cli/context.ts';
import { findDamage } from '../launch/append-only/check.ts';
import { findSupervisor } from '../launch/supervisor.ts';
import { findOrphans } from '../watch/orphans.js';
import { formatBytes } from './keys/settings-keys.ts';

/** `heavylift backup`: everything of the data directory in one file, while it runs. */
export function addBackup(program: Command, context: CommandContext): void {
  program
    .command('backup')
    .description('copy jobs, files and secrets into one archive, while Heavylift runs or not; see heavylift restore')
    .argument('<path>', 'a new file, or a folder that there is: then heavylift-<time>.tar in it')
    .option('--without-secrets', 'leave DATA_DIR/secret and DATA_DIR/api-key out')
    .option('--json', 'print a JSON object')
    .action(async (path: string, { withoutSecrets, json }: { withoutSecrets?: true; json?: true }) => {
      const config = context.loadConfig();
      const running = await assertOwn(config);
      const file = archivePath(path);
      const { remark } = context;
      const backup = await untilSignalled('broken off: no backup was made', (signal) =>
        makeBackup(config, { file, withoutSecrets: withoutSecrets ?? false, running, remark, signal }),
      );
      context.print(json ? JSON.stringify(backup, null, 2) : describeBackup(backup));
      if (running) await enterAuditSoon({ ...context, loadConfig: () => config }, 'product.backup', backup.file);
      // On standard output, where a person looks: cron mails what comes on the other.
      if (!json) context.print(describeSecrets(config, backup));
    });
}

/** Whether the deployment runs; throws CommandError where it can't be copied. */
async function assertOwn(config: Config): Promise<boolean> {
  const paths = dataPaths(config.DATA_DIR);
  if (config.REDIS_URL) {
    throw new CommandError(
      'REDIS_URL is set: the queue lies in a Redis that Heavylift does not start; back up that Redis by its own means ' +
        `(redis-cli --rdb FILE), and after it ${nameOf(placeOf(config))}: see docs/operations.md, Backups`,
    );
  }
  const folder = folderOf(config);
  assertOwner(paths);
  if ((await findSupervisor(paths.supervisorSocket)) !== null) return true;
  if (!existsSync(join(paths.redis, 'appendonlydir')) || (folder !== null && !existsSync(folder))) {
    throw new CommandError(`there is nothing to back up in ${paths.root}`);
  }
  const [orphan] = findOrphans(paths);
  if (orphan) {
    throw new CommandError(
      `${orphan.name} (${orphan.pid}) runs on ${paths.root} without its supervisord; start Heavylift or end it first`,
    );
  }
  if ((await findDamage(paths.redis)) !== null) {
    throw new CommandError("Redis' append-only file is damaged; start Heavylift first, or: bin/heavylift repair-redis");
  }
  return false;
}

function archivePath(given: string): string {
  const path = resolve(given);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory()) {
    const time = new Date().toISOString().slice(0, 19).replaceAll(':', '');
    return archivePath(join(path, `heavylift-${time}Z.tar`));
  }
  if (stats) throw new CommandError(`${path} is there already; a backup never replaces a file`);
  if (given.endsWith('/') || !statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory()) {
    throw new CommandError(`there is no folder ${given.endsWith('/') ? path : dirname(path)}`);
  }
  return path;
}

const describeBackup = ({ file, bytes, files, ms, manifest }: Backup): string =>
  `${file}: ${formatBytes(bytes)}, ${files} files, ${(ms / 1000).toFixed(1)} s\n${describeJobs(manifest.jobs)}` +
  (manifest.bucket
    ? `\nIt has the queue: the files of these jobs lie in ${manifest.bucket}, which has to keep them.`
    : '');

function describeSecrets(config: Config, { file, manifest }: Backup): string {
  const settings = 'Settings (.env, the environment) are not in it.';
  if (manifest.secrets.length === 0) {
    const secret = config.DEPLOYMENT_SECRET ? 'DEPLOYMENT_SECRET' : 'DATA_DIR/secret';
    return `It has no secrets: keep ${secret} elsewhere, a restored deployment does not start without it. ${settings}`;
  }
  const held = manifest.secrets.join(' and ');
  return `KEEP ${file} PRIVATE: it holds ${held}, and whoever reads it can sign in and sign links. ${settings}`;
}
