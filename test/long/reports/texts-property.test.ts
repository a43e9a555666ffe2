import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { escapeXml } from '../../../src/fields/escape-xml.ts';
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

const LOCAL_CHARACTERS = [...'abcXYZ019_!#$%&*+/=?^`{|}~-', "'"];
const local = fc
  .array(fc.string({ unit: fc.constantFrom(...LOCAL_CHARACTERS), minLength: 1, maxLength: 12 }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((atoms) => atoms.join('.'));
const address = fc.tuple(local, fc.domain()).map(([name, domain]) => `${name}@${domain}`);
/** Any name that can stand in a header line, quotes, commas and angle brackets in it. */
const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .filter((text) => text.trim() === text && text.length <= 200 && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text));

const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

describe('parseMailbox', () => {
  it('whatever a program writes with quotes, it reads back: name and address', () => {
    fc.assert(
      fc.property(name, address, (given, mailbox) => {
        expect(parseMailbox(`${quote(given)} <${mailbox}>`)).toEqual({ name: given, address: mailbox });
        expect(parseMailbox(mailbox)).toEqual({ name: '', address: mailbox });
        expect(checkMailbox({ name: given, address: mailbox })).toEqual({ name: given, address: mailbox });
      }),
      { numRuns: 300 },
    );
  });

  it('any text: an AddressError, or one address that reads back as itself and ends no line and no command', () => {
    const syntax = fc.string({ unit: fc.constantFrom(...'a@.<>"\\,;:() \r\n\u2028ø-[]%0'), maxLength: 40 });
    const given = fc.oneof(syntax, fc.string({ unit: 'binary', maxLength: 60 }), fc.tuple(name, address).map(String));
    fc.assert(
      fc.property(given, (text) => {
        const seen = read(() => parseMailbox(text));
        if (typeof seen === 'string') return expect(seen).toMatch(/^must /);
        expect(seen.address).toMatch(/^[!#-'*+\-./0-9=?A-Z^_`a-z{|}~]{1,64}@[a-z0-9.-]{1,253}$/);
        expect(seen.name).not.toMatch(/[\r\n\0\u2028]/);
        expect(read(() => checkMailbox(seen))).toEqual(seen);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('text for XML and HTML', () => {
  it('any text: has no sign that ends a text, a tag or an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeXml(text).replaceAll(/&(?:amp|lt|gt|quot|#39);/g, '')).not.toMatch(/[&<>"']/);
      }),
    );
  });
});
