import { expect, it } from '@jest/globals';
import { maskAddresses, maskSecrets } from '../../../src/logs/mask.ts';

it.each([
  ['kari.nordmann@example.no', 'k***@example.no'],
  ['550 5.1.1 <ola+x@mail.example>: unknown', '550 5.1.1 <o***@mail.example>: unknown'],
  ['a@example.no,b@example.no', 'a***@example.no,b***@example.no'],
  ['Kari <kari@localhost>', 'Kari <k***@localhost>'],
  ['"kari nordmann"@example.no', '"k***@example.no'],
  ['æ@blåbær.no', 'æ***@blåbær.no'],
  ['/v1/suppression/kari%40example.no', '/v1/suppression/k***%40example.no'],
  ['{"err":"to kari@example.no\\n"}', '{"err":"to k***@example.no\\n"}'],
  // What is no address of a person stays.
  ['<eml_0123456789abcdefghjkmnpqrs@example.no>', '<eml_0123456789abcdefghjkmnpqrs@example.no>'],
  ['express@5.3.0', 'express@5.3.0'],
  ['@media at 5 @ once', '@media at 5 @ once'],
  ['no sign at all', 'no sign at all'],
])('%s: %s', (text, masked) => {
  expect(maskAddresses(text)).toBe(masked);
});

it('upload tokens, as they stand, in an address or in JSON: masked beside addresses', () => {
  const token = `tok_${'aB-_9'.repeat(8)}`;
  const text = `Bearer ${token} /v1/jobs/img_0/events?token=${token}&a=1 {"err":"${token}","to":"kari@example.no"} tok_ stays`;
  const masked =
    'Bearer tok_*** /v1/jobs/img_0/events?token=tok_***&a=1 {"err":"tok_***","to":"k***@example.no"} tok_ stays';
  expect(maskSecrets(text)).toBe(masked);
});

it('a long text of nothing but signs, or of one word: read once, whatever it is', () => {
  for (const part of ['@', 'a@', '"@', '@1.', 'x'.repeat(1000), '@a.b']) {
    const text = part.repeat(Math.ceil(300_000 / part.length));
    expect(maskAddresses(`${text} kari.nordmann@example.no`)).toMatch(/ k\*\*\*@example\.no$/);
  }
});
