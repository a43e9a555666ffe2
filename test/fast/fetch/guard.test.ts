import { networkInterfaces } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { createGuard, type GuardOptions } from '../../../src/fetch/guard.ts';
import { isOwnAddress } from '../../../src/fetch/own-addresses.ts';
import { faultOf, scriptedLookup } from './open-fetch.ts';

const { signal } = new AbortController();
const PUBLIC = '93.184.216.34';

/** The addresses that may be connected to for the URL. */
const reach = (url: string, options: Partial<GuardOptions> = {}) =>
  createGuard({ allow: [], ...options })(new URL(url), signal);

const refused = {
  code: 'source_unavailable',
  message: expect.stringMatching(/ has no public address, and this installation does not allow it\.$/),
};

describe('an address in the URL', () => {
  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://0x7f.1/',
    'http://127.1/',
    'http://127.0.0.1./',
    'http://①②⑦.0.0.1/',
    'http://0/',
    'http://0.0.0.0/',
    'http://10.0.0.5/',
    'http://172.16.0.1/',
    'http://192.168.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    'http://[::]/',
    'http://[fc00::1]/',
    'http://[fe80::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
  ])('%s: refused', async (url) => {
    expect(await faultOf(reach(url))).toMatchObject(refused);
  });

  it('a public one: taken without asking the resolver', async () => {
    const { lookup, asked } = scriptedLookup(['127.0.0.1']);
    expect(await reach(`https://${PUBLIC}/`, { lookup })).toEqual([{ address: PUBLIC, family: 4 }]);
    expect(asked).toEqual([]);
  });
});

