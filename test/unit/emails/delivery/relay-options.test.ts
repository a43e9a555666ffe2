import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defaultConfig, parseConfig } from '../../../../workers/config.ts';
import { greetingName, relayName, requiresTls } from '../../../../workers/emails/delivery/relay-options.ts';
import { settings as emailsSettings } from '../../../../workers/emails/settings.ts';
import { makeCertificate, openTlsSmtpServer } from '../../../support/emails/tls-smtp-server.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { closers, errorOf, mail, openMail } from '../open-mail.ts';

const dir = makeTempDir();
let ours: { certFile: string; keyFile: string };
let signing: { certFile: string; keyFile: string };
let other: { certFile: string; keyFile: string };
beforeAll(() => {
  ours = makeCertificate(dir.path, 'localhost');
  other = makeCertificate(dir.path, 'elsewhere.example');
  signing = makeCertificate(dir.path, 'rsa.example', 'rsa:2048');
});
afterAll(() => dir.remove());

/** Sends one mail to a TLS server; `url` gets its port. */
async function sendOverTls(
  url: (port: number) => string,
  server: Parameters<typeof openTlsSmtpServer>[1] & { certificate?: typeof ours },
  settings: Parameters<typeof openMail>[3] = {},
) {
  const relay = await openTlsSmtpServer(server?.certificate ?? ours, server);
  closers.push(relay.close);
  const { send } = await openMail({}, '', url(relay.port), { SMTP_CA_FILE: ours.certFile, ...settings });
  const seen = await send(mail).then(
    ({ state }) => state,
    async (error) => (await errorOf(Promise.reject(error))).message,
  );
  return { seen, relay };
}

const smtp = (port: number) => `smtp://localhost:${port}`;
const smtps = (port: number) => `smtps://localhost:${port}`;
const withLogin = (port: number) => `smtp://relay:hemmelig@localhost:${port}`;
const NOT_OVER_TLS = /^The mail relay cannot be reached over TLS\./;

describe('a server with TLS', () => {
  it('smtps: secured from the first byte', async () => {
    const { seen, relay } = await sendOverTls(smtps, { secure: true });
    expect([seen, relay.mails[0]?.secure]).toEqual(['sent', true]);
  });

  it('smtp with STARTTLS offered: taken, and the login goes over it', async () => {
    const { seen, relay } = await sendOverTls(withLogin, {});
    expect(seen).toBe('sent');
    expect(relay.mails).toMatchObject([{ secure: true, user: 'relay' }]);
    expect(relay.logins).toEqual([{ secure: true, password: 'hemmelig' }]);
  });

  it('SMTP_STARTTLS=off: plain, although it is offered', async () => {
    const { seen, relay } = await sendOverTls(smtp, {}, { SMTP_STARTTLS: 'off' });
    expect([seen, relay.mails[0]?.secure]).toEqual(['sent', false]);
  });

  it('STARTTLS taken out of the offer, SMTP_STARTTLS=required: no mail and no password leaves', async () => {
    const { seen, relay } = await sendOverTls(withLogin, { stripped: true }, { SMTP_STARTTLS: 'required' });
    expect(seen).toMatch(NOT_OVER_TLS);
    expect([relay.mails, relay.logins]).toEqual([[], []]);
  });

  it('STARTTLS not offered, and not required: plain', async () => {
    const { seen, relay } = await sendOverTls(smtp, { stripped: true }, { SMTP_STARTTLS: 'offered' });
    expect([seen, relay.mails[0]?.secure]).toEqual(['sent', false]);
  });

  it.each([
    ['smtps', smtps, true],
    ['STARTTLS', smtp, false],
  ])(
    '%s, and a certificate nobody vouches for: no mail leaves, and the sentence says what to check',
    async (_name, url, secure) => {
      const { seen, relay } = await sendOverTls(url, { secure, certificate: other });
      expect(seen).toMatch(NOT_OVER_TLS);
      expect(relay.mails).toEqual([]);
    },
  );
});

