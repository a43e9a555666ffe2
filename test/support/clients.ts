import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SECRET } from './clients/examples.ts';
import { KEYS } from './product.ts';

const FOLDER = join(import.meta.dirname, '../../docs/clients');
/** How each client of docs/clients is started; what it is to do follows. */
export const CLIENTS: Record<string, string[]> = {
  curl: ['sh', join(FOLDER, 'curl.sh')],
  node: [process.execPath, join(FOLDER, 'node.mjs')],
};

/** How a client ended and all it printed. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a client to its end against the product at `url`, with kari's key unless `env` has another. */
export async function runClient(
  url: string,
  client: string,
  args: string[],
  env: Record<string, string> = {},
  input = '',
): Promise<Ended> {
  const [command = '', ...script] = CLIENTS[client] ?? [];
  // biome-ignore lint/style/noProcessEnv: what every program needs to run at all
  const { PATH = '' } = process.env;
  const settings = { PATH, URL: url, KEY: KEYS.kari, WEBHOOK_SECRET: SECRET, ...env };
  const child = spawn(command, [...script, ...args], { env: settings });
  child.stdin.on('error', () => {}).end(input); // a client may end without reading it
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code: Number(code), stdout, stderr };
}
