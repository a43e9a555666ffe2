import type { WebhookEvent } from '../types/api.d.ts';
/**
 * Verifies a webhook (https://www.standardwebhooks.com) and returns its event. Remember the `webhook-id` of those that you
 * have acted on: the same one may come again. Rejects with WebhookRefused where it must not be trusted.
 * @param {string | Uint8Array} body the bytes as they came: not parsed and written again
 * @param {Headers | Record<string, string | string[] | undefined>} headers of the request
 * @param {string | readonly string[]} secret `whsec_...`, or several while it is being changed
 * @param {{ tolerance?: number, now?: number }} [options] how many seconds its timestamp may be off (300), and the time in milliseconds
 * @returns {Promise<WebhookEvent>}
 */
export declare function verifyWebhook(body: string | Uint8Array, headers: Headers | Record<string, string | string[] | undefined>, secret: string | readonly string[], { tolerance, now }?: {
    tolerance?: number;
    now?: number;
}): Promise<WebhookEvent>;
