import { isAbsolute, relative } from 'node:path';
import { publicUrl } from '../../src/config/addresses.ts';
import type { Config } from '../../src/config/platform.ts';
import type { DataPaths } from '../../src/data-dir.ts';
import type { Access } from './access.ts';
import { findMailCatcher } from './mail-catcher.ts';

/** A path as the operator would type it in a shell: relative to where they are if it is below, quoted if it must be. */
export function shellPath(path: string, from: string): string {
  const short = relative(from, path);
  const shown = short.startsWith('..') || isAbsolute(short) ? path : short;
  return /^[\w./@%+=:,-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}

/** What is printed when everything is up: where it is, how to get in, and a first job to try. `from`: see shellPath. */
export function banner(config: Config, paths: DataPaths, access: Access, from: string): string {
  const address = publicUrl(config);
  const key = access.keyFile ? `$(cat ${shellPath(access.keyFile, from)})` : '<a key of API_KEYS>';
  const catcher = findMailCatcher(config);
  const rows = [
    ['Address', address],
    ['Sign in', access.signInLink],
    ...(catcher
      ? [['Inbox', `http://127.0.0.1:${catcher.webPort}   (mail is caught here while SMTP_URL is not set)`]]
      : []),
    ['Logs', config.LOG_TO === 'files' ? shellPath(paths.logs, from) : 'standard output'],
  ];
  return `
Heavylift is ready.

${rows.map(([name, value]) => `  ${name?.padEnd(10)}${value}`).join('\n')}

Try it:

  curl -H "Authorization: Bearer ${key}" -H 'Content-Type: application/json' \\
    -d '{"to":["you@example.com"],"subject":"Hello","text":"Sent by a worker."}' \\
    ${address}/v1/emails

Ctrl-C stops everything; running jobs get up to ${config.DRAIN_SECONDS} s to finish.
`;
}
