export type SentEvent = {
    id: string;
    event: string;
    data: string;
};
/**
 * An event as it came.
 * @typedef {{ id: string, event: string, data: string }} SentEvent
 */
/**
 * Reads server-sent events from a body, one after the other; throws what the connection throws when it breaks.
 * @param {ReadableStream<Uint8Array>} body
 * @param {() => void} beat is called at each piece that comes
 * @returns {AsyncGenerator<SentEvent>}
 */
export declare function readEvents(body: ReadableStream<Uint8Array>, beat: () => void): AsyncGenerator<SentEvent>;
