import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const READY_WITHIN_MS = 30_000;
const ASK_EVERY_MS = 200;

/**
 * Has a server listen where nobody else asks, and waits until its `/readyz` answers that jobs are accepted. Throws with what it
 * answers instead, after half a minute.
 */
export async function tryServer(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`;
  const over = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const response = await fetch(url);
    const text = await response.text();
    if (response.ok) return;
    if (performance.now() > over) throw new Error(`/readyz answers ${response.status}: ${text.slice(0, 500)}`);
    await delay(ASK_EVERY_MS);
  }
}
