import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { AbstractConnector } from 'ioredis';
import type { RedisAddress, TlsFiles } from '../config/redis-address.ts';

/**
 * Reads the files of a connection by TLS; null for one without it. The certificate of the server is always verified. Throws
 * what the file system does.
 */
export function readTls({ tls }: Pick<RedisAddress, 'tls'>): ConnectionOptions | null {
  if (!tls) return null;
  hearLaterErrors();
  const read = (name: keyof TlsFiles) => (tls[name] === undefined ? {} : { [name]: readFileSync(tls[name], 'utf8') });
  return { ...read('ca'), ...read('cert'), ...read('key') };
}

const streams = new WeakMap<object, Socket>();

/**
 * Has every socket of ioredis, also those that it makes by itself (to ask sentinels, to subscribe in a cluster), listen to each of
 * its errors. ioredis listens to the first alone, and Node may tell two: that a certificate is not believed, and then the server's
 * alert. An error that nobody hears ends the process.
 */
function hearLaterErrors(): void {
  if (Object.hasOwn(AbstractConnector.prototype, 'stream')) return;
  Object.defineProperty(AbstractConnector.prototype, 'stream', {
    get(this: object) {
      return streams.get(this);
    },
    set(this: object, stream: Socket) {
      stream.on('error', () => {});
      streams.set(this, stream);
    },
  });
}
