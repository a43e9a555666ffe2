import { describe, expect, it } from '@jest/globals';
import { findBounces, isNoSuchMailbox } from '../../../../workers/emails/delivery/bounces.ts';

describe('a refusal for good, and what it says of the address', () => {
  it.each([
    ['550 5.1.1 no such user', 550, true],
    ['550 5.1.10 null MX', 550, true],
    ['553 5.1.3 bad syntax', 553, true],
    ['550 No such user here', 550, true],
    ['550 Recipient address rejected: mailbox not found', 550, true],
    ['551 User does not exist', 551, true],
    ['550 5.7.1 user unknown to our policy', 550, false],
    ['550 5.1.8 sender address rejected', 550, false],
    ['550 5.1.0 address rejected', 550, false],
    ['552 5.2.2 mailbox full', 552, false],
    ['550 rejected for spam', 550, false],
    ['554 5.1.1 user unknown', 554, false],
  ])('%s: %#', (response, code, isGone) => {
    expect(isNoSuchMailbox({ state: 'refused', code, response })).toBe(isGone);
    expect(isNoSuchMailbox({ state: 'deferred', code, response })).toBe(false);
  });
});

describe('the addresses that bounced', () => {
  const gone = (response: string) => ({ state: 'refused', code: 550, response }) as const;

  it('two with the same words that name neither: the mail may be meant, so none is suppressed', () => {
    expect(findBounces({ 'a@example.no': gone('550 5.1.1 no'), 'b@example.no': gone('550 5.1.1 no') })).toEqual([]);
  });

  it('two with words that name each: both are suppressed, for every stream', () => {
    const answers = {
      'a@example.no': gone('550 5.1.1 <A@example.no>'),
      'b@example.no': gone('550 5.1.1 <b@example.no>'),
    };
    expect(findBounces(answers)).toEqual([
      {
        address: 'a@example.no',
        caller: null,
        messageStream: null,
        reason: 'bounce',
        note: '550 5.1.1 <A@example.no>',
      },
      {
        address: 'b@example.no',
        caller: null,
        messageStream: null,
        reason: 'bounce',
        note: '550 5.1.1 <b@example.no>',
      },
    ]);
  });
});
