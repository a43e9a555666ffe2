import { z } from 'zod';
import { recordField } from './fields.ts';

const MAX_HEADERS = 50;
/** Of all headers together, as they are written in the request. */
const MAX_BYTES = 8192;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
/** Visible ASCII, with spaces and tabs between. */
const VALUE = /^[\t\x20-\x7e]*$/;

/** Headers that belong to the connection, or follow from the body. */
const OURS = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export interface HeadersRules {
  /** Further headers that are set by us, by their names in lower case. */
  isOurs?(name: string): boolean;
  /** What is wrong with a value beside its characters ("names ..."); null for nothing. */
  findFault?(value: string): string | null;
}

/** The headers that a request to elsewhere is to have: name to value. */
export function headersField({ isOurs = () => false, findFault = () => null }: HeadersRules = {}) {
  const findIssue = (name: string, value: string): string | null => {
    if (!NAME.test(name)) return 'must have a header name: 1 to 100 letters, digits and -';
    const lower = name.toLowerCase();
    if (OURS.has(lower) || lower.startsWith('proxy-') || isOurs(lower)) return 'must be left out: Heavylift sets it';
    if (!VALUE.test(value)) return 'must have characters of ASCII alone, and no line breaks';
    return findFault(value);
  };
  return recordField(z.string('must be text'), MAX_HEADERS, {
    what: 'headers',
    sentence: 'must be an object of header names and values',
  }).superRefine((headers, context) => {
    const names = new Set<string>();
    let bytes = 0;
    for (const [name, value] of Object.entries(headers)) {
      bytes += name.length + value.length;
      const message = names.has(name.toLowerCase()) ? 'must be given once' : findIssue(name, value);
      names.add(name.toLowerCase());
      if (message) context.addIssue({ code: 'custom', path: [name], message });
    }
    if (bytes > MAX_BYTES) context.addIssue(`must have at most ${MAX_BYTES} characters in all; there are ${bytes}`);
  });
}
