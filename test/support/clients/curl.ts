import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { KEYS } from '../product.ts';
import { type Ended, FOLDER, SECRET } from './examples.ts';

/** Runs `clients/curl/curl.sh` to its end against the product at `url`, with kari's key unless `env` has another. */
export async function runCurl(
  url: string,
  args: string[],
  env: Record<string, string> = {},
  input = '',
): Promise<Ended> {
  // biome-ignore lint/style/noProcessEnv: what every program needs to run at all
  const { PATH = '' } = process.env;
  const settings = { PATH, URL: url, KEY: KEYS.kari, WEBHOOK_SECRET: SECRET, ...env };
  const child = spawn('sh', [join(FOLDER, 'curl/curl.sh'), ...args], { env: settings });
  child.stdin.on('error', () => {}).end(input); // it may end without reading it
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code: Number(code), stdout, stderr };
}
