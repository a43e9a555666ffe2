import { isAbsolute, relative } from 'node:path';
import { publicUrl } from '../../src/config/addresses.ts';
import type { Config } from '../../src/config/platform.ts';
import { workerSetting } from '../../src/config/settings.ts';
import type { DataPaths } from '../../src/data-dir.ts';
import type { JobContract } from '../../src/jobs/contract.ts';
import { CONTRACTS, KINDS } from '../../workers/index.ts';
import type { Access } from './access.ts';

/** A path as the operator would type it in a shell: relative to where they are if it is below, quoted if it must be. */
export function shellPath(path: string, from: string): string {
  const short = relative(from, path);
  const shown = short.startsWith('..') || isAbsolute(short) ? path : short;
  return /^[\w./@%+=:,-]+$/.test(shown) ? shown : shellQuote(shown);
}

const shellQuote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The shortest example that is posted as JSON, of the kinds that run here; undefined where there is none. */
function pickExample(config: Config): JobContract | undefined {
  const lengthOf = ({ example }: JobContract) => JSON.stringify(example).length;
  return CONTRACTS.filter(({ kind, accepts }) => accepts === 'json' && workerSetting(config, kind, 'WORKERS') > 0)
    .toSorted((one, other) => lengthOf(one) - lengthOf(other))
    .at(0);
}

/** The lines that post a kind's example. `key`: as the shell gets it. */
const tryLines = ({ kind, example }: JobContract, address: string, key: string): string => `
Try it:

  curl -H "Authorization: Bearer ${key}" -H 'Content-Type: application/json' \\
    -d ${shellQuote(JSON.stringify(example))} \\
    ${address}/v1/${kind}
`;

/** What the kinds that run here say of how they are set up, each with the pages that are there because of it. */
const noteRows = (config: Config, address: string): [name: string, text: string][] =>
  KINDS.filter(({ contract }) => workerSetting(config, contract.kind, 'WORKERS') > 0).flatMap(({ page }) => {
    const note = page.note?.(config) ?? null;
    if (note === null) return [];
    const pages = (page.adminPages ?? []).filter(({ isUseful }) => isUseful?.(config));
    return [[page.name, note], ...pages.map(({ name, path }): [string, string] => [name, `${address}${path}`])];
  });

/** What is printed when everything is up: where it is, how to get in, and a first job to try. `from`: see shellPath. */
export function banner(config: Config, paths: DataPaths, access: Access, from: string): string {
  const address = publicUrl(config);
  const key = access.keyFile ? `$(cat ${shellPath(access.keyFile, from)})` : '<a key of API_KEYS>';
  const example = pickExample(config);
  const rows = [
    ['Address', address],
    ['Sign in', access.signInLink],
    ...noteRows(config, address),
    ['Logs', config.LOG_TO === 'files' ? shellPath(paths.logs, from) : 'standard output'],
  ];
  return `
Heavylift is ready.

${rows.map(([name, value]) => `  ${name?.padEnd(10)}${value}`).join('\n')}
${example ? tryLines(example, address, key) : ''}
Ctrl-C stops everything; running jobs get up to ${config.DRAIN_SECONDS} s to finish.
`;
}
