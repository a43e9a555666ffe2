import { describe, expect, it } from '@jest/globals';
import { escapeXml } from '../../../src/fields/escape-xml.ts';

describe('text for XML and HTML', () => {
  it.each([
    ['a < b & c > d', 'a &lt; b &amp; c &gt; d'],
    [`"it's"`, '&quot;it&#39;s&quot;'],
    ['&amp;', '&amp;amp;'],
    ['æ漢\u{1f468}\ta\r\nb', 'æ漢\u{1f468}\ta\r\nb'],
    ['a\u0000\u0008\u000b\u001fb\ud800c\udc00d\ufffe\uffff', 'abcd'],
  ])('%j is %j', (text, escaped) => {
    expect(escapeXml(text)).toBe(escaped);
  });
});
