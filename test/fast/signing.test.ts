import { describe, expect, it } from '@jest/globals';
import { createLinks } from '../../src/signing/links.ts';
import { createSealedFields } from '../../src/signing/sealed-fields.ts';
import { createSealedTokens } from '../../src/signing/sealed-token.ts';

const [OLD, NEW] = ['the old secret', 'the new secret'];

describe('a sealed token', () => {
  it('of a former secret is opened for as long as that is among the secrets; the newest seals', () => {
    const facts = ['kari', 7, null];
    const old = createSealedTokens([OLD], 'test').seal(facts);
    const rotated = createSealedTokens([NEW, OLD], 'test');
    expect(rotated.open(old)).toEqual(facts);
    expect(createSealedTokens([NEW], 'test').open(rotated.seal(facts))).toEqual(facts);
    expect(createSealedTokens([NEW], 'test').open(old)).toBeNull();
    expect(createSealedTokens([NEW, OLD], 'another').open(old)).toBeNull();
  });

  it('links in mails that were sent before lead on', () => {
    const old = createLinks([OLD], '');
    const rotated = createLinks([NEW, OLD], '');
    const subscription = { address: 'kari@example.no', messageStream: 'news', caller: 'shop' };
    expect(rotated.readUnsubscribe(old.unsubscribeUrl(subscription).slice('/u/'.length))).toEqual(subscription);
    const result = old.resultUrl({ job: 'img_1', file: null }, Date.now() + 60_000).slice('/r/'.length);
    expect(rotated.readResult(result)).toMatchObject({ job: 'img_1', file: null, isLate: false });
  });

  it('to a file names its content, ends in its name, and is another one for another file, content or time', () => {
    const links = createLinks([OLD], 'https://jobs.example');
    const untilMs = Date.now() + 60_000;
    const file = { name: 'årsrapport 1.pdf', sha256: 'ab'.repeat(32) };
    const url = links.fileUrl({ job: 'rep_1', file }, untilMs);
    expect(url).toMatch(/^https:\/\/jobs\.example\/r\/[\w-]+\/%C3%A5rsrapport%201\.pdf$/);
    const [, , token = ''] = new URL(url).pathname.split('/');
    const target = { job: 'rep_1', file: file.name, content: 'ab'.repeat(16), untilMs };
    expect(links.readResult(token)).toEqual({ ...target, isLate: false });
    expect(links.readResult(`${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`)).toBeNull();
    const others = [
      links.fileUrl({ job: 'rep_2', file }, untilMs),
      links.fileUrl({ job: 'rep_1', file: { ...file, sha256: 'cd'.repeat(32) } }, untilMs),
      links.fileUrl({ job: 'rep_1', file }, untilMs + 1),
    ];
    expect(new Set([url, ...others]).size).toBe(4);
    expect(links.fileUrl({ job: 'rep_1', file }, untilMs)).toBe(url);
  });
});

describe('secret fields of an input', () => {
  const input = { password: 'hemmelig', data: { password: 'not this one' } };

  it('are sealed, the same each time, and opened again; the rest stays as it was', () => {
    const fields = createSealedFields([OLD]);
    const sealed = fields.seal(input, ['password', 'pin']);
    expect(sealed).toEqual({ password: { sealed: expect.any(String) }, data: input.data });
    expect(JSON.stringify(sealed)).not.toContain('hemmelig');
    expect(fields.seal(input, ['password'])).toEqual(sealed);
    expect(createSealedFields([NEW, OLD]).open(sealed, ['password'])).toEqual(input);
  });

  it('of an earlier version are taken as they are; under a lost secret they are not opened', () => {
    const fields = createSealedFields([NEW]);
    expect(fields.open(input, ['password'])).toEqual(input);
    expect(() => fields.open(createSealedFields([OLD]).seal(input, ['password']), ['password'])).toThrow(
      'the field password was sealed with a deployment secret that is not known any more',
    );
  });

  it.each([null, 'text', 7, []])('an input that has none, %j: stays what it is', (value) => {
    expect(createSealedFields([OLD]).seal(value, ['password'])).toBe(value);
    expect(createSealedFields([OLD]).seal(input)).toBe(input);
  });
});
