import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type Answer, decode, encode } from 'dns-packet';

/** What a DNS server knows: by `name TYPE` the data of its records; `silent` never answers. */
export type Zone = Readonly<Record<string, readonly unknown[] | 'silent'>>;

/** Opens a real DNS server on a free loopback port that answers from a zone; names that have no record are not there. */
export async function openDnsServer(zone: Zone): Promise<{ address: string; close(): void }> {
  const socket = createSocket('udp4');
  socket.on('message', (packet, { port, address }) => {
    const { id, questions = [] } = decode(packet);
    const [question] = questions;
    if (!question) return;
    const name = question.name.toLowerCase();
    const data = zone[`${name} ${question.type}`];
    if (data === 'silent') return;
    const answers = (data ?? []).map(
      (one) => ({ type: question.type, name: question.name, ttl: 1, data: one }) as Answer,
    );
    const isThere = Object.keys(zone).some((key) => key.startsWith(`${name} `));
    const flags = 0x0580 | (isThere ? 0 : 3);
    socket.send(encode({ type: 'response', id: id ?? 0, flags, questions, answers }), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { address: `127.0.0.1:${socket.address().port}`, close: () => socket.close() };
}
