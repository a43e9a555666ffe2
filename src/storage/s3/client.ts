import { S3Client, type ServiceInputTypes, type ServiceOutputTypes } from '@aws-sdk/client-s3';
import type { Config } from '../../config/platform.ts';
import type { S3Place } from '../../config/storage-url.ts';
import { classifyS3Error } from './errors.ts';

/** A host that takes no connection for so long is away. */
const CONNECT_MS = 3000;
/** No request waits longer, with all its tries, however small: a server that takes a second for each is slow, and works. */
const LIMIT_MS = 10_000;
/** One that writes waits less: somebody waits for it who has sent a file, and may send it again. */
const WRITE_LIMIT_MS = 5000;
/** What is sent, or copied, gives it more time: so much at least is done in a second. */
const BYTES_PER_MS = 500;
/** A server that did not answer in time so lately gets less of it, until it answers: nobody waits for it twice. */
const SUSPECT_FOR_MS = 15_000;
const SUSPECT_LIMIT_MS = 2000;
const TRIES = 3;
/**
 * Connections to the server, at most; further requests wait for one. Each content that is open has one until it is read, and forty
 * mails at a time have twenty attachments each.
 */
const SOCKETS = 1000;

/** The keys of an account; absent where the machine has a role, or files of its own say them. */
export type S3Keys = Pick<Config, 'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY' | 'AWS_SESSION_TOKEN'>;

/** What a request is given beside its command. */
export interface SendOptions {
  /** What it writes, which gives it more time. */
  bytes?: number;
  /** The longest it may take, where that is another time. */
  limitMs?: number;
  signal?: AbortSignal | undefined;
}

/** A command of the client. */
type Command<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = Parameters<
  typeof S3Client.prototype.send<Input, Output>
>[0];

/** Sends commands to the server, each within its time. */
export interface S3Sender {
  client: S3Client;
  /** Whether it did not answer in time lately, and has not answered since. */
  isSuspect(): boolean;
  /** Rejects with the errors of storage, and with the signal's reason. */
  send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: Command<Input, Output>,
    options?: SendOptions,
  ): Promise<Output>;
}

/** Makes the client of a place. */
export function openClient(place: S3Place, keys: S3Keys, endpoint = place.endpoint): S3Sender {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = keys;
  const client = new S3Client({
    region: place.region,
    forcePathStyle: place.forcePathStyle,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY
      ? {
          credentials: {
            accessKeyId: AWS_ACCESS_KEY_ID,
            secretAccessKey: AWS_SECRET_ACCESS_KEY,
            ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
          },
        }
      : {}),
    maxAttempts: TRIES,
    // What is sent is signed by its SHA-256, which every server compares; sums of its own only some know.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS },
    },
  });
  let suspectUntil = Number.NEGATIVE_INFINITY;
  const isSuspect = () => performance.now() < suspectUntil;
  const limitOf = ({ bytes, limitMs }: SendOptions) => {
    if (limitMs !== undefined) return limitMs;
    if (bytes !== undefined) return (isSuspect() ? SUSPECT_LIMIT_MS : WRITE_LIMIT_MS) + bytes / BYTES_PER_MS;
    return isSuspect() ? SUSPECT_LIMIT_MS : LIMIT_MS;
  };

  return {
    client,
    isSuspect,
    async send(command, options = {}) {
      const { signal } = options;
      const limit = new AbortController();
      const stop = () => limit.abort(signal?.reason);
      const end = () => {
        suspectUntil = performance.now() + SUSPECT_FOR_MS;
        limit.abort(new DOMException('no answer in time', 'TimeoutError'));
      };
      const timer = setTimeout(end, limitOf(options));
      signal?.addEventListener('abort', stop);
      try {
        signal?.throwIfAborted();
        const answer = await client.send(command, { abortSignal: limit.signal });
        suspectUntil = Number.NEGATIVE_INFINITY;
        return answer;
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        throw classifyS3Error(limit.signal.aborted ? limit.signal.reason : error);
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
      }
    },
  };
}
