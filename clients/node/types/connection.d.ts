import { HeavyliftError } from './errors.js';
export type Options = {
    /**
     * where it is, with its path if it has one; HEAVYLIFT_URL without it
     */
    url?: string;
    /**
     * an API key or an upload token; HEAVYLIFT_KEY without it
     */
    key?: string;
    /**
     * milliseconds until an answer begins, and between two of its pieces; 60,000 without it
     */
    timeout?: number;
    /**
     * how often what gets no answer, or "not now", is asked in all; 5 without it
     */
    attempts?: number;
    /**
     * in place of the platform's own
     */
    fetch?: typeof globalThis.fetch;
};
export type Request = {
    /**
     * GET without it
     */
    method?: string;
    headers?: Record<string, string>;
    /**
     * its body as JSON
     */
    json?: unknown;
    /**
     * makes the body, anew for each attempt; `beat`
     * says that it goes on
     */
    body?: (beat: () => void) => {
        body: BodyInit;
        streams?: boolean;
    };
    /**
     * milliseconds that it may take beside `timeout`
     */
    slack?: number;
    /**
     * whether it may be sent again when no answer came; as the method says without it
     */
    repeatable?: boolean;
    timeout?: number;
    /**
     * whether it is asked twice as often: a restart takes longer than a hiccup
     */
    patient?: boolean;
    /**
     * whether a redirect is followed, without the key: of files alone
     */
    follows?: boolean;
    /**
     * whether an answer is one, beside those with 2xx
     */
    accepts?: (answer: Response) => boolean;
    signal?: AbortSignal | undefined;
};
export type Opened = {
    answer: Response;
    /**
     * says that a piece of the body has come; without one for `timeout` it is cut
     */
    beat: () => void;
    /**
     * lets go of the timer
     */
    close: () => void;
};
/** Asks the API: adds the key, repeats what may pass, and turns refusals into errors. */
export declare class Connection {
    #private;
    /**
     * Remembers where Heavylift is. Throws TypeError where no address is known.
     * @param {Options} options
     */
    constructor({ url, key, timeout, attempts, fetch }: Options);
    /** The address of Heavylift, without a slash at its end. */
    get base(): string;
    /**
     * Asks and reads JSON; null where the answer has no body. Rejects with HeavyliftError, or with the reason of `signal`.
     * @param {string} path
     * @param {Request} [request]
     * @returns {Promise<any>}
     */
    json(path: string, request?: Request): Promise<any>;
    /**
     * Asks and returns the answer as soon as it begins. Rejects with HeavyliftError, or with the reason of `signal`.
     * @param {string} path
     * @param {Request} [request]
     * @returns {Promise<Opened>}
     */
    open(path: string, request?: Request): Promise<Opened>;
}
/**
 * Writes the value of Idempotency-Key, which is made where none is given. Throws TypeError at what no header can have.
 * @param {string} [key]
 * @returns {string}
 */
export declare function quoteKey(key?: string): string;
/**
 * How many milliseconds to wait before the next attempt; null where there shall be none.
 * @param {HeavyliftError} error
 * @param {number} attempt
 * @returns {number | null}
 */
export declare function pauseAfter(error: HeavyliftError, attempt: number): number | null;
/**
 * Waits; rejects with the reason of the signal.
 * @param {number} ms
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<void>}
 */
export declare function delay(ms: number, signal: AbortSignal | undefined): Promise<void>;
