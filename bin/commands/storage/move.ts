import type { Command } from 'commander';
import type { Config } from '../../../src/config/platform.ts';
import { findStorageFaults } from '../../../src/config/storage-fields.ts';
import { type StoragePlace, storageUrl } from '../../../src/config/storage-url.ts';
import { dataPaths } from '../../../src/data-dir.ts';
import { AppError } from '../../../src/errors.ts';
import { readWorkers } from '../../../src/queue/counts.ts';
import { readHostReports } from '../../../src/queue/host-reports.ts';
import { openStorage } from '../../../src/storage/open.ts';
import { nameOf, placeOf } from '../../../src/storage/place.ts';
import { readWebHosts } from '../../../src/verdict/share-hosts.ts';
import { CONTRACTS } from '../../../workers/index.ts';
import { createProgress } from '../../backup/progress.ts';
import { untilSignalled } from '../../backup/signals.ts';
import { assertOwner } from '../../backup/target.ts';
import { type CommandContext, CommandError, EXIT } from '../../cli/context.ts';
import { withRedis } from '../../cli/redis.ts';
import { errorOf } from '../../doctor/storage.ts';
import { findSupervisor } from '../../launch/supervisor.ts';
import { type Moved, moveFiles } from '../../storage/move-files.ts';
import { formatBytes } from '../keys/settings-keys.ts';

/** `heavylift storage move`: copies all files to another place, and has that one count. */
export function addMove(storage: Command, context: CommandContext): void {
  storage
    .command('move')
    .description('copy uploads and results to another place; once more while Heavylift is stopped, and it is moved')
    .requiredOption('--to <url>', 'as STORAGE_URL has it: file:///folder, or s3://bucket/prefix?endpoint=...')
    .option('--json', 'print a JSON object')
    .action(async ({ to: text, json }: { to: string; json?: true }) => {
      const config = context.loadConfig();
      assertOwner(dataPaths(config.DATA_DIR));
      const [source, target] = [placeOf(config), readPlace(text, config)];
      const open = async (place: StoragePlace) => ({
        name: nameOf(place),
        storage: await openStorage({ ...config, STORAGE_URL: place }),
      });
      const moved = await untilSignalled('broken off: run it again to go on', async (signal) =>
        moveFiles({
          from: await open(source),
          to: await open(target),
          isRunning: () => isRunning(config),
          begin: (total) => createProgress(context.remark, 'moving', total),
          signal,
        }),
      ).catch((error: unknown) => {
        if (!(error instanceof AppError)) throw error;
        throw new CommandError(`${error.message} (${errorOf(error)}); run it again to go on`);
      });
      if (json) return context.print(JSON.stringify({ from: nameOf(source), to: nameOf(target), ...moved }, null, 2));
      context.print(describe(moved, nameOf(target)));
      context.print(moved.isDone ? nextSteps(text, nameOf(source)) : HOW_TO_END);
    });
}

const HOW_TO_END =
  'Heavylift runs, and its files are where they were. Stop it on every host (bin/heavylift stop), and run this again: it ' +
  'copies what has come since.';

const nextSteps = (text: string, source: string): string =>
  `Now set on every host, and start: STORAGE_URL=${text}\nThe files in ${source} stay; remove them when all is well.`;

const describe = ({ files, bytes, copied, removed }: Moved, target: string): string =>
  `${target}: ${files} files, ${formatBytes(bytes)}; ${copied} were copied and compared by their SHA-256` +
  `${removed > 0 ? `, ${removed} that are erased were removed` : ''}`;

/** Reads where to; throws CommandError for what is no place, or is the same, or within the other. */
function readPlace(text: string, config: Config): StoragePlace {
  const parsed = storageUrl.safeParse(text);
  if (!parsed.success) throw new CommandError(`--to ${parsed.error.issues[0]?.message}`, EXIT.usage);
  const place = parsed.data;
  const [fault] = findStorageFaults({ ...config, STORAGE_URL: place });
  if (fault) throw new CommandError(fault, EXIT.usage);
  const [from, to] = [`${rootOf(placeOf(config))}/`, `${rootOf(place)}/`];
  if (from.startsWith(to) || to.startsWith(from)) {
    throw new CommandError(`--to must be another place than ${nameOf(placeOf(config))}, and neither within the other`);
  }
  return place;
}

const rootOf = (place: StoragePlace): string =>
  place.on === 'disk' ? place.folder : `${place.endpoint ?? ''} ${nameOf(place)}`;

/** Whether a process of the deployment runs: of this data directory, or, with a Redis of all hosts, on any. */
async function isRunning(config: Config): Promise<boolean> {
  if ((await findSupervisor(dataPaths(config.DATA_DIR).supervisorSocket)) !== null) return true;
  if (!config.REDIS_URL) return false;
  return withRedis(config, async (redis) => {
    const kinds = CONTRACTS.map(({ kind }) => kind);
    const signs = [readWorkers(redis, kinds), readHostReports(redis), readWebHosts(redis)];
    return (await Promise.all<unknown[]>(signs)).flat().length > 0;
  });
}
