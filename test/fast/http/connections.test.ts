import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { createAddresses } from '../../../src/http/connections/address.ts';
import { createTurns } from '../../../src/http/connections/turns.ts';

const requestFrom = (remoteAddress: string, forwarded?: string) =>
  ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage;

describe('the address that a request comes from', () => {
  const addresses = createAddresses(['127.0.0.0/8', '::1', '10.1.0.0/16']);

  it.each<[string, string | undefined, string | null, string]>([
    ['192.0.2.7', undefined, '192.0.2.7', 'no proxy in front'],
    ['192.0.2.7', '198.51.100.1', '192.0.2.7', 'what one writes who is no proxy counts for nothing'],
    ['::ffff:192.0.2.7', undefined, '192.0.2.7', 'IPv4 that came as IPv6'],
    ['127.0.0.1', undefined, null, 'the machine itself, or a proxy that says nothing'],
    ['127.0.0.1', '198.51.100.1', '198.51.100.1', 'the proxy says it'],
    ['127.0.0.1', '203.0.113.9, 198.51.100.1', '198.51.100.1', 'the last one counts: the first the caller wrote'],
    ['127.0.0.1', '203.0.113.9, 198.51.100.1, 10.1.2.3', '198.51.100.1', 'two proxies, one behind the other'],
    ['127.0.0.1', '198.51.100.1:4711', '198.51.100.1', 'with its port'],
    ['127.0.0.1', 'unknown', null, 'no address'],
    ['::1', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', 'IPv6 counts by its network'],
    ['2001:db8::1', undefined, '2001:db8:0:0::/64', 'written short too'],
    ['', '198.51.100.1', null, 'the connection is over'],
  ])('%s with %s: %s (%s)', (peer, forwarded, address) => {
    expect(addresses.ofRequest(requestFrom(peer, forwarded))).toBe(address);
  });

  it('a connection of a proxy has none', () => {
    expect(['10.1.0.9', '192.0.2.7', 'nonsense'].map((peer) => addresses.ofPeer(peer))).toEqual([
      null,
      '192.0.2.7',
      null,
    ]);
  });
});

describe('places that are taken in turns', () => {
  const openSocket = () => Object.assign(new EventEmitter(), { destroyed: false }) as unknown as Socket;
  const LIMITS = { places: 3, own: 2, ownWaiting: 2, mostWaiting: 3 };

  /** Turns whose takers are noted when they have got a place. */
  function openTurns() {
    const turns = createTurns(LIMITS, 'things');
    const taken: string[] = [];
    const take = async (owner: string, socket = openSocket()) => {
      const release = await turns.take(owner, socket);
      taken.push(owner);
      return release;
    };
    return { take, taken };
  }

  it('one owner holds no more than its own; another is let in before it', async () => {
    const { take, taken } = openTurns();
    const first = await take('a');
    await take('a');
    const third = take('a');
    await take('b');
    void take('b');
    first();
    await third;
    expect(taken).toEqual(['a', 'a', 'b', 'a']);
  });

  it('too many of one owner wait: rate_limited; of all: queue_unavailable', async () => {
    const { take } = openTurns();
    for (const owner of ['a', 'a', 'b']) await take(owner);
    for (const owner of ['a', 'a', 'b']) void take(owner);
    await expect(take('a')).rejects.toMatchObject({ code: 'rate_limited', retryAfterSeconds: 2 });
    await expect(take('c')).rejects.toMatchObject({ code: 'queue_unavailable', retryAfterSeconds: 2 });
  });

  it('the end of a connection gives its place back, and its place in the line', async () => {
    const { take, taken } = openTurns();
    const [held, waiting] = [openSocket(), openSocket()];
    await take('a', held);
    await take('a');
    const gone = take('a', waiting);
    const next = take('a');
    waiting.emit('close');
    await expect(gone).rejects.toMatchObject({ code: 'invalid_request' });
    held.emit('close');
    held.emit('close');
    await next;
    expect(taken).toEqual(['a', 'a', 'a']);
  });
});
