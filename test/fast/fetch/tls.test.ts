import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answer } from '../../support/http/http-sink.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { faultOf, openFetch, openSink, scriptedLookup } from './open-fetch.ts';

const dir = makeTempDir();
const trusted = getCACertificates('default');
let tls: { key: string; cert: string };

beforeAll(() => {
  const [key, cert] = [join(dir.path, 'key.pem'), join(dir.path, 'cert.pem')];
  const subject = ['-subj', '/CN=files.example', '-addext', 'subjectAltName=DNS:files.example'];
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...ec, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
  tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
});
afterAll(() => {
  setDefaultCACertificates(trusted);
  dir.remove();
});

describe('https', () => {
  const { lookup } = scriptedLookup(['127.0.0.1']);

  it('a certificate that nobody vouches for: source_unreachable, and nothing is sent', async () => {
    const sink = await openSink(answer(200), { tls });
    const fault = await faultOf(openFetch(['127.0.0.1'], lookup).get(`https://files.example:${sink.port}/`));
    expect([fault.code, fault.message]).toEqual([
      'source_unreachable',
      'The TLS certificate of files.example can not be verified.',
    ]);
    expect(sink.requests).toEqual([]);
  });

  it('a checked address: the name stays in the handshake, the certificate and the Host header', async () => {
    setDefaultCACertificates([tls.cert]);
    const sink = await openSink(answer(200, {}, 'private'), { tls });
    const file = await openFetch(['127.0.0.1'], lookup).get(`https://files.example:${sink.port}/`);
    expect(await text(file.stream)).toBe('private');
    expect(sink.requests).toMatchObject([
      { servername: 'files.example', headers: { host: `files.example:${sink.port}` } },
    ]);
  });

  it('a certificate of another name: source_unreachable', async () => {
    setDefaultCACertificates([tls.cert]);
    const sink = await openSink(answer(200), { tls });
    const fault = await faultOf(openFetch(['127.0.0.1'], lookup).get(`https://other.example:${sink.port}/`));
    expect(fault.message).toBe('The TLS certificate of other.example can not be verified.');
    expect(sink.requests).toEqual([]);
  });
});
