import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Message } from './incidents.js';

/** Makes a message that says that messages come through. */
export function testMessage(at: number): Message {
  const id = `test-${randomUUID().slice(0, 8)}`;
  const text = 'This is a test: alerts come through';
  const own = { id, name: 'test', code: 'test', text, since: at, host: hostname() };
  return { kind: 'test', at, incidents: [{ ...own, toldAt: null, triedAt: null }] };
}
