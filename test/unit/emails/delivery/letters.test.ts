import { expect, it } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import { createSuppressions } from '../../../../src/suppressions/store.ts';
import { closers, mail, onlyMail, openMail } from '../open-mail.ts';

const to = ['Kåre <kåre@blåbær.no>', 'kari@example.no'];

it('a relay with SMTPUTF8: takes them, as the addresses that were given', async () => {
  const { server, send } = await openMail();
  const { recipients: answered, state } = await send({ ...mail, to });
  expect([state, ...answered.map(({ address }) => address)]).toEqual([
    'sent',
    'kåre@xn--blbr-roah.no',
    'kari@example.no',
  ]);
  const { source, to: recipients } = onlyMail(server);
  expect(recipients).toEqual(['kåre@blåbær.no', 'kari@example.no']);
  expect(Buffer.from(source, 'latin1').toString()).toContain('<kåre@blåbær.no>, kari@example.no');
});

it('a relay without it: they are refused with the reason, and the others get a mail that every server takes', async () => {
  const chunks: Buffer[] = [];
  const relay = new SMTPServer({
    ...{ hideSMTPUTF8: true, authOptional: true, disabledCommands: ['STARTTLS', 'AUTH'], disableReverseLookup: true },
    onData(stream, _session, answer) {
      stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
      stream.on('end', () => answer());
    },
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => relay.close(() => resolve())));
  const { port } = relay.server.address() as { port: number };
  const { send, redis } = await openMail({}, '', `smtp://127.0.0.1:${port}`);
  const result = await send({ ...mail, to });
  expect(result).toMatchObject({
    state: 'partly',
    recipients: [
      { address: 'kari@example.no', state: 'accepted' },
      { address: 'kåre@xn--blbr-roah.no', state: 'refused', stage: 'rcpt', status: '5.6.7', class: 'recipient' },
    ],
  });
  const source = Buffer.concat(chunks).toString('latin1');
  expect(source).toMatch(/^To: kari@example\.no\r$/m);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the bounds of ASCII
  expect(source).not.toMatch(/[^\x00-\x7f]/);
  expect(
    (await createSuppressions(redis, ['a secret of the tests that is long enough']).list(null, 10)).suppressions,
  ).toEqual([]);
  await expect(send({ ...mail, to: 'kåre@example.no' })).rejects.toThrow(/no SMTPUTF8/);
});
