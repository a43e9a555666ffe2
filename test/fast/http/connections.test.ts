import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { peerAddress, senderAddress } from '../../../src/http/connections/address.ts';
import { createTurns } from '../../../src/http/connections/turns.ts';
import { createLine } from '../../../src/http/large-json/line.ts';
import { parseConfig } from '../../../workers/config.ts';

/** Asks an app with that TRUST_PROXY, from loopback, which address it counts a request with that header for. */
async function senderFor(trusted: string, forwardedFor?: string): Promise<string | null> {
  const app = express();
  app.set('trust proxy', parseConfig({ TRUST_PROXY: trusted }).TRUST_PROXY);
  app.get('/', (req, res) => void res.json(senderAddress(req)));
  const asked = request(app).get('/');
  return (await (forwardedFor === undefined ? asked : asked.set('X-Forwarded-For', forwardedFor))).body;
}

describe('the address that a request counts for', () => {
  it.each<[string, string | undefined, string | null, string]>([
    ['0', undefined, null, 'this machine brings many callers'],
    ['0', '198.51.100.1', null, 'what one writes who is no proxy counts for nothing'],
    ['10.0.0.0/8', '198.51.100.1', '127.0.0.1', 'the proxy is another machine'],
    ['loopback', undefined, null, 'a proxy that says nothing'],
    ['loopback', '198.51.100.1', '198.51.100.1', 'the proxy says it'],
    ['loopback', '203.0.113.9, 198.51.100.1', '198.51.100.1', 'the last one counts: the first the caller wrote'],
    ['1', '203.0.113.9, 198.51.100.1', '198.51.100.1', 'one proxy is passed'],
    ['loopback', 'unknown', null, 'no address'],
    ['loopback', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', 'IPv6 counts by its network'],
    ['loopback', '2001:db8::1', '2001:db8:0:0::/64', 'written short too'],
  ])('TRUST_PROXY=%s with %s: %s (%s)', async (trusted, forwardedFor, address) => {
    expect(await senderFor(trusted, forwardedFor)).toBe(address);
  });

  it.each([
    ['10.1.0.9', null],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['nonsense', null],
  ])('a connection from %s: %s', (peer, address) => {
    expect(peerAddress(peer, (one) => one.startsWith('10.'))).toBe(address);
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

describe('work that is done one at a time', () => {
  it('is of its owners in turns: who had none for longest is next, and a failure holds nobody up', async () => {
    const takeTurn = createLine();
    const done: string[] = [];
    const work = (owner: string, name: string) =>
      takeTurn(owner, async () => {
        if (name === 'bad') throw new Error(name);
        await new Promise(setImmediate);
        done.push(name);
        return name;
      });
    const ola = ['o1', 'bad', 'o2', 'o3'].map((name) => work('ola', name).catch(() => 'failed'));
    const others = [work('kari', 'k1'), work('per', 'p1')];
    expect(await Promise.all([...ola, ...others])).toEqual(['o1', 'failed', 'o2', 'o3', 'k1', 'p1']);
    expect(done).toEqual(['o1', 'k1', 'p1', 'o2', 'o3']);
  });
});
