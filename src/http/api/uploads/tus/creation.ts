import type { Request } from 'express';
import { z } from 'zod';
import { textField } from '../../../../fields/fields.ts';
import { invalidFields } from '../../../../fields/invalid-request.ts';
import { OPTION_FIELDS } from '../../../../jobs/options/options.ts';
import { plainName } from '../../upload/save-file.ts';
import { badHeader, readBytes } from './protocol.ts';

/** The most that a client may say of a file. */
const MAX_METADATA_BYTES = 4096;
const PAIR = /^([!-+\--~]{1,255})(?: ([A-Za-z0-9+/]*={0,2}))?$/;

/** What a client asks for when it begins an upload. */
export interface Creation {
  bytes: number;
  name: string;
  /** The media type that it says the file has. */
  said?: string;
  subject?: string;
  kind?: string;
  /** All that it says, as it was said. */
  metadata?: string;
}

const said = z.object({ subject: OPTION_FIELDS.subject.optional(), kind: textField(64).optional() });

/** Reads `Upload-Length` and `Upload-Metadata`. Throws invalid_request. */
export function readCreation(req: Request): Creation {
  if (req.get('upload-defer-length') !== undefined) {
    throw badHeader('Upload-Defer-Length', 'is not offered: send Upload-Length with the first request');
  }
  if (req.get('upload-concat') !== undefined) throw badHeader('Upload-Concat', 'is not offered');
  const bytes = readBytes(req, 'Upload-Length');
  if (bytes === undefined || bytes === 0) throw badHeader('Upload-Length', 'must be the size of the file, 1 or more');
  const metadata = req.get('upload-metadata')?.trim();
  const pairs = readMetadata(metadata);
  const given = said.safeParse({ subject: pairs.get('subject'), kind: pairs.get('kind') });
  if (!given.success) throw invalidFields(given.error.issues, () => []);
  const type = pairs.get('filetype') || pairs.get('type');
  const { subject, kind } = given.data;
  return {
    bytes,
    name: plainName(pairs.get('filename') || pairs.get('name') || ''),
    ...(type ? { said: type.slice(0, 200) } : {}),
    ...(subject === undefined ? {} : { subject }),
    ...(kind === undefined ? {} : { kind }),
    ...(metadata ? { metadata } : {}),
  };
}

/** Reads pairs of a name and a value in Base64, with commas between them. Names that mean nothing here are kept too. */
function readMetadata(text: string | undefined): Map<string, string> {
  if (!text) return new Map();
  const fault = (detail: string) => badHeader('Upload-Metadata', detail);
  if (text.length > MAX_METADATA_BYTES) throw fault(`must be at most ${MAX_METADATA_BYTES} bytes`);
  const pairs = new Map<string, string>();
  for (const pair of text.split(',')) {
    const [, name, value = ''] = PAIR.exec(pair.trim()) ?? [];
    if (name === undefined) throw fault('must be pairs of a name and a value in Base64, with commas between them');
    if (pairs.has(name)) throw fault(`must have each name once: ${name}`);
    pairs.set(name, Buffer.from(value, 'base64').toString());
  }
  return pairs;
}
