import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type CheckedArchive, checkArchive } from '../backup/check-archive.ts';
import { describeJobs } from '../backup/describe-jobs.ts';
import { type Restored, restore } from '../backup/restore.ts';
import { untilSignalled } from '../backup/signals.ts';
import { type CommandContext, CommandError, EXIT } from '../cli/context.ts';
import { formatTime } from '../cli/table.ts';
import { formatBytes } from './keys/settings-keys.ts';

interface Options {
  asCopy?: boolean;
  sendWaiting?: boolean;
  check?: boolean;
  json?: boolean;
}

/** `heavylift restore`: puts a backup into a data directory that is empty. */
export function addRestore(program: Command, context: CommandContext): void {
  program
    .command('restore')
    .description('put a backup into DATA_DIR, which must be empty; Heavylift is started afterwards')
    .argument('<file>', 'what heavylift backup made')
    .option('--as-copy', 'make it another deployment, beside the original: nothing that waited is sent')
    .option('--send-waiting', 'send the mails that waited: the original has sent nothing since the backup')
    .option('--check', 'only read the whole file and compare it with its sums')
    .option('--json', 'print a JSON object')
    .action(async (path: string, { asCopy = false, sendWaiting = false, check, json }: Options) => {
      if (asCopy && sendWaiting)
        throw new CommandError('--as-copy sends nothing that waited: leave --send-waiting out', EXIT.usage);
      const config = context.loadConfig();
      const file = resolve(path);
      const { remark } = context;
      if (check) {
        const checked = await checkArchive(file, config, remark);
        const { manifest, files, bytes } = checked;
        context.print(json ? JSON.stringify({ file, files, bytes, manifest }, null, 2) : describeCheck(file, checked));
        return;
      }
      const restored = await untilSignalled('broken off: nothing was restored', (signal) =>
        restore(config, { file, asCopy, sendWaiting, remark, signal }),
      );
      context.print(json ? JSON.stringify(restored, null, 2) : describeRestored(restored));
      for (const line of warnings(restored, asCopy)) context.remark(line);
    });
}

function describeCheck(file: string, { manifest, files, bytes }: CheckedArchive): string {
  const { createdAt, deployment, heavylift, redis } = manifest;
  return [
    `${file} is whole: ${files} files, ${formatBytes(bytes)}, of ${formatTime(createdAt)}`,
    `deployment ${deployment ?? 'none yet'}, Heavylift ${heavylift}, Redis ${redis.version}`,
    describeJobs(manifest.jobs),
  ].join('\n');
}

const describeRestored = ({ dataDir, files, bytes, deployment, manifest }: Restored): string =>
  [
    `${dataDir}: ${files} files, ${formatBytes(bytes)}, as of ${formatTime(manifest.createdAt)}; deployment ${deployment}`,
    describeJobs(manifest.jobs),
    'Start it with: bin/heavylift start',
  ].join('\n');

/** What the operator should know of before the start. */
function warnings(
  { cancelled, inDoubt, schedulesInDoubt, lacking, hasSecret, manifest }: Restored,
  asCopy: boolean,
): string[] {
  const at = formatTime(manifest.createdAt);
  return [
    ...(asCopy
      ? [
          `A copy: ${cancelled} mails, calls, webhooks and flows that waited are cancelled here, and no job of the backup calls back.`,
        ]
      : ['The original must not run any more: both would be the same deployment. For a second one: --as-copy.']),
    ...(inDoubt > 0
      ? [
          `${inDoubt} mails, calls and flows waited at ${at}, and the original may have gone on with them since: mails end as ` +
            '"unknown", unsent (but those with onUnknown: resend), calls by their own onUnknown, and flows that send begin no ' +
            'further row until they are run again. If it sent nothing after the backup, restore again with --send-waiting.',
        ]
      : []),
    ...(schedulesInDoubt > 0
      ? [
          `${schedulesInDoubt} schedules that send had times after ${at} that the original may have run: their history has these as ` +
            'missed, to be run by hand. If it ran nothing after the backup, restore again with --send-waiting.',
        ]
      : []),
    ...(lacking.length > 0 ? [`${lacking.length} jobs lack a file: ${lacking.slice(0, 5).join(', ')} ...`] : []),
    ...(hasSecret
      ? []
      : [
          "The deployment's secret is not here: put it into DATA_DIR/secret (mode 600) or DEPLOYMENT_SECRET, or the start " +
            'refuses; one that is lost for good: bin/heavylift accept-secret',
        ]),
  ];
}
