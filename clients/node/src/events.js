// @ts-check

/** One event holds a job; what is longer is none. */
const LONGEST_EVENT = 16_000_000;

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
export async function* readEvents(body, beat) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      beat();
      text += decoder.decode(value, { stream: true }).replaceAll('\r', '');
      if (text.length > LONGEST_EVENT) throw new Error('an event is too long');
      const frames = text.split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames) {
        const event = readFrame(frame);
        if (event.data !== '') yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/**
 * Reads the fields of an event; a line without one, such as a comment, says nothing.
 * @param {string} frame
 * @returns {SentEvent}
 */
function readFrame(frame) {
  const event = { id: '', event: 'message', data: '' };
  for (const line of frame.split('\n')) {
    const [, name, value = ''] = /^(id|event|data): ?(.*)$/.exec(line) ?? [];
    if (name === 'data') event.data += event.data === '' ? value : `\n${value}`;
    else if (name === 'id' || name === 'event') event[name] = value;
  }
  return event;
}
