import { describe, expect, it } from '@jest/globals';
import { boundFacts } from '../../../src/jobs/facts.ts';

const bytesOf = (facts: unknown) => Buffer.byteLength(JSON.stringify(facts));

describe('boundFacts', () => {
  it('facts that fit: as they are; none: null', () => {
    const facts = { subject: 'Hello', recipients: ['kari@example.no'], recipientCount: 7 };
    expect(boundFacts(facts)).toEqual(facts);
    expect([boundFacts({}), boundFacts(undefined)]).toEqual([null, null]);
  });

  it('too long: the longest text is cut, at the end of a character, and the others stay', () => {
    const bounded = boundFacts({ subject: 'å😀'.repeat(100), recipients: ['kari@example.no'] });
    expect(bytesOf(bounded)).toBeLessThanOrEqual(300);
    expect(bytesOf(bounded)).toBeGreaterThan(240);
    expect(bounded).toEqual({ subject: expect.stringMatching(/^(å😀)+å?…$/u), recipients: ['kari@example.no'] });
  });

  it('characters that JSON writes with six bytes, in several long texts: they fit all the same', () => {
    const control = String.fromCharCode(1).repeat(500);
    expect(bytesOf(boundFacts({ a: control, b: [control, control] }))).toBeLessThanOrEqual(300);
  });
});
