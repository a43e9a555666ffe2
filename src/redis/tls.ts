import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { RedisAddress, TlsFiles } from '../config/redis-address.ts';

/**
 * Reads the files of a connection by TLS; null for one without it. The certificate of the server is always verified. Throws
 * what the file system does.
 */
export function readTls({ tls }: Pick<RedisAddress, 'tls'>): ConnectionOptions | null {
  if (!tls) return null;
  const read = (name: keyof TlsFiles) => (tls[name] === undefined ? {} : { [name]: readFileSync(tls[name], 'utf8') });
  return { ...read('ca'), ...read('cert'), ...read('key') };
}
