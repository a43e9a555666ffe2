import { describe, expect, it } from '@jest/globals';
import { findUrlFault, isAllowedUrlShape, portOf } from '../../../src/fetch/url-shape.ts';

describe('the shape of a URL', () => {
  it.each(['http://example.com', 'https://example.com:8443/a?b=c#d', 'HTTPS://[2606:4700::1]/', 'http://blåbær.no/æ'])(
    '%s: taken',
    (url) => expect([isAllowedUrlShape(url), findUrlFault(url)]).toEqual([true, null]),
  );

  it.each([
    ['ftp://example.com/a', 'must begin with http:// or https://'],
    ['file:///etc/passwd', 'must begin with http:// or https://'],
    ['javascript:alert(1)', 'must begin with http:// or https://'],
    ['data:text/plain,hei', 'must begin with http:// or https://'],
    ['http://kari@example.com/', 'must not have a user name or a password in it'],
    ['http://:secret@example.com/', 'must not have a user name or a password in it'],
    ['example.com/a', 'must be a whole URL, like https://example.com/path'],
    ['//example.com/a', 'must be a whole URL, like https://example.com/path'],
    ['http://', 'must be a whole URL, like https://example.com/path'],
    ['http://exa mple.com', 'must be a whole URL, like https://example.com/path'],
    ['http://example.com:70000/', 'must be a whole URL, like https://example.com/path'],
    [`http://example.com/${'a'.repeat(2048)}`, 'must have at most 2048 characters'],
  ])('%.40s: refused, %s', (url, fault) => {
    expect([isAllowedUrlShape(url), findUrlFault(url)]).toEqual([false, fault]);
  });

  it.each([
    ['http://example.com', 80],
    ['https://example.com', 443],
    ['https://example.com:8443', 8443],
    ['http://example.com:80', 80],
  ])('%s: leads to port %i', (url, port) => expect(portOf(new URL(url))).toBe(port));
});
