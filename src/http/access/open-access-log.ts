import { join } from 'node:path';
import type { Config } from '../../config/platform.ts';
import type { Log } from '../../log.ts';
import { openLogFile } from '../../logs/log-file.ts';
import { maskTokens } from '../../logs/mask.ts';
import type { WriteAccess } from './access-log.ts';

/** Where the lines of the access log go. */
export interface AccessLog {
  write: WriteAccess;
  /** Writes what is left, within half a second. */
  close(): Promise<void>;
}

export interface AccessLogDeps {
  config: Pick<Config, 'LOG_TO' | 'LOG_FILE_BYTES' | 'LOG_OLD_FILES'>;
  /** The folder of all logs. */
  folder: string;
  /** Where supervisord runs this process: each has a file of its own. */
  place: string | null;
  log: Log;
}

/** Opens the access log: a file of its own among the logs, or (LOG_TO=stdout) lines without a sentence in the log. */
export function openAccessLog({ config, folder, place, log }: AccessLogDeps): AccessLog {
  if (config.LOG_TO === 'stdout') return { write: (facts) => log.info(facts), close: async () => {} };
  const number = place === null ? '' : (/-\d+$/.exec(place)?.[0] ?? '');
  const file = openLogFile(join(folder, `access${number}.log`), {
    fileBytes: config.LOG_FILE_BYTES,
    oldFiles: config.LOG_OLD_FILES,
  });
  return {
    // A request's own name is its caller's text.
    write: (facts) => file.write(maskTokens(`${JSON.stringify({ time: new Date().toISOString(), ...facts })}\n`)),
    close: file.close,
  };
}
