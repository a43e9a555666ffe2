import { isUtf8 } from 'node:buffer';
import { AppError } from '../../../../errors.ts';
import { invalidRequest } from '../../../../fields/invalid-request.ts';
import { findDepthFault, findShapeFault } from '../../../large-json/shape.ts';

/** Of JSON that is shorter no shape costs much but a deep one, which functions that call themselves run out of stack by. */
const SHORT_BYTES = 100_000;

/**
 * Makes a value of JSON in UTF-8; nothing at all is an empty object. `pointer` leads to the field that it came in, ''
 * for a whole body. Throws invalid_request.
 */
export function parseJson(json: Uint8Array, pointer = ''): unknown {
  if (!isUtf8(json)) throw notUtf8(pointer);
  const fault = json.length > SHORT_BYTES ? findShapeFault(json) : findDepthFault(json);
  if (fault) throw invalidRequest([{ pointer, detail: pointer ? fault : `The body ${fault}` }]);
  const text = Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString();
  if (text === '' && !pointer) return {};
  try {
    return JSON.parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text);
  } catch (cause) {
    if (pointer) throw invalidRequest([{ pointer, detail: 'must be valid JSON' }]);
    const detail = cause instanceof Error ? cause.message : 'is not valid';
    throw new AppError('invalid_request', 'The body is not valid JSON.', { cause, errors: [{ pointer, detail }] });
  }
}

const BYTE_ORDER_MARK = 0xfeff;

/** Makes the refusal of JSON that is not UTF-8: decoding would put U+FFFD in the place of what it can't read. */
export const notUtf8 = (pointer: string): AppError =>
  invalidRequest([{ pointer, detail: `${pointer ? 'must be JSON' : 'The body must be'} in UTF-8 (RFC 8259)` }]);
