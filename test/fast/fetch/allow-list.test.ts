import { describe, expect, it } from '@jest/globals';
import { findAllowFault, parseAllowList } from '../../../src/fetch/allow-list.ts';

const namesHost = (entry: string, host: string, port = 80) => parseAllowList([entry]).namesHost(host, port);
const namesAddress = (entry: string, address: string, port = 80) => parseAllowList([entry]).namesAddress(address, port);

describe('hosts', () => {
  it.each([
    ['intranet.example', 'intranet.example'],
    ['Intranet.EXAMPLE', 'intranet.example'],
    ['intranet.example', 'intranet.example.'],
    ['localhost', 'localhost'],
    ['*.example.com', 'a.example.com'],
    ['*.example.com', 'a.b.example.com'],
    ['blåbær.no', 'xn--blbr-roah.no'],
    ['build_agent.lan', 'build_agent.lan'],
  ])('%s: names %s', (entry, host) => expect(namesHost(entry, host)).toBe(true));

  it.each([
    ['intranet.example', 'a.intranet.example'],
    ['intranet.example', 'intranet.example.evil.test'],
    ['*.example.com', 'example.com'],
    ['*.example.com', 'notexample.com'],
    ['10.0.0.0/8', 'intranet.example'],
  ])('%s: does not name %s', (entry, host) => expect(namesHost(entry, host)).toBe(false));
});

describe('addresses', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['10.0.0.0/8', '10.255.0.1'],
    ['10.0.0.0/8', '::ffff:10.1.1.1'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['[::1]', '::1'],
    ['fc00::/7', 'fd12::1'],
    ['[fc00::/7]:8080', 'fd12::1', 8080],
  ])('%s: names %s', (entry, address, port = 80) => expect(namesAddress(entry, address, port)).toBe(true));

  it.each([
    ['127.0.0.1', '127.0.0.2'],
    ['10.0.0.0/8', '11.0.0.1'],
    ['10.0.0.0/8', 'fc00::1'],
    ['localhost', '127.0.0.1'],
    ['0.0.0.0/0', '::1'],
  ])('%s: does not name %s', (entry, address) => expect(namesAddress(entry, address)).toBe(false));
});

describe('ports', () => {
  it('an entry with a port: for that port alone', () => {
    expect([80, 8080].map((port) => namesHost('localhost:8080', 'localhost', port))).toEqual([false, true]);
    expect([80, 8080].map((port) => namesAddress('[::1]:8080', '::1', port))).toEqual([false, true]);
    expect([80, 8080].map((port) => namesAddress('10.0.0.0/8:8080', '10.0.0.1', port))).toEqual([false, true]);
  });

  it('an entry without: for every port', () => {
    expect([1, 80, 65535].map((port) => namesHost('localhost', 'localhost', port))).toEqual([true, true, true]);
  });
});

describe('entries that are none', () => {
  it.each([
    'http://example.com',
    'example.com/path',
    '10.0.0.0/33',
    'fc00::/129',
    '*',
    '*.',
    'a*.example.com',
    'localhost:0',
    'localhost:65536',
    'localhost:http',
    '[::1',
    'user@host',
    '',
  ])('"%s": refused, and the list is not made', (entry) => {
    const fault = `"${entry}" is no host name, *.domain, address or range like 10.0.0.0/8, with or without :port`;
    expect(findAllowFault(entry)).toBe(fault);
    expect(() => parseAllowList(['localhost', entry])).toThrow(fault);
  });

  it('a good one: no fault', () => expect(findAllowFault(' *.example.com:443 ')).toBeNull());
});
