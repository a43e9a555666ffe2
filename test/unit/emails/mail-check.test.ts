import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkDomain, type MailCheck } from '../../../workers/emails/mail-check/check-domain.ts';
import type { Finding } from '../../../workers/emails/mail-check/finding.ts';
import { runCli } from '../../support/cli.ts';
import { openDnsServer, type Zone } from '../../support/emails/dns-server.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const ed25519 = generateKeyPairSync('ed25519').privateKey;
const spki = (key: KeyObject) => createPublicKey(key).export({ type: 'spki', format: 'der' });
/** A TXT record, cut as DNS wants it. */
const txt = (text: string): string[][] => [text.match(/.{1,255}/g) ?? []];
const include = (count: number) => Array.from({ length: count }, (_, at) => `include:s${at}.example`).join(' ');

/** Records at `<name>.spf.example`. */
const SPF = {
  gone: 'v=spf1 include:none.example -all',
  gone2: 'v=spf1 redirect=none.example',
  two: 'v=spf1 include:twice.example -all',
  capital: 'v=spf1 mx +ALL',
  onwards: 'v=spf1 redirect=open.example',
  within: 'v=spf1 include:open.example -all',
  net: 'v=spf1 ip4:0.0.0.0/0 -all',
  without: 'v=spf1 -include:open.example -all',
  slip: 'v=spf1 ip4:192.0.2.1 inlcude:relay.example ~all',
  slip2: 'v=spf1 ip4=192.0.2.1 -all',
  slip3: 'v=spf1 ip4:192.0.2.256 -all',
  slip4: 'v=spf1 mx/33 -all',
  below: 'v=spf1 include:slip.spf.example -all',
  again: `v=spf1 ${'include:relay.example '.repeat(6)} -all`,
  late: 'v=spf1 -all ip4:192.0.2.1',
  whole:
    'v=spf1  a mx:x.example/24//64 ip4:192.0.2.0/24 IP6:2001:db8::/32 ?exists:%{i}.x.example ptr a//64 x-y=1 ' +
    'exp=e.x.example ~All redirect=none.example ',
};

const ZONE: Zone = {
  'good.example TXT': [...txt('something else'), ...txt('v=spf1 include:relay.example mx -all')],
  'relay.example TXT': txt('v=spf1 ip4:192.0.2.0/24 a:a.relay.example ~all'),
  'a._domainkey.good.example TXT': txt(`v=DKIM1; k=rsa; p=${spki(rsa).toString('base64')}`),
  'small._domainkey.good.example TXT': txt(`v=DKIM1; p=${spki(small).toString('base64')}`),
  'ed._domainkey.good.example TXT': txt(`v=DKIM1; k=ed25519; p=${spki(ed25519).subarray(-32).toString('base64')}`),
  'revoked._domainkey.good.example TXT': txt('v=DKIM1; p='),
  '_dmarc.good.example TXT': txt('v=DMARC1; p=reject; sp=none'),
  'good.example MX': [{ preference: 10, exchange: 'mx.good.example' }],
  'mx.good.example A': ['192.0.2.1'],
  '1.2.0.192.in-addr.arpa PTR': ['mx.good.example'],
  'jobs.good.example A': ['192.0.2.2'],
  'below.good.example TXT': txt('v=spf1 redirect=relay.example'),
  'open.example TXT': txt('v=spf1 +all'),
  'open.example MX': [{ preference: 0, exchange: '.' }],
  '_dmarc.open.example TXT': txt('v=DMARC1; rua=mailto:a@open.example'),
  'loose.example TXT': txt('v=spf1 a'),
  'loose.example MX': [{ preference: 1, exchange: 'nowhere.example' }],
  '_dmarc.loose.example TXT': txt('v=DMARC1; p=none'),
  'twice.example TXT': [...txt('v=spf1 -all'), ...txt('v=spf1 ~all')],
  '_dmarc.twice.example TXT': [...txt('v=DMARC1; p=none'), ...txt('v=DMARC1; p=reject')],
  'many.example TXT': txt(`v=spf1 ${include(11)} -all`),
  'ring.example TXT': txt('v=spf1 include:ring.example include:round.example -all'),
  'round.example TXT': txt('v=spf1 include:ring.example -all'),
  'mute.example TXT': 'silent',
  ...Object.fromEntries(Object.entries(SPF).map(([name, record]) => [`${name}.spf.example TXT`, txt(record)])),
  ...Object.fromEntries(
    Object.entries({
      sha1: 'k=rsa; h=sha1',
      type: 'k=ed25519',
      web: 's=web',
      test: 't=y',
      lists: 'h=sha1:sha256; s=x:*',
    }).map(([name, tags]) => [
      `${name}._domainkey.good.example TXT`,
      txt(`v=DKIM1; ${tags}; p=${spki(rsa).toString('base64')}`),
    ]),
  ),
  'behind._domainkey.good.example TXT': [...txt('verification=1'), ...txt(`p=${spki(rsa).toString('base64')}`)],
  'two._domainkey.good.example TXT': [...txt('v=DKIM1; p=b2xk'), ...txt(`p=${spki(rsa).toString('base64')}`)],
};

