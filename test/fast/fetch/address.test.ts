import { describe, expect, it } from '@jest/globals';
import { ipV4, ipV6, property, assert as verify } from 'fast-check';
import { isPublicAddress } from '../../../src/fetch/address.ts';

describe('isPublicAddress', () => {
  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['link-local, the cloud’s metadata', '169.254.169.254'],
    ['shared between customers of a provider', '100.64.0.1'],
    ['this host', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['broadcast', '255.255.255.255'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['benchmarks', '198.18.0.1'],
    ['documentation', '203.0.113.5'],
    ['IPv6 loopback', '::1'],
    ['IPv6 unspecified', '::'],
    ['IPv6 unique local', 'fc00::1'],
    ['IPv6 unique local', 'fdff::1'],
    ['IPv6 link-local', 'fe80::1'],
    ['IPv6 link-local with a zone', 'fe80::1%eth0'],
    ['IPv6 site-local', 'fec0::1'],
    ['IPv6 multicast', 'ff02::1'],
    ['IPv6 documentation', '2001:db8::1'],
    ['IPv4 mapped into IPv6', '::ffff:127.0.0.1'],
    ['IPv4 mapped into IPv6, in hexadecimal', '::ffff:a00:1'],
    ['IPv4 translated (SIIT)', '::ffff:0:7f00:1'],
    ['IPv4-compatible, of a loopback', '::127.0.0.1'],
    ['IPv4-compatible, of a public address', '::8.8.8.8'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['NAT64 of one’s own', '64:ff9b:1::a00:1'],
    ['6to4', '2002:7f00:1::1'],
    ['Teredo', '2001:0:4136:e378::1'],
    ['IPv6 never assigned', '4000::1'],
    ['no address', 'example.com'],
    ['nothing', ''],
  ])('%s (%s): not public', (_what, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(['8.8.8.8', '93.184.216.34', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '2a00:1450:400f::1'])(
    '%s: public',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  it('any IPv4 address: judged alike when it is mapped into IPv6', () => {
    verify(property(ipV4(), (address) => isPublicAddress(address) === isPublicAddress(`::ffff:${address}`)));
  });

  it('any IPv6 address outside 2000::/3: not public, but for mapped IPv4', () => {
    const outside = (address: string) => !/^[23][0-9a-f]{3}:/i.test(address) && !/::ffff:/i.test(address);
    verify(property(ipV6().filter(outside), (address) => !isPublicAddress(address)));
  });
});
