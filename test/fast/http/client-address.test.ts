import { expect, it } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { clientAddress } from '../../../src/http/client-address.ts';
import { parseConfig } from '../../../workers/config.ts';

/** Asks an app with that TRUST_PROXY, from loopback, which address it takes a request with that header for. */
async function addressFor(trusted: string, forwardedFor: string): Promise<string> {
  const app = express();
  app.set('trust proxy', parseConfig({ TRUST_PROXY: trusted }).TRUST_PROXY);
  app.get('/', (req, res) => void res.json(clientAddress(req)));
  return (await request(app).get('/').set('X-Forwarded-For', forwardedFor)).body;
}

it.each([
  ['0', '203.0.113.7', '127.0.0.1'],
  ['1', '203.0.113.7', '203.0.113.7'],
  ['1', '198.51.100.1, 203.0.113.7', '203.0.113.7'],
  ['2', '198.51.100.1, 203.0.113.7', '198.51.100.1'],
  ['1', '2001:db8::7', '2001:db8::7'],
  ['1', '::ffff:203.0.113.7', '203.0.113.7'],
  ['loopback', '198.51.100.1, 203.0.113.7', '203.0.113.7'],
  ['loopback,203.0.113.0/24', '198.51.100.1, 203.0.113.7', '198.51.100.1'],
  ['10.0.0.0/8', '203.0.113.7', '127.0.0.1'],
  // What is no address is not believed, and reaches no log.
  ['1', 'unknown', '127.0.0.1'],
  ['1', '203.0.113.7:4711', '127.0.0.1'],
  ['1', '"}{"level":"fatal', '127.0.0.1'],
  ['1', '', '127.0.0.1'],
])('TRUST_PROXY=%s and X-Forwarded-For %s: %s', async (trusted, forwardedFor, address) => {
  expect(await addressFor(trusted, forwardedFor)).toBe(address);
});
