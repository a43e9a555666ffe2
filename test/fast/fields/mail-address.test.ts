import { describe, expect, it } from '@jest/globals';
import { AddressError, checkMailbox, type Mailbox, parseMailbox } from '../../../src/fields/mail-address.ts';

/** What one reads of an address; the message of an AddressError, and any other error as it is. */
function read(parse: () => Mailbox): Mailbox | string {
  try {
    return parse();
  } catch (error) {
    if (error instanceof AddressError) return error.message;
    throw error;
  }
}

describe('parseMailbox', () => {
  it.each([
    ['labels', 'a.'.repeat(5_000_000)],
    ['colons', ':'.repeat(10_000_000)],
  ])('ten million characters of %s, as text or in parts: refused', (_what, text) => {
    expect(read(() => parseMailbox(text))).toBe('must have at most 600 characters');
    expect(read(() => checkMailbox({ address: `${text}a@example.no` }))).toBe('must have at most 600 characters');
    expect(read(() => checkMailbox({ name: text, address: 'a@example.no' }))).toMatch(/^must have a name of at most/);
  });
});
