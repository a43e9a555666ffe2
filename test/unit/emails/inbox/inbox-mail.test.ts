import { describe, expect, it } from '@jest/globals';
import { defaultConfig } from '../../../../workers/config.ts';
import {
  chooseGoing,
  type InboxMail,
  type MailFilter,
  mailId,
  matches,
  parseMailId,
} from '../../../../workers/emails/inbox/inbox-mail.ts';
import { findRefusal, losesAnswer } from '../../../../workers/emails/inbox/misbehaviour.ts';

describe('the id of a mail', () => {
  it.each([1, 1_790_000_000_000, 2_800_000_000_000])('tells when it came: %d', (at) => {
    expect(parseMailId(mailId({ at, nonce: '0123abcd' }))).toEqual({ at, nonce: '0123abcd' });
  });

  it('what came later has the greater one', () => {
    expect(
      mailId({ at: 1_790_000_000_001, nonce: '00000000' }) > mailId({ at: 1_790_000_000_000, nonce: 'zzzzzzzz' }),
    ).toBe(true);
  });

  it.each(['', 'inb_', 'inb_short', 'eml_00000000000000000000000000', `inb_${'0'.repeat(17)}`, 'inb_../../../../ab'])(
    'no id: %j',
    (text) => expect(parseMailId(text)).toBeNull(),
  );
});

describe('what has to go', () => {
  const mail = (at: number, bytes = 10) => ({ at, bytes, job: 'eml_1', nonce: String(at) });
  const going = (mails: ReturnType<typeof mail>[], limits: object) =>
    chooseGoing(mails, { mails: 100, bytes: 1000, ageMs: 1000, ...limits }, 1000).map(({ at }) => at);

  it.each([
    ['within all limits: nothing', [1, 2, 3], {}, []],
    ['too many: the oldest', [1, 2, 3], { mails: 2 }, [1]],
    ['too large together: the oldest, until the others fit', [1, 2, 3], { bytes: 15 }, [1, 2]],
    ['the newest is too large by itself: it stays', [1, 2, 3], { bytes: 5 }, [1, 2]],
    ['too old', [1, 500, 600], { ageMs: 450 }, [1, 500]],
    ['too old and too many: each goes once', [1, 2, 600], { mails: 2, ageMs: 450 }, [1, 2]],
  ])('%s', (_case, times, limits, expected) => {
    expect(
      going(
        times.map((at) => mail(at)),
        limits,
      ),
    ).toEqual(expected);
  });

  it('the limits, unless they are set', () => {
    expect(defaultConfig()).toMatchObject({ EMAILS_INBOX_MAX_MAILS: 1000, EMAILS_INBOX_MAX_BYTES: 200_000_000 });
  });
});

describe('a filter', () => {
  const mail = {
    job: 'eml_1',
    from: 'a@firma.no',
    to: ['Kari@Example.no', 'b@x.no'],
    subject: 'Ørret (*)',
  } as InboxMail;

  it.each<[MailFilter, boolean]>([
    [{}, true],
    [{ to: 'kari@example.NO' }, true],
    [{ to: 'ari@example.no' }, false],
    [{ to: '@EXAMPLE' }, true],
    [{ to: 'b@' }, true],
    [{ to: 'c@' }, false],
    [{ subject: 'ØRRET' }, true],
    [{ subject: '(*)' }, true],
    [{ subject: '.*' }, false],
    [{ job: 'eml_1' }, true],
    [{ job: 'eml_' }, false],
    [{ text: 'firma' }, true],
    [{ text: 'ørret' }, true],
    [{ to: 'kari@example.no', subject: 'laks' }, false],
  ])('%j: %s', (filter, expected) => expect(matches(filter, mail)).toBe(expected));
});

describe('addresses that misbehave', () => {
  it.each([
    ['450@example.no', 450],
    ['452@example.no', 452],
    ['550@example.no', 550],
    ['552@example.no', 552],
    ['421@example.no', 421],
    ['550+run-7@example.no', 550],
    ['550x@example.no', undefined],
    ['1550@example.no', undefined],
    ['kari+550@example.no', undefined],
    ['kari@550.example.no', undefined],
    ['constructor@example.no', undefined],
    ['unknown@example.no', undefined],
  ])('%s is answered with %s', (address, code) => expect(findRefusal(address)?.responseCode).toBe(code));

  it.each([
    ['unknown@example.no', true],
    ['Unknown+1@example.no', true],
    ['unknowns@example.no', false],
  ])('%s: no answer comes: %s', (address, expected) => expect(losesAnswer(address)).toBe(expected));
});
