// @ts-check
/** @import { WebhookEvent } from '../types/api.d.ts' */
import { WebhookRefused } from './errors.js';

const TOLERANCE_SECONDS = 300;
/** While a secret is changed there are two signatures; more than these are not looked at. */
const MOST_SIGNATURES = 10;

/**
 * Verifies a webhook (https://www.standardwebhooks.com) and returns its event. Remember the `webhook-id` of those that you
 * have acted on: the same one may come again. Rejects with WebhookRefused where it must not be trusted.
 * @param {string | Uint8Array} body the bytes as they came: not parsed and written again
 * @param {Headers | Record<string, string | string[] | undefined>} headers of the request
 * @param {string | readonly string[]} secret `whsec_...`, or several while it is being changed
 * @param {{ tolerance?: number, now?: number }} [options] how many seconds its timestamp may be off (300), and the time in milliseconds
 * @returns {Promise<WebhookEvent>}
 */
export async function verifyWebhook(body, headers, secret, { tolerance = TOLERANCE_SECONDS, now = Date.now() } = {}) {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) =>
    readHeader(headers, `webhook-${name}`),
  );
  if (!id || !timestamp || !signatures)
    throw new WebhookRefused('it has not all of webhook-id, -timestamp and -signature');
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now / 1000 - Number(timestamp)) > tolerance) {
    throw new WebhookRefused('its timestamp is not of now');
  }
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const signed = join(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  const given = signatures
    .split(' ')
    .slice(0, MOST_SIGNATURES)
    .map(readSignature)
    .filter((one) => one !== null);
  const secrets = typeof secret === 'string' ? [secret] : secret;
  const keys = await Promise.all(secrets.map(importSecret));
  const checks = keys.flatMap((key) => given.map((one) => crypto.subtle.verify('HMAC', key, one, signed)));
  if (!(await Promise.all(checks)).includes(true)) throw new WebhookRefused('no signature matches');
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new WebhookRefused('its body is not JSON');
  }
}

/**
 * @param {Headers | Record<string, string | string[] | undefined>} headers
 * @param {string} name
 * @returns {string | undefined}
 */
function readHeader(headers, name) {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const found = Object.entries(headers).find(([other]) => other.toLowerCase() === name)?.[1];
  return Array.isArray(found) ? found[0] : found;
}

/**
 * The bytes of one signature; null where it is of another version, or none.
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer> | null}
 */
function readSignature(text) {
  return text.startsWith('v1,') ? readBase64(text.slice(3)) : null;
}

/**
 * Makes a key of a secret. Throws TypeError where it is none.
 * @param {string} secret
 * @returns {Promise<CryptoKey>}
 */
async function importSecret(secret) {
  const bytes = readBase64(secret.trim().replace(/^whsec_/, ''));
  if (!bytes || bytes.length === 0) throw new TypeError('secret must be the webhook secret of the key: whsec_...');
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
}

/**
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer> | null}
 */
function readBase64(text) {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

/**
 * @param {Uint8Array} first
 * @param {Uint8Array} second
 */
function join(first, second) {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