describe('SMTP_STARTTLS=auto', () => {
  it.each([
    ['smtp://mail.example.com', false],
    ['smtp://user:secret@mail.example.com', true],
    ['smtp://user:secret@10.0.0.5:587', true],
    ['smtp://user:secret@127.0.0.1:2525', false],
    ['smtp://user:secret@localhost', false],
    ['smtp://user:secret@[::1]:25', false],
  ])('%s: TLS required is %s', (SMTP_URL, expected) => {
    expect(requiresTls({ SMTP_URL, SMTP_STARTTLS: 'auto' })).toBe(expected);
  });
});

it.each([
  [undefined, 'inbox'],
  ['smtp://user:secret@mail.example.com', 'mail.example.com:587'],
  ['smtps://mail.example.com', 'mail.example.com:465'],
  ['smtp://[::1]:25', '[::1]:25'],
])('the relay of %s is named %s, without credentials', (SMTP_URL, expected) => {
  expect(relayName({ ...defaultConfig(), ...(SMTP_URL ? { SMTP_URL } : {}) })).toBe(expected);
});

it.each([
  [{ PUBLIC_URL: 'https://jobs.example.no/mail' }, 'jobs.example.no'],
  [{ PUBLIC_URL: 'http://10.0.0.5:8080' }, 'firma.no'],
  [{ PUBLIC_URL: 'http://localhost:8080' }, 'firma.no'],
  [{ PUBLIC_URL: 'https://jobs.example.no', EMAILS_FROM: 'a@localhost' }, 'jobs.example.no'],
  [{ EMAILS_FROM: 'a@localhost' }, null],
  [{ SMTP_URL: 'smtp://relay.example:25?name=mail.firma.no', PUBLIC_URL: 'https://jobs.example.no' }, 'mail.firma.no'],
])('with %j: we greet as %s', (given, expected) => {
  expect(greetingName({ EMAILS_FROM: 'Firma <post@firma.no>', ...given } as Parameters<typeof greetingName>[0])).toBe(
    expected,
  );
});

describe('DKIM', () => {
  const settings = () => ({
    EMAILS_DKIM_DOMAIN: 'firma.no',
    EMAILS_DKIM_SELECTOR: 'vaar2026',
    EMAILS_DKIM_KEY_FILE: signing.keyFile,
  });

  it('with all three settings: the mail is signed for the domain by the selector', async () => {
    const { relay } = await sendOverTls(smtp, {}, settings());
    const header = relay.mails[0]?.source.replace(/\r\n\s+/g, ' ') ?? '';
    expect(header).toMatch(
      /^DKIM-Signature: v=1; a=\S+; c=relaxed\/relaxed; d=firma\.no; .*s=vaar2026;.* bh=\S+; .*b=/m,
    );
  });

  it('one of the three missing: refused at the start, and named', () => {
    const { EMAILS_DKIM_DOMAIN } = settings();
    const issues = () => parseConfig({ EMAILS_DKIM_DOMAIN, EMAILS_DKIM_KEY_FILE: '/key' });
    expect(issues).toThrow(/EMAILS_DKIM_SELECTOR: is missing/);
  });

  it('files that are not there, or hold something else: each is named', () => {
    const text = join(dir.path, 'a.txt');
    writeFileSync(text, 'no key');
    const issuesOf = (changes: Record<string, string>) =>
      emailsSettings.checkFiles?.({ ...defaultConfig(), ...changes }) ?? [];
    expect(issuesOf({ EMAILS_DKIM_KEY_FILE: signing.keyFile, SMTP_CA_FILE: ours.certFile })).toEqual([]);
    expect(issuesOf({ EMAILS_DKIM_KEY_FILE: text, SMTP_CA_FILE: text })).toEqual([
      'EMAILS_DKIM_KEY_FILE: must hold a private key, RSA of 1024 bits or more or Ed25519 (PEM)',
      'SMTP_CA_FILE: must hold a certificate (PEM)',
    ]);
    expect(issuesOf({ EMAILS_DKIM_KEY_FILE: ours.keyFile })[0]).toContain('must hold a private key');
    expect(issuesOf({ SMTP_CA_FILE: '/nowhere' })[0]).toMatch(/^SMTP_CA_FILE: can not be read: ENOENT/);
  });
});