describe('a name in the URL', () => {
  it.each([
    [['127.0.0.1']],
    [['10.1.2.3']],
    [['::1']],
    [['::ffff:192.168.0.1']],
    [[PUBLIC, '10.1.2.3']],
    [['fd00::1', PUBLIC]],
  ])('resolves to %j: refused, and the sentence tells no address', async (addresses) => {
    const fault = await faultOf(reach('https://files.example/a', scriptedLookup(addresses)));
    expect(fault).toMatchObject(refused);
    expect(fault.message).toBe('files.example has no public address, and this installation does not allow it.');
  });

  it('localhost, by the system’s own resolver: refused', async () => {
    expect(await faultOf(reach('http://localhost:6379/'))).toMatchObject(refused);
  });

  it('resolves to public addresses: all of them, in order', async () => {
    const both = ['2606:4700::1111', PUBLIC];
    const addresses = await reach('https://files.example/', scriptedLookup(both));
    expect(addresses.map(({ address }) => address)).toEqual(both);
  });

  it('resolves to nothing: the error of a name that is not found', async () => {
    await expect(reach('https://files.example/', scriptedLookup([]))).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('a resolver that hangs: the signal’s reason, at once', async () => {
    const abort = new AbortController();
    const guard = createGuard({ allow: [], lookup: () => new Promise(() => {}) });
    const answer = guard(new URL('https://files.example/'), abort.signal);
    abort.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
  });
});

describe('an allow list', () => {
  it.each([
    ['the host', 'http://app.lan/', ['app.lan'], ['10.0.0.7']],
    ['a domain above it', 'http://a.app.lan/', ['*.app.lan'], ['10.0.0.7']],
    ['its address', 'http://app.lan/', ['10.0.0.7'], ['10.0.0.7']],
    ['its range', 'http://app.lan/', ['10.0.0.0/8'], ['10.0.0.7']],
    ['its range, and one address is public', 'http://app.lan/', ['10.0.0.0/8'], ['10.0.0.7', PUBLIC]],
    ['host and port', 'http://app.lan:8080/', ['app.lan:8080'], ['10.0.0.7']],
    ['the host, whatever the port', 'http://app.lan:25/', ['app.lan'], [PUBLIC]],
  ])('names %s: reached', async (_what, url, allow, addresses) => {
    const found = await reach(url, { allow, ...scriptedLookup(addresses) });
    expect(found.map(({ address }) => address)).toEqual(addresses);
  });

  it.each([
    ['another host', 'http://app.lan/', ['www.lan'], ['10.0.0.7']],
    ['another port', 'http://app.lan:9090/', ['app.lan:8080'], ['10.0.0.7']],
    ['one of two addresses', 'http://app.lan/', ['10.0.0.7'], ['10.0.0.7', '10.0.0.8']],
  ])('names %s: refused', async (_what, url, allow, addresses) => {
    expect(await faultOf(reach(url, { allow, ...scriptedLookup(addresses) }))).toMatchObject(refused);
  });

  it('onlyListed: a public host that is not named is refused, one that is named is reached', async () => {
    const options = { allow: ['data.example'], onlyListed: true, ...scriptedLookup([PUBLIC]) };
    expect((await faultOf(reach('https://other.example/', options))).message).toBe(
      'other.example is not among the hosts that may be reached from here.',
    );
    expect(await reach('https://data.example/', options)).toHaveLength(1);
  });
});

describe('this machine itself, at an address that the internet knows', () => {
  // As on a VPS: no interface of the test's machine has a public address.
  const own = { ownAddresses: [PUBLIC, '2606:4700::/64'] };

  it.each([
    `http://${PUBLIC}:6379/`,
    `https://${PUBLIC}:8443/`,
    'http://[2606:4700::1]:9200/',
    `http://[::ffff:${PUBLIC}]:6379/`,
  ])('%s: refused, also by a name that leads there', async (url) => {
    const { port, hostname } = new URL(url);
    const refusal = new RegExp(
      ` is this machine itself, where only the ports 80 and 443 are reached, and not ${port}\\.$`,
    );
    expect(await faultOf(reach(url, own))).toMatchObject({ message: expect.stringMatching(refusal) });
    const lookup = scriptedLookup(['93.184.216.99', hostname.replace(/^\[|\]$/g, '')]);
    expect((await faultOf(reach(`http://vps.example:${port}/`, { ...own, ...lookup }))).message).toMatch(refusal);
  });

  it.each([`http://${PUBLIC}/`, `https://${PUBLIC}/`, `http://${PUBLIC}:443/`])('%s: reached', async (url) => {
    expect(await reach(url, own)).toHaveLength(1);
  });

  it('a port that the operator has named: reached', async () => {
    const lookup = scriptedLookup([PUBLIC]);
    expect(await reach(`http://${PUBLIC}:8080/`, { ...own, allow: [`${PUBLIC}:8080`] })).toHaveLength(1);
    expect(await reach('http://vps.example:8080/', { ...own, ...lookup, allow: ['vps.example:8080'] })).toHaveLength(1);
    expect(await faultOf(reach(`http://${PUBLIC}:8081/`, { ...own, allow: [`${PUBLIC}:8080`] }))).toBeTruthy();
  });

  it('every address of an interface is this machine’s, whatever it is written like', () => {
    const addresses = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
    expect(addresses.filter((address) => !isOwnAddress(address, []))).toEqual([]);
    expect([isOwnAddress('::ffff:127.0.0.1', []), isOwnAddress('0:0:0:0:0:0:0:1', [])]).toEqual([true, true]);
    expect(isOwnAddress(PUBLIC, [])).toBe(false);
  });
});

describe('ports of public hosts', () => {
  it.each([0, 22, 25, 111, 465, 1023])('%i: refused', async (port) => {
    const { message } = await faultOf(reach(`http://files.example:${port}/`, scriptedLookup([PUBLIC])));
    expect(message).toBe(`files.example can not be reached on port ${port}: only on 80, 443, and 1024 and above.`);
  });

  it.each(['http://files.example/', 'https://files.example/', 'http://files.example:8080/'])(
    '%s: taken',
    async (url) => {
      expect(await reach(url, scriptedLookup([PUBLIC]))).toHaveLength(1);
    },
  );
});
