import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tryWayIn } from '../../../bin/doctor/way-in.ts';
import { CHECKS, type CheckFinding, summaryOf, worstOf } from '../../../src/doctor/finding.ts';
import { mayComeIn, WAY_IN_HEADER } from '../../../src/doctor/way-in.ts';
import type { Secrets } from '../../../src/signing/secret.ts';
import { readDocument, rowsOf, sectionOf } from '../docs/documents.ts';

const SECRETS: Secrets = ['a secret of the tests that is long enough'];
const BYTES = 3_000_000;

/** What may be behind a public address, each as it answers. */
const BEHIND: Record<string, RequestListener> = {
  async here(req, res) {
    let bytes = 0;
    for await (const chunk of req) bytes += chunk.length;
    const isOurs = await mayComeIn(SECRETS, req.headers[WAY_IN_HEADER.toLowerCase()] as string);
    res.writeHead(isOurs ? 200 : 401).end(JSON.stringify({ deployment: 'dep_1', bytes, secure: false }));
  },
  // As nginx does: before the body comes, and then the connection ends.
  small: (_req, res) => void res.writeHead(413, { Connection: 'close' }).end('<html>413</html>'),
  cutting: (req, res) => void req.resume().on('end', () => res.end('{"deployment":null,"bytes":1000,"secure":false}')),
  foreign: (_req, res) => void res.writeHead(401, { Connection: 'close' }).end('{}'),
  elsewhere: (_req, res) => void res.writeHead(301, { Location: 'https://other.example/', Connection: 'close' }).end(),
  dead: (_req, res) => void res.writeHead(502, { Connection: 'close' }).end(),
  website: (req, res) => void req.resume().on('end', () => res.end('<html>hello</html>')),
  silent: () => {},
};

describe('the way in from a public address', () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    const answer: RequestListener = (req, res) => BEHIND[req.url?.split('/')[1] ?? '']?.(req, res);
    // Like a proxy that looks at the length first.
    server = createServer(answer).on('checkContinue', (req, res) => {
      if (!/small|foreign|dead/.test(req.url ?? '')) res.writeContinue();
      answer(req, res);
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.closeAllConnections());

  const tryOne = (path: string, withinMs = 10_000, base = url) =>
    tryWayIn(`${base}/${path}`, { secrets: SECRETS, bytes: BYTES, signal: AbortSignal.timeout(withinMs) });

  it('all of the body comes, and the deployment says who it is', async () => {
    expect(await tryOne('here')).toEqual({ deployment: 'dep_1', bytes: BYTES, secure: false });
  });

  it.each([
    ['small', /^a body of 3 MB is refused on the way \(413\)$/, /client_max_body_size 3m/],
    ['cutting', /^of 3 MB that were sent 1 kB came$/, /cuts bodies/],
    ['foreign', /^leads to a deployment with another secret \(401\)$/, /correct PUBLIC_URL/],
    ['elsewhere', /^leads elsewhere \(301 to https:\/\/other\.example\/\)$/, /correct PUBLIC_URL/],
    ['dead', /^the proxy does not reach Heavylift \(502\)$/, /bin\/heavylift status/],
    ['website', /^something else answers there \(200\)$/, /correct PUBLIC_URL/],
  ])('%s', async (path, fault, fix) => {
    expect(await tryOne(path)).toEqual({
      fault: expect.stringMatching(fault),
      fix: expect.stringMatching(fix),
    });
  });

  it('nobody there, and nobody who answers: a sentence in time', async () => {
    expect(await tryOne('', 10_000, 'http://127.0.0.1:1')).toMatchObject({
      fault: 'can not be reached (ECONNREFUSED)',
    });
    expect(await tryOne('silent', 200)).toMatchObject({
      fault: expect.stringMatching(/ of 3 MB had gone when the time/),
    });
  });
});

describe('what is found', () => {
  const of = (...levels: CheckFinding['level'][]): CheckFinding[] =>
    levels.map((level) => ({ check: 'disk', level, text: '' }));

  it('the worst counts, and what is not known does not', () => {
    expect([of('ok', 'unknown'), of('ok', 'warning'), of('warning', 'error')].map(worstOf)).toEqual([
      'ok',
      'warning',
      'error',
    ]);
    expect([of('ok', 'ok'), of('warning', 'error', 'warning', 'unknown')].map(summaryOf)).toEqual([
      'all 2 checks are well',
      '1 error, 2 warnings, 1 not known',
    ]);
  });

  it('docs/runbook.md has a row for each check, in their order', () => {
    const rows = rowsOf(sectionOf(readDocument('docs/runbook.md'), '## Doctor'));
    expect(rows.map(([name]) => name).slice(-Object.keys(CHECKS).length)).toEqual(Object.values(CHECKS));
  });
});
