import { Busboy, type BusboyFileStream, type BusboyHeaders } from '@fastify/busboy';
import express, { type Request, type Response } from 'express';
import type { KindForm } from '../../../kinds/page.ts';
import { createSealedTokens } from '../../../signing/sealed-token.ts';
import type { Secrets } from '../../../signing/secret.ts';
import { createFormToken, FORM_TOKEN } from '../../actions/form-token.ts';
import { keptField, removeField } from '../../api/accept/files/kept-files.ts';
import { assertSameOrigin } from '../../auth/identify.ts';

/** More text than this is not kept. */
const MAX_KEPT_BYTES = 64_000;
/** The same sealed, where every other character has to be written with others before it. */
export const MAX_SEALED_LENGTH = 6 * MAX_KEPT_BYTES;
/** A form without files is refused when it is larger. */
const MAX_FORM_BYTES = 100_000;
/** How long somebody who is not signed in may take to send a form. */
const READ_MS = 10_000;
const KEPT_MS = 86_400_000;

/** A form that somebody typed without being signed in; it is nowhere but in the page that asks for the key. */
export interface KeptForm {
  /** The sealed fields; null when there was too much, or the form could not be read. */
  sealed: string | null;
}

/** A form that was kept, as it is shown again. */
export interface OpenedForm {
  path: string;
  values: Record<string, string>;
  formToken: string;
  note: string;
}

interface Typed {
  fields: Record<string, string>;
  hasFile: boolean;
}

/** Seals what was typed, and opens it again; with the deployment's secret, for a day. */
export function createFormKeeper(secrets: Secrets) {
  const tokens = createSealedTokens(secrets, 'kept form');
  return {
    async keep(req: Request, res: Response, form: KindForm): Promise<KeptForm> {
      const typed = await readTyped(req, res).catch(() => null);
      if (!typed) return { sealed: null };
      const names = [
        ...Object.keys(form.fields).flatMap((name) => [name, keptField(name), removeField(name)]),
        FORM_TOKEN,
      ];
      const values = Object.fromEntries(
        names.flatMap((name) => (name in typed.fields ? [[name, typed.fields[name]]] : [])),
      );
      const facts = [form.path, JSON.stringify(values), Number(typed.hasFile), Date.now() + KEPT_MS];
      const sealed = tokens.seal(facts);
      return { sealed: sealed.length <= MAX_SEALED_LENGTH ? sealed : null };
    },
    open(sealed: string): OpenedForm | null {
      const [path, text, hasFile, untilMs] = tokens.open(sealed) ?? [];
      if (typeof path !== 'string' || typeof text !== 'string' || Number(untilMs) < Date.now()) return null;
      const { [FORM_TOKEN]: formToken = createFormToken(), ...values } = JSON.parse(text) as Record<string, string>;
      const files = hasFile ? ' Choose the file again: files are not kept.' : '';
      return { path, values, formToken, note: `You are signed in. What you typed is here again.${files}` };
    },
  };
}

/** Reads a form's texts up to its first file, whose bytes are left alone. Rejects when it is too much or too slow. */
async function readTyped(req: Request, res: Response): Promise<Typed> {
  // Nobody but our own pages can have something shown here.
  assertSameOrigin(req);
  return new Promise<Typed>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('too slow')), READ_MS);
    timer.unref();
    const reading = req.is('multipart/form-data') ? readUntilFile(req) : readUrlencoded(req, res);
    reading.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

const parseUrlencoded = express.urlencoded({ extended: false, limit: MAX_FORM_BYTES });

async function readUrlencoded(req: Request, res: Response): Promise<Typed> {
  await new Promise<void>((resolve, reject) =>
    parseUrlencoded(req, res, (error?: unknown) => (error ? reject(error) : resolve())),
  );
  const typed = Object.entries((req.body ?? {}) as Record<string, string | string[]>);
  const fields = typed.map(([name, text]) => [name, [text].flat()[0] ?? ''] as const);
  if (fields.reduce((sum, [, text]) => sum + Buffer.byteLength(text), 0) > MAX_KEPT_BYTES) throw new Error('too much');
  return { fields: Object.fromEntries(fields), hasFile: false };
}

function readUntilFile(req: Request): Promise<Typed> {
  return new Promise((resolve, reject) => {
    const fields: Record<string, string> = Object.create(null);
    let bytes = 0;
    const parser = new Busboy({
      headers: req.headers as BusboyHeaders,
      limits: { fields: 100, fieldSize: MAX_KEPT_BYTES, fieldNameSize: 100 },
    });
    const leave = () => req.unpipe(parser);
    const end = (typed: Typed) => {
      leave();
      resolve(typed);
    };
    const fail = (error: unknown) => {
      leave();
      reject(error);
    };
    parser.on('field', (name: string, text: string) => {
      bytes += Buffer.byteLength(text);
      if (bytes > MAX_KEPT_BYTES) fail(new Error('too much'));
      else fields[name] = text;
    });
    parser.on('file', (_name: string, stream: BusboyFileStream, filename: string) => {
      stream.on('error', () => {});
      if (filename) end({ fields, hasFile: true });
      stream.resume();
    });
    parser.on('error', fail);
    parser.on('finish', () => end({ fields, hasFile: false }));
    req.pipe(parser);
  });
}
