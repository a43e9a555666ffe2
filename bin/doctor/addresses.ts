import { isIP } from 'node:net';
import { localUrl, publicUrl } from '../../src/config/addresses.ts';
import { parseAddress } from '../../src/config/redis-address.ts';
import { formatBytes } from '../../src/kinds/formats.ts';
import { readInfo } from '../../src/redis/faults.ts';
import { deploymentIdKey } from '../../src/redis/keys.ts';
import { findSecrets } from '../../src/signing/secret.ts';
import { type Check, type Examination, type Findings, redisOf } from './examination.ts';
import { tryWayIn } from './way-in.ts';

const MEGABYTE = 1_000_000;
/** Larger bodies are not tried. */
const MOST_BYTES = 100 * MEGABYTE;

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '-::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** Whether this machine's web process can be reached from elsewhere without encryption. */
function lookAtWeb({ HOST, PUBLIC_URL }: Examination['config']): Exclude<Findings, unknown[]> {
  if (isLoopback(HOST)) return { level: 'ok', text: `HOST is ${HOST}: this machine alone reaches it, and its proxy` };
  if (PUBLIC_URL?.startsWith('https:')) {
    return { level: 'ok', text: `HOST is ${HOST}, and PUBLIC_URL is https: only the proxy should reach the port` };
  }
  const fix = 'HOST=127.0.0.1 behind a proxy with TLS (docs/proxy.md), and PUBLIC_URL=https://...';
  return { level: 'warning', text: `HOST is ${HOST} without TLS: keys and files go over the network in clear`, fix };
}

/** Whether others can reach Redis without a password. */
async function lookAtRedis(examination: Examination): Promise<Findings> {
  const { config } = examination;
  const redis = redisOf(examination);
  const address = config.REDIS_URL ? parseAddress(config.REDIS_URL) : null;
  const elsewhere = address?.hosts.find(({ host }) => !isLoopback(host));
  const fix =
    'A password (requirepass, and in REDIS_URL), protected-mode yes, and bind to addresses that only this machine reaches.';
  if (!redis) return [];
  const answer = await redis.config('GET', 'port').catch(() => null);
  const read = async (name: string) => ((await redis.config('GET', name).catch(() => [])) as string[])[1] ?? '';
  if (answer === null) {
    if (elsewhere === undefined || address?.login.password !== undefined) return [];
    return { level: 'error', text: `Redis at ${elsewhere.host} takes whoever reaches it, without a password`, fix };
  }
  const [port, bind, password, protectedMode] = await Promise.all(
    ['port', 'bind', 'requirepass', 'protected-mode'].map(read),
  );
  if (port === '0') return { level: 'ok', text: 'Redis has no port: a socket in a private folder alone' };
  const open = (bind ?? '').split(' ').filter((host) => host !== '' && !isLoopback(host));
  const isEverywhere = bind === '';
  if (open.length === 0 && !isEverywhere) return { level: 'ok', text: `Redis listens on ${bind} alone` };
  const isProtected =
    protectedMode === 'yes' && Number.parseInt(readInfo(await redis.info('server'))('redis_version') ?? '0', 10) >= 7;
  if (password !== '' || isProtected)
    return { level: 'ok', text: 'Redis has a port, and a password or its protected mode' };
  return { level: 'error', text: `Redis takes whoever reaches its port ${port}, without a password`, fix };
}

const exposure: Check = {
  name: 'exposure',
  look: async (examination) => [lookAtWeb(examination.config), await lookAtRedis(examination)].flat(),
};

const publicAddress: Check = {
  name: 'public-url',
  async look(examination) {
    const { config, signal } = examination;
    const secrets = findSecrets(config);
    if (secrets === null) return { level: 'unknown', text: 'there is no secret yet, by which the deployment is known' };
    const url = publicUrl(config);
    const bytes = Math.min(config.IMAGES_MAX_BYTES, MOST_BYTES) + MEGABYTE;
    const tried = await tryWayIn(url, { secrets, bytes, signal });
    if ('fault' in tried) return { level: 'error', text: `${url}: ${tried.fault}`, fix: tried.fix };
    const id = (await redisOf(examination)?.get(deploymentIdKey())) ?? null;
    if (id !== null && tried.deployment !== null && id !== tried.deployment) {
      const fix = 'Let the proxy lead to this deployment, or correct PUBLIC_URL.';
      return { level: 'error', text: `${url} leads to another deployment (${tried.deployment})`, fix };
    }
    const text = `${url} leads here, and takes ${formatBytes(bytes)}`;
    if (config.PUBLIC_URL === undefined) {
      const fix = 'Set PUBLIC_URL as soon as anybody but this machine follows a link.';
      return isLoopback(config.HOST)
        ? { level: 'ok', text }
        : { level: 'warning', text: `${text}; links name ${localUrl(config)}`, fix };
    }
    if (url.startsWith('https:') && !tried.secure) {
      const fix = 'Set TRUST_PROXY, and have the proxy send X-Forwarded-Proto: docs/proxy.md.';
      return {
        level: 'warning',
        text: `${text}, but takes the request for one without TLS: the caller's address is the proxy's`,
        fix,
      };
    }
    return { level: 'ok', text };
  },
};

/** The checks of what reaches what. */
export const ADDRESS_CHECKS: readonly Check[] = [exposure, publicAddress];