let server: Awaited<ReturnType<typeof openDnsServer>>;
let resolver: Resolver;
const dir = makeTempDir();
beforeAll(async () => {
  server = await openDnsServer(ZONE);
  resolver = openResolver({ timeout: 10_000, tries: 3 });
});
afterAll(() => {
  server.close();
  dir.remove();
});

function openResolver(patience: { timeout: number; tries: number }): Resolver {
  const opened = new Resolver(patience);
  opened.setServers([server.address]);
  return opened;
}

const key = (selector: string, own: KeyObject, domain = 'good.example') => ({ domain, selector, key: own });
async function look(domain: string, given: Partial<MailCheck> = {}): Promise<Record<string, Finding>> {
  const findings = await checkDomain(domain, { resolver, keys: [], greeting: null, ...given });
  return Object.fromEntries(findings.map((finding) => [finding.check, finding]));
}
const levelsOf = (found: Record<string, Finding>, ...checks: string[]) => checks.map((check) => found[check]?.level);

describe('what receivers find in DNS', () => {
  it('a domain that has all: good', async () => {
    const found = await look('good.example', { keys: [key('a', rsa)], greeting: 'mx.good.example' });
    expect(levelsOf(found, 'spf', 'dkim', 'dmarc', 'mx', 'greeting', 'ptr')).toEqual(Array(6).fill('good'));
    expect(found['spf']?.text).toContain('needs 3 of 10 lookups');
  });

  it.each([
    ['open.example', ['bad', 'bad', 'bad']],
    ['loose.example', ['doubtful', 'doubtful', 'bad']],
    ['twice.example', ['bad', 'bad', 'doubtful']],
    ['many.example', ['bad', 'bad', 'doubtful']],
    ['ring.example', ['bad', 'bad', 'doubtful']],
    ['below.good.example', ['good', 'doubtful', 'doubtful']],
    ['mute.example', ['unknown', 'bad', 'doubtful']],
    ['none.example', ['bad', 'bad', 'doubtful']],
  ])('%s: SPF, DMARC and MX are %j', async (domain, expected) => {
    // What never answers is given up soon; the others have all the time that a busy machine takes.
    const impatient = domain === 'mute.example' && { resolver: openResolver({ timeout: 200, tries: 1 }) };
    expect(levelsOf(await look(domain, { ...impatient }), 'spf', 'dmarc', 'mx')).toEqual(expected);
  });

  it.each([
    ['gone', 'bad', /include:none\.example`, and none\.example has no SPF record, so receivers ignore it/],
    ['gone2', 'bad', /redirect=none\.example`, and none\.example has no SPF record/],
    ['two', 'bad', /twice\.example has 2 SPF records/],
    ...['capital', 'onwards', 'within', 'net'].map((name) => [name, 'bad', /lets everybody send for/] as const),
    ['without', 'good', /needs 1 of 10/],
    ['slip', 'bad', /slip\.spf\.example has `inlcude:relay\.example`, which SPF does not know/],
    ['slip2', 'bad', /`ip4=192\.0\.2\.1`/],
    ['slip3', 'bad', /`ip4:192\.0\.2\.256`/],
    ['slip4', 'bad', /`mx\/33`/],
    ['below', 'bad', /of slip\.spf\.example has `inlcude:/],
    ['again', 'bad', /more than 10 lookups/],
    ['late', 'doubtful', /`ip4:192\.0\.2\.1` behind `-all`/],
    ['whole', 'good', /needs 5 of 10/],
  ] as const)('the SPF record %s is %s', async (name, level, sentence) => {
    const { spf } = await look(`${name}.spf.example`);
    expect([spf?.level, spf?.text]).toEqual([level, expect.stringMatching(sentence)]);
  });

  it.each([
    ['a key for sha1', { keys: [key('sha1', rsa)] }, 'bad', /h=sha1, where mails are signed with sha256/],
    ['a key of another type', { keys: [key('type', rsa)] }, 'bad', /k=ed25519, where the key is for rsa/],
    ['a key that is not for mails', { selector: 'web' }, 'bad', /s=web, which is not for mails/],
    ['a key in a test', { keys: [key('test', rsa)] }, 'doubtful', /t=y/],
    ['one of two keys', { keys: [key('two', rsa)] }, 'doubtful', /2 keys/],
    ['a key with lists', { keys: [key('lists', rsa)] }, 'good', /has the key/],
    ['a key behind another record', { keys: [key('behind', rsa)] }, 'good', /has the key/],
    ['another key', { keys: [key('a', small)] }, 'bad', /another key than EMAILS_DKIM_KEY_FILE/],
    ['no record', { keys: [key('b', rsa)] }, 'bad', /b\._domainkey\.good\.example is not there/],
    ['a revoked key', { keys: [key('revoked', rsa)] }, 'bad', /revoked/],
    ['a key of 1024 bits', { keys: [key('small', small)] }, 'doubtful', /1024 bits/],
    ['Ed25519 alone', { keys: [key('ed', ed25519)] }, 'doubtful', /verify RSA alone/],
    ['a relay that signs', { selector: 'a' }, 'good', /has a key/],
    ['a relay that does not', { selector: 'c' }, 'bad', /has no key/],
    ['nobody', {}, 'unknown', /not signed here/],
  ])('signed by %s: %s', async (_who, given, level, sentence) => {
    const { dkim } = await look('good.example', given);
    expect([dkim?.level, dkim?.text]).toEqual([level, expect.stringMatching(sentence)]);
  });

  it('a key of another domain, and what to publish: said', async () => {
    const { dkim } = await look('open.example', { keys: [key('a', rsa)] });
    expect([dkim?.level, dkim?.text]).toEqual(['doubtful', expect.stringContaining('counts for nothing in DMARC')]);
    const { dkim: missing } = await look('good.example', { keys: [key('b', ed25519)] });
    expect(missing?.fix).toBe(
      `Add a TXT record at b._domainkey.good.example: v=DKIM1; k=ed25519; p=${spki(ed25519).subarray(-32).toString('base64')}`,
    );
  });

  it('a greeting without an address, or with one that does not lead back: doubtful', async () => {
    expect((await look('good.example', { greeting: 'nowhere.example' }))['greeting']?.level).toBe('doubtful');
    expect(levelsOf(await look('good.example', { greeting: 'jobs.good.example' }), 'greeting', 'ptr')).toEqual([
      'good',
      'doubtful',
    ]);
  });
});

describe('heavylift mail-check', () => {
  it('prints each finding with what to change, and ends with 1 where one is bad', async () => {
    const file = join(dir.path, 'key.pem');
    writeFileSync(file, rsa.export({ type: 'pkcs8', format: 'pem' }));
    const settings = {
      ...{ EMAILS_FROM: 'Firma <post@good.example>', PUBLIC_URL: 'https://mx.good.example' },
      ...{ EMAILS_DKIM_DOMAIN: 'good.example', EMAILS_DKIM_SELECTOR: 'a', EMAILS_DKIM_KEY_FILE: file },
    };
    const good = await runCli(settings, 'mail-check', '--server', server.address);
    expect([good.code, good.stderr]).toEqual([0, '']);
    expect(good.stdout).toMatch(/^spf +good +The SPF record is there/);
    const bad = await runCli(settings, 'mail-check', 'open.example', '--server', server.address, '--json');
    expect(bad.code).toBe(1);
    expect(bad.stderr).toContain('mails of open.example will be refused or taken for spam: spf, dmarc, mx');
    expect(JSON.parse(bad.stdout)).toContainEqual(expect.objectContaining({ check: 'mx', level: 'bad' }));
    expect((await runCli(settings, 'mail-check', 'localhost')).code).toBe(2);
    expect((await runCli(settings, 'mail-check', '--server', 'dns.example')).code).toBe(2);
  });
});
