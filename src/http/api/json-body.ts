import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import express, { type Request, type RequestHandler } from 'express';
import { AppError } from '../../errors.ts';
import type { Wants } from '../../templates/template.ts';
import { callerOf } from '../auth/identify.ts';
import { tokenOf } from '../auth/token.ts';
import type { Receiving } from '../connections/receiving.ts';
import { type LargeJson, LOOP_JSON_BYTES } from '../large-json/large-json.ts';
import { parseJson } from './accept/body/parse-json.ts';

/** The media types of JSON bodies. */
export const JSON_TYPES = ['application/json', 'application/*+json'];

/** A JSON body that is too large for the event loop, as it came; whoever is done with it gives its place back. */
export class LargeBody {
  readonly bytes: Uint8Array;
  readonly release: () => void;
  /** What is to be looked up for it, where that is known. */
  readonly wants: Wants | undefined;

  constructor(bytes: Uint8Array, release: () => void, wants?: Wants) {
    this.bytes = bytes;
    this.release = release;
    this.wants = wants;
  }
}

/** Where bodies are received, and where the large ones of them are read. */
export interface BodyReaders {
  receiving: Receiving;
  largeJson: LargeJson;
}

/** Of this length and not compressed, a body is read in one go. */
const SHORT_BYTES = 64_000;

/**
 * Makes the handlers that read a JSON body of at most so many bytes, and never more than the event loop takes. They
 * throw invalid_request for one that is not UTF-8 or no JSON, and payload_too_large: before anything is read where the
 * length is known.
 */
export const readJsonBody = (maxBytes: number, { receiving }: Pick<BodyReaders, 'receiving'>): RequestHandler[] =>
  createReaders(Math.min(maxBytes, LOOP_JSON_BYTES), receiving, null);

/**
 * Makes the same handlers for bodies of any length up to the limit: one that is too large for the event loop waits for a
 * place, is read, and is left to the thread as a LargeBody.
 */
export const readAnyJsonBody = (limit: number, { receiving, largeJson }: BodyReaders): RequestHandler[] =>
  createReaders(limit, receiving, largeJson);

function createReaders(limit: number, receiving: Receiving, largeJson: LargeJson | null): RequestHandler[] {
  const readShort = express.raw({ limit: Math.min(limit, SHORT_BYTES), type: JSON_TYPES });
  const readLong = createLongReader(limit, largeJson);
  const read: RequestHandler = (req, res, next) => {
    const length = Number(req.headers['content-length'] ?? Number.NaN);
    const isShort = length <= SHORT_BYTES && req.headers['content-encoding'] === undefined;
    if (isShort || !req.is(JSON_TYPES)) return readShort(req, res, next);
    return receiving
      .enter(req)
      .then((leave) => readLong(req).finally(leave))
      .then((body) => {
        req.body = body;
        next();
      });
  };
  return [refuseByHead(limit), read, parseOnLoop];
}

/** The limit of a request's body: what comes with an upload token is never large enough for the thread. */
const limitOf = (req: Request, limit: number): number => (tokenOf(req) ? Math.min(limit, LOOP_JSON_BYTES) : limit);

/** Refuses a body by what its head says of it: a length over the limit, a charset that is none of Unicode's. */
function refuseByHead(most: number): RequestHandler {
  return (req, _res, next) => {
    const limit = limitOf(req, most);
    const { 'content-length': length = 0, 'content-type': type = '' } = req.headers;
    if (Number(length) > limit && req.is(JSON_TYPES)) throw tooLarge(limit);
    const charset = /;\s*charset="?([^\s";]*)/i.exec(type)?.[1];
    if (charset !== undefined && !/^utf-?8$/i.test(charset) && req.is(JSON_TYPES)) {
      const sentence = `The body can not be read: unsupported charset "${charset.slice(0, 40).toUpperCase()}".`;
      throw new AppError('unsupported_media_type', sentence);
    }
    next();
  };
}

const parseOnLoop: RequestHandler = (req, _res, next) => {
  if (Buffer.isBuffer(req.body)) req.body = parseJson(req.body);
  next();
};

const tooLarge = (limit: number): AppError =>
  new AppError('payload_too_large', `The body is larger than the limit of ${limit} bytes.`);

/** Reads a body of unknown or great length: what turns out to be short is given as its bytes. */
function createLongReader(most: number, largeJson: LargeJson | null): (req: Request) => Promise<Buffer | LargeBody> {
  return async (req) => {
    const limit = limitOf(req, most);
    const source = inflated(req);
    const enter = () => largeJson?.enter(callerOf(req).name, req.socket);
    let release = Number(req.headers['content-length'] ?? 0) > LOOP_JSON_BYTES ? await enter() : undefined;
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      // A source that is left early must stay open: it is the request, and the answer goes the same way.
      for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > limit) throw tooLarge(limit);
        chunks.push(chunk);
        if (bytes > LOOP_JSON_BYTES) release ??= await enter();
      }
      if (!release || bytes <= LOOP_JSON_BYTES) return Buffer.concat(chunks);
      const taken = release;
      release = undefined;
      return new LargeBody(Buffer.concat(chunks), taken);
    } catch (error) {
      throw error instanceof AppError ? error : unreadable(error);
    } finally {
      release?.();
    }
  };
}

const INFLATE = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress };

/** The request's content without its compression. */
function inflated(req: Request): Readable {
  const encoding = (req.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding === 'identity') return req;
  if (!Object.hasOwn(INFLATE, encoding)) {
    const sentence = `The body can not be read: unsupported content encoding "${encoding.slice(0, 40)}".`;
    throw new AppError('unsupported_media_type', sentence);
  }
  const inflate = INFLATE[encoding as keyof typeof INFLATE]();
  req.once('error', (error) => inflate.destroy(error));
  return req.pipe(inflate);
}

const unreadable = (cause: unknown): AppError => {
  const why = cause instanceof Error ? cause.message : 'it was broken off';
  return new AppError('invalid_request', `The request can not be read: ${why}.`, { cause });
};
