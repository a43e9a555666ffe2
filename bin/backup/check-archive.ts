import type { Config } from '../../src/config/platform.ts';
import { DATA_VERSION } from '../../src/deployment/version.ts';
import { CommandError } from '../cli/context.ts';
import { canReadFormat, readServerVersion } from '../launch/append-only/format.ts';
import { FORMAT, type Manifest, SECRET_FILES } from './contents.ts';
import { createProgress } from './progress.ts';
import { type Archive, readArchive } from './read-archive.ts';

/** An archive that was read and found good. */
export interface CheckedArchive extends Archive {
  /** The secret files in it. */
  secrets: ReadonlyMap<string, string>;
}

/**
 * Reads all of an archive and compares it with its sums, and what it says of itself with what is installed here. Rejects
 * with CommandError, in one line. Writes nothing.
 */
export async function checkArchive(
  path: string,
  config: Config,
  remark: (text: string) => void,
): Promise<CheckedArchive> {
  const told = createProgress(remark, 'checking', { files: 0, bytes: 0 });
  const secrets = new Map<string, string>();
  const archive = await readArchive(
    path,
    (manifest) => assertUsable(path, manifest, config),
    async (name, content, bytes) => {
      const isSecret = (SECRET_FILES as readonly string[]).includes(name) && bytes < 10_000;
      let text = '';
      for await (const chunk of content) if (isSecret) text += chunk.toString();
      if (isSecret) secrets.set(name, text);
      told(bytes);
    },
  );
  return { ...archive, secrets };
}

async function assertUsable(path: string, manifest: Manifest, config: Config): Promise<void> {
  const { format, heavylift, dataVersion, keyPrefix, redis } = manifest;
  if (format > FORMAT || dataVersion > DATA_VERSION) {
    throw new CommandError(
      `${path} was made by a later Heavylift (${heavylift}, data of version ${dataVersion}); this one knows up to ` +
        `${DATA_VERSION}: update first`,
    );
  }
  if (keyPrefix !== config.KEY_PREFIX) {
    throw new CommandError(`${path} is of a deployment with KEY_PREFIX=${keyPrefix}; set the same, and restore again`);
  }
  if (redis.format !== null && !(await canReadFormat(redis.format))) {
    throw new CommandError(
      `${path} has a queue of Redis ${redis.version} (format ${redis.format}), which redis-server here ` +
        `(${await readServerVersion()}) can not read: install Redis ${redis.version} or a later one, and restore again`,
    );
  }
}
