import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { localUrl, publicPath, publicUrl } from '../../../src/config/addresses.ts';
import { ConfigError } from '../../../src/config/config-error.ts';
import { checkTlsFiles, parseAddress } from '../../../src/config/redis-address.ts';
import { defaultConfig, parseConfig, SETTING_NAMES } from '../../../workers/config.ts';
import { KINDS } from '../../../workers/index.ts';

/** The faults that parseConfig reports for these settings; none when it takes them. */
function faultsOf(environment: Record<string, string>, envFile = ''): string[] {
  try {
    parseConfig(environment, envFile);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.issues;
    throw error;
  }
}

describe('.env.example', () => {
  const example = readFileSync(resolve(import.meta.dirname, '../../../.env.example'), 'utf8');
  const switchedOn = example.replace(/^# (?=[A-Z_]+=)/gm, '');
  const names = [...switchedOn.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);

  it('names every setting once, and nothing else', () => {
    expect(names.toSorted()).toEqual(SETTING_NAMES.toSorted());
  });

  it('as it stands: every setting is commented out', () => {
    expect(example.match(/^[^#\n].*$/gm)).toBeNull();
  });

  it('with every line switched on: the defaults', () => {
    // On a small machine some defaults are others.
    const large = { PROFILE: 'large' };
    expect(parseConfig(large, switchedOn)).toEqual(parseConfig(large));
  });

  it('shows the default of every setting that has a fixed one', () => {
    const shown = [...switchedOn.matchAll(/^([A-Z_]+)=(.+)$/gm)].map(([, name]) => name);
    const computed = ['IMAGES_WORKERS', 'WEB_WORKERS', 'WORKER_MEMORY_BYTES'];
    const fixed = Object.keys(defaultConfig()).filter((name) => !computed.includes(name));
    expect(shown.toSorted()).toEqual(fixed.toSorted());
  });
});

describe('README', () => {
  it('its table of settings: names every one, and nothing else', () => {
    const readme = readFileSync(resolve(import.meta.dirname, '../../../README.md'), 'utf8');
    const [, section = ''] = readme.split('\n## Settings\n');
    const rows = section.split('\n## ')[0]?.match(/^\| `[^|]*/gm) ?? [];
    const named = rows.flatMap((row) => [...row.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name));
    expect(named.toSorted()).toEqual(SETTING_NAMES.toSorted());
  });
});

const LISTEN_FAULT =
  'EMAILS_BOUNCE_LISTEN: must be a protocol, an IP address and a port, like lmtp://127.0.0.1:2424 or smtp://127.0.0.1:2525';
const PATH_FAULT =
  'PUBLIC_URL: must have a path of letters, digits, dots, dashes, underscores and tildes, between single slashes';
const PREFIX_FAULT = 'have a prefix of at most 200 letters, digits, dots, dashes and underscores, between slashes';
const REDIS_FAULT =
  'REDIS_URL: must be a URL that begins with redis://, rediss://, unix:, redis-sentinel://, rediss-sentinel://, redis-cluster:// or rediss-cluster://';
const REDIS_HOST_FAULT =
  'REDIS_URL: must name each host as host or host:port, with a port from 1 to 65535 and [] around IPv6';
const REDIS_CUT_FAULT = 'REDIS_URL: must have each / of a user name or a password written as %2F, and each ? as %3F';
const PROXY_FAULT =
  'TRUST_PROXY: must be how many proxies are passed (1), or their addresses and ranges, such as 10.0.0.0/8 or loopback';

describe('parseAddress', () => {
  const plain = { database: 0, login: {}, sentinelLogin: {}, tls: null };
  it.each([
    ['redis://h', { ...plain, mode: 'single', hosts: [{ host: 'h', port: 6379 }] }],
    [
      'rediss://kari:s%40%3A@[::1]:7000/3?ca=/c.pem',
      {
        ...plain,
        mode: 'single',
        hosts: [{ host: '::1', port: 7000 }],
        database: 3,
        login: { username: 'kari', password: 's@:' },
        tls: { ca: '/c.pem' },
      },
    ],
    ['unix:/r/a.sock', { ...plain, mode: 'socket', hosts: [], path: '/r/a.sock' }],
    ['unix://:p@/a%20b', { ...plain, mode: 'socket', hosts: [], path: '/a b', login: { password: 'p' } }],
    [
      'redis-sentinel://:p@a,b:1/my/2?sentinelPassword=q+/%2B@&sentinelUser=u',
      {
        ...plain,
        mode: 'sentinel',
        hosts: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 1 },
        ],
        masterName: 'my',
        database: 2,
        login: { password: 'p' },
        sentinelLogin: { username: 'u', password: 'q+/+@' },
      },
    ],
    ['rediss-cluster://a/', { ...plain, mode: 'cluster', hosts: [{ host: 'a', port: 6379 }], tls: {} }],
  ])('%s', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
  });

  it('files that are none, or not what they should be: a line for each', () => {
    expect(checkTlsFiles('rediss://a?ca=/nowhere.pem&cert=package.json&key=package.json')).toEqual([
      expect.stringContaining('REDIS_URL: must name a PEM file as its parameter ca; /nowhere.pem: ENOENT'),
      expect.stringContaining('as its parameter cert; package.json: '),
      expect.stringContaining('as its parameter key; package.json: '),
    ]);
    expect(checkTlsFiles(undefined)).toEqual([]);
  });
});

describe('parseConfig', () => {
  it('nothing set: it listens on loopback, Redis is its own, and mail is kept in the inbox', () => {
    const config = parseConfig({});
    expect(config).toMatchObject({ HOST: '127.0.0.1', PORT: 3000, LOG_TO: 'files', REDIS_ALLOW_UNSAFE: false });
    expect(config.REDIS_URL).toBeUndefined();
    expect(config.SMTP_URL).toBeUndefined();
    expect(config.IMAGES_WORKERS).toBeGreaterThan(0);
  });

  it('DATA_DIR: becomes an absolute path', () => {
    expect(parseConfig({ DATA_DIR: 'some/where' }).DATA_DIR).toBe(resolve('some/where'));
  });

  it('TRUST_PROXY: a number of proxies, or a list of them', () => {
    expect(parseConfig({}).TRUST_PROXY).toBe(0);
    expect(parseConfig({ TRUST_PROXY: '2' }).TRUST_PROXY).toBe(2);
    expect(parseConfig({ TRUST_PROXY: 'loopback, 10.0.0.0/8,fc00::/7' }).TRUST_PROXY).toEqual([
      'loopback',
      '10.0.0.0/8',
      'fc00::/7',
    ]);
  });

  it('STORAGE_URL: a folder, or a bucket with what its server wants to know', () => {
    const placeOf = (STORAGE_URL: string) => parseConfig({ STORAGE_URL }).STORAGE_URL;
    expect(parseConfig({}).STORAGE_URL).toBeUndefined();
    expect(placeOf('file:///srv/my%20files/')).toEqual({ on: 'disk', folder: '/srv/my files' });
    const plain = { on: 's3', name: 's3://my-files', bucket: 'my-files', prefix: '', region: 'us-east-1' };
    expect(placeOf('s3://my-files')).toEqual({ ...plain, forcePathStyle: false });
    expect(placeOf('s3://my-files/?endpoint=http://127.0.0.1:9000/')).toEqual({
      ...plain,
      endpoint: 'http://127.0.0.1:9000',
      forcePathStyle: true,
    });
    const all = 'region=eu-north-1&forcePathStyle=false&encryption=aws:kms&kmsKeyId=arn:aws:kms:eu:1:key/a';
    expect(placeOf(`s3://my-files/some/prefix/?endpoint=https://s3.example.com&${all}`)).toEqual({
      ...{ on: 's3', name: 's3://my-files/some/prefix', bucket: 'my-files', prefix: 'some/prefix/' },
      ...{ region: 'eu-north-1', forcePathStyle: false, endpoint: 'https://s3.example.com' },
      ...{ encryption: 'aws:kms', kmsKeyId: 'arn:aws:kms:eu:1:key/a' },
    });
  });

  it('the keys of a bucket: both, or none', () => {
    const STORAGE_URL = 's3://my-files';
    expect(faultsOf({ STORAGE_URL })).toEqual([]);
    expect(faultsOf({ AWS_ACCESS_KEY_ID: 'a' })).toEqual([]);
    expect(faultsOf({ STORAGE_URL, AWS_ACCESS_KEY_ID: 'a' })).toEqual([
      'AWS_SECRET_ACCESS_KEY: must be set beside AWS_ACCESS_KEY_ID',
    ]);
    expect(faultsOf({ STORAGE_URL, STORAGE_PRESIGN: '7d' })).toEqual([]);
    expect(faultsOf({ STORAGE_URL, STORAGE_PRESIGN: '8d' })).toEqual(['STORAGE_PRESIGN: must be at most 7d']);
    expect(faultsOf({ STORAGE_PRESIGN: '10m' })).toEqual([
      'STORAGE_PRESIGN: must stand beside a STORAGE_URL that begins with s3://',
    ]);
    expect(faultsOf({ STORAGE_URL, AWS_SECRET_ACCESS_KEY: 'a' })).toEqual([
      'AWS_ACCESS_KEY_ID: must be set beside AWS_SECRET_ACCESS_KEY',
    ]);
  });

  it.each([
    ['/srv/files', 'be a URL that begins with file:/// or s3://'],
    ['http://s3.example.com/files', 'be a URL that begins with file:/// or s3://'],
    ['file://host/files', 'have the path of a folder alone behind file://, like file:///srv/files'],
    ['file:///', 'have the path of a folder alone behind file://, like file:///srv/files'],
    ['file:///a%2Fb', 'have the path of a folder alone behind file://, like file:///srv/files'],
    ['s3://key:secret@files', 'have no keys in it: they are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'],
    ['s3://', 'name a bucket behind s3:// (3 to 63 lower-case letters, digits, dots and dashes)'],
    ['s3://Files', 'name a bucket behind s3:// (3 to 63 lower-case letters, digits, dots and dashes)'],
    ['s3://files//a', PREFIX_FAULT],
    ['s3://files/å', PREFIX_FAULT],
    ['s3://files#a', 'have no fragment (#)'],
    ['s3://files?region=a1&region=b1', 'have region only once'],
    [
      's3://files?regoin=a1',
      'have no parameter regoin; there are endpoint, publicEndpoint, region, forcePathStyle, encryption, kmsKeyId',
    ],
    ['s3://files?region=Eu', 'be right: region must be a region like eu-north-1'],
    ['s3://files?endpoint=s3.example.com', 'be right: endpoint must be a whole URL, like https://example.com/path'],
    ['s3://files?endpoint=http://a/b', 'be right: endpoint must have no path, no query and no fragment'],
    ['s3://files?forcePathStyle=1', 'be right: forcePathStyle must be true or false'],
    ['s3://files?encryption=kms', 'be right: encryption must be AES256 or aws:kms'],
    ['s3://files?kmsKeyId=a', 'be right: kmsKeyId must stand beside encryption=aws:kms'],
  ])('STORAGE_URL=%s: must %s', (STORAGE_URL, fault) => {
    expect(faultsOf({ STORAGE_URL })).toEqual([`STORAGE_URL: must ${fault}`]);
  });

  it('a name in the environment and in .env: the environment wins', () => {
    expect(parseConfig({ PORT: '4001' }, 'PORT=4002\nHOST=::1')).toMatchObject({ PORT: 4001, HOST: '::1' });
  });

  it('an empty value: counts as unset', () => {
    expect(parseConfig({ PORT: '' }, 'PORT=4002\nSMTP_URL=')).toMatchObject({ PORT: 4002 });
    expect(parseConfig({ PORT: '' }, 'PORT=').PORT).toBe(3000);
  });

  it('EMAILS_FROM that is no address: refused, with an example', () => {
    expect(faultsOf({ EMAILS_FROM: 'nobody' })).toEqual([
      'EMAILS_FROM: must be one address like kari@example.no or Kari Nordmann <kari@example.no>',
    ]);
    expect(faultsOf({ EMAILS_FROM: 'A <a@example.no>\r\nBcc: b@example.no' })[0]).toContain('control characters');
  });

  it('a name in .env that is no setting: refused, with the name', () => {
    expect(faultsOf({}, 'PROT=3000')).toEqual(['PROT (in .env): there is no such setting']);
  });

  it('a name in the environment that is no setting: none of our business', () => {
    expect(faultsOf({ HOME: '/root', PROT: '3000' })).toEqual([]);
  });

  it('several bad settings: all are told at once, one line each', () => {
    const faults = faultsOf({ PORT: '70000', LOG_LEVEL: 'loud', DRAIN_SECONDS: 'soon' }, 'PROT=1');
    expect(faults).toHaveLength(4);
    expect(faults[0]).toContain('PROT');
    expect(faults).toContain('PORT: must be a whole number from 1 to 65535');
    expect(faults).toContain('DRAIN_SECONDS: must be a whole number from 1 to 3600');
    expect(faults.find((fault) => fault.startsWith('LOG_LEVEL: '))).toContain(' info, ');
  });

  it.each([
    ['PORT', '0', 'PORT: must be a whole number from 1 to 65535'],
    ['PORT', '80.5', 'PORT: must be a whole number from 1 to 65535'],
    ['PORT', '-1', 'PORT: must be a whole number from 1 to 65535'],
    ['REDIS_ALLOW_UNSAFE', 'yes', 'REDIS_ALLOW_UNSAFE: must be 0 or 1'],
    ['REDIS_URL', 'localhost:6379', REDIS_FAULT],
    ['REDIS_URL', 'redis:localhost', REDIS_FAULT],
    [
      'REDIS_URL',
      'redis://a,b',
      'REDIS_URL: must name one host; several are for redis-sentinel:// or redis-cluster://',
    ],
    ['REDIS_URL', 'redis://', REDIS_HOST_FAULT],
    ['REDIS_URL', 'redis://a:70000', REDIS_HOST_FAULT],
    ['REDIS_URL', 'redis-cluster://a,,b', REDIS_HOST_FAULT],
    ['REDIS_URL', 'redis://a/x', 'REDIS_URL: must end with the number of a database from 0 to 9999, if it has one'],
    [
      'REDIS_URL',
      'redis://kari@a',
      'REDIS_URL: must have a password behind its user name, as in redis://user:password@host',
    ],
    ['REDIS_URL', 'redis://:5%@a', 'REDIS_URL: must have each % of a user name, a password or a path written as %25'],
    ['REDIS_URL', 'redis://:a#b@c', 'REDIS_URL: must have no fragment: write # in a password or a path as %23'],
    // What follows may be a part of the password, and is not said.
    ['REDIS_URL', 'redis://:a/b@c', REDIS_CUT_FAULT],
    ['REDIS_URL', 'redis://:a?b@c', REDIS_CUT_FAULT],
    [
      'REDIS_URL',
      'redis-sentinel://a/m?sentinelPassword=b&c',
      'REDIS_URL: must have no parameters but sentinelUser or sentinelPassword, and each & of a password written as %26',
    ],
    ['REDIS_URL', 'rediss://a?ca=/x&ca=/y', 'REDIS_URL: must have ca only once'],
    ['REDIS_URL', 'redis://a?tls=1', 'REDIS_URL: must have no parameters; "tls" is none'],
    [
      'REDIS_URL',
      'redis://a?ca=/x',
      'REDIS_URL: must begin with rediss instead of redis, for TLS, where it has a parameter "ca"',
    ],
    ['REDIS_URL', 'rediss://a?cert=/x', 'REDIS_URL: must have the parameters cert and key together, or neither'],
    [
      'REDIS_URL',
      'redis-sentinel://a,b',
      'REDIS_URL: must end with the name of the master, as in redis-sentinel://host1,host2/mymaster',
    ],
    ['REDIS_URL', 'redis-cluster://a/1', 'REDIS_URL: must have no path: a cluster has one database only'],
    [
      'REDIS_URL',
      'unix:r.sock',
      'REDIS_URL: must have an absolute path behind unix:, as in unix:/run/redis/redis.sock',
    ],
    ['SMTP_URL', 'http://mail.example', 'SMTP_URL: must be a URL that begins with smtp:// or smtps://'],
    ['PUBLIC_URL', 'example.com', 'PUBLIC_URL: must be a URL that begins with http:// or https://'],
    ['PUBLIC_URL', 'https://a.example/?x=1', 'PUBLIC_URL: must have no query and no fragment (? or #)'],
    ['PUBLIC_URL', 'https://a.example/x#', 'PUBLIC_URL: must have no query and no fragment (? or #)'],
    ['PUBLIC_URL', 'https://kari:pw@a.example', 'PUBLIC_URL: must have no user name and no password'],
    ['PUBLIC_URL', 'https://a.example//evil.example', PATH_FAULT],
    ['PUBLIC_URL', 'https://a.example/løft', PATH_FAULT],
    ['PUBLIC_URL', 'https://a.example/a;b', PATH_FAULT],
    ['PUBLIC_URL', "https://a.example/it's", PATH_FAULT],
    [
      'PUBLIC_URL',
      'https://a.example/V1/x',
      'PUBLIC_URL: must not have a path that begins with /v1, where Heavylift has pages of its own',
    ],
    ['TRUST_PROXY', 'true', PROXY_FAULT],
    ['TRUST_PROXY', '10.0.0.0/8, nginx', PROXY_FAULT],
    ['TRUST_PROXY', '-1', PROXY_FAULT],
    ['TRUST_PROXY', ',', PROXY_FAULT],
    ['TRUST_PROXY', '300', PROXY_FAULT],
    ['TRUST_PROXY', '0.0.0.0/0', PROXY_FAULT],
    [
      'DEPLOYMENT_SECRET',
      `${'s'.repeat(32)},short`,
      'DEPLOYMENT_SECRET: must have at least 32 characters, and so must each former secret behind a comma',
    ],
    ['OWN_ADDRESSES', 'vps.example', 'OWN_ADDRESSES: "vps.example" is no address or range, like 203.0.113.7'],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL: must be fatal, error, warn, info, debug, trace or silent'],
    ['IMAGE_MAX_BYTES', '5000', 'IMAGE_MAX_BYTES: is called IMAGES_MAX_BYTES now'],
    ['MAIL_RATE', '5/1', 'MAIL_RATE: is called EMAILS_RATE now'],
    ['WEBHOOK_ALLOW', 'localhost', 'WEBHOOK_ALLOW: is called WEBHOOKS_ALLOW now'],
    [
      'MAIL_CATCHER_WEB_PORT',
      '1080',
      'MAIL_CATCHER_WEB_PORT: is no setting any more: mail is kept in the inbox (/inbox) while SMTP_URL is not set. Remove it',
    ],
    ['EMAILS_BOUNCE_LISTEN', '127.0.0.1:2424', LISTEN_FAULT],
    ['EMAILS_BOUNCE_LISTEN', 'lmtp://mail.example.no:24', LISTEN_FAULT],
    ['EMAILS_BOUNCE_LISTEN', 'smtp://127.0.0.1:70000', LISTEN_FAULT],
    ['EMAILS_BOUNCE_LISTEN', 'lmtp://[127.0.0.1]:24', LISTEN_FAULT],
    [
      'EMAILS_BOUNCE_LISTEN',
      'lmtp://[::1]:2424',
      'EMAILS_BOUNCE_LISTEN: must have EMAILS_BOUNCE_DOMAIN beside it, whose mail it receives',
    ],
    ['IMAGES_WORKERS', '65', 'IMAGES_WORKERS: must be a whole number from 0 to 64'],
  ])('%s=%s: %s', (name, value, fault) => {
    expect(faultsOf({ [name]: value })).toEqual([fault]);
  });

  it('a name that begins like an old one and never was a setting: left alone', () => {
    expect(parseConfig({ MAIL_SPOOL: '/var/mail', IMAGE_EDITOR: 'gimp' }).PORT).toBe(3000);
  });

  it('an old name in the file: said with the new one', () => {
    expect(() => parseConfig({}, 'REPORT_FONTS=/fonts')).toThrow('REPORT_FONTS (in .env): is called REPORTS_FONTS now');
  });

  it('a worker count of 0: taken, that kind does not run here', () => {
    expect(parseConfig({ EMAILS_WORKERS: '0' }).EMAILS_WORKERS).toBe(0);
  });

  it('ConfigError: its message has every fault on a line of its own', () => {
    expect(() => parseConfig({ PORT: 'x', DRAIN_SECONDS: '0' })).toThrow(
      'The settings are not usable:\n  PORT: must be a whole number from 1 to 65535\n  DRAIN_SECONDS: must be a whole number from 1 to 3600',
    );
  });
});

describe('API_KEYS', () => {
  const keysOf = (value: string) => parseConfig({ API_KEYS: value }).API_KEYS;
  const post = KINDS.flatMap(({ scope }) => scope ?? []);

  it('name:key: may post every kind, and is no operator', () => {
    expect(keysOf('shop:secret-one')).toEqual([{ name: 'shop', key: 'secret-one', scopes: post }]);
  });

  it('name:key:scope+scope: just those', () => {
    expect(keysOf('ops:secret-one:images+admin')?.[0]?.scopes).toEqual(['images', 'admin']);
  });

  it('scopes separated by commas: the same as by plus signs', () => {
    const shop = { name: 'shop', key: 'secret-one', scopes: ['images', 'reports'] };
    const ops = { name: 'ops', key: 'secret-two', scopes: ['admin'] };
    expect(keysOf('shop:secret-one:images,reports,ops:secret-two:admin')).toEqual([shop, ops]);
  });

  it('one key a line, as in a mounted file: each is read', () => {
    expect(keysOf('shop:secret-one\nops:secret-two:admin')?.map(({ name }) => name)).toEqual(['shop', 'ops']);
  });

  it.each([
    ['shop:secret-one:imagse', 'the key of "shop" has the unknown scope "imagse"'],
    ['shop:short', 'the key of "shop" must have at least 8 characters'],
    ['my shop:secret-one', 'the key name "my shop" must be 1-64 of letters, digits, . _ -'],
    ['secret-without-a-name', 'names no key; write name:key or name:key:scopes'],
    ['a:secret-one,a:secret-two', 'each key needs a name of its own'],
  ])('%s: refused, %s', (value, fault) => {
    expect(faultsOf({ API_KEYS: value })).toEqual([`API_KEYS: ${fault}`]);
  });

  it('together with API_KEYS_FILE: refused', () => {
    const faults = faultsOf({ API_KEYS: 'shop:secret-one', API_KEYS_FILE: '/run/secrets/keys' });
    expect(faults).toEqual(['API_KEYS_FILE: set either API_KEYS or API_KEYS_FILE, not both']);
  });
});

describe('lists', () => {
  const secret = `whsec_${'A'.repeat(32)}`;

  it('WEBHOOKS_ALLOW and FETCH_ALLOW: split at commas, blanks do not matter', () => {
    const config = parseConfig({ WEBHOOKS_ALLOW: 'localhost:8080, 10.0.0.0/8,', FETCH_ALLOW: '*.lan' });
    expect([config.WEBHOOKS_ALLOW, config.FETCH_ALLOW]).toEqual([['localhost:8080', '10.0.0.0/8'], ['*.lan']]);
  });

  it('an entry that is neither host, address nor range: refused, with the entry', () => {
    expect(faultsOf({ FETCH_ALLOW: '10.0.0.0/8,10.0.0.0/40' })).toEqual([
      'FETCH_ALLOW: "10.0.0.0/40" is no host name, *.domain, address or range like 10.0.0.0/8, with or without :port',
    ]);
  });

  it('WEBHOOKS_SECRETS: the newest first, in the order given', () => {
    const older = `whsec_${'B'.repeat(64)}`;
    expect(parseConfig({ WEBHOOKS_SECRETS: `${secret},${older}` }).WEBHOOKS_SECRETS).toEqual([secret, older]);
  });

  it.each(['whsec_', 'whsec_c2hvcnQ=', 'A'.repeat(44), `whsec_${'A'.repeat(100)}`, `whsec_${'!'.repeat(40)}`])(
    'WEBHOOKS_SECRETS=%s: refused, and not repeated',
    (value) => {
      expect(faultsOf({ WEBHOOKS_SECRETS: `${secret},${value}` })).toEqual([
        'WEBHOOKS_SECRETS: each secret must be whsec_ and 24 to 64 bytes in base64',
      ]);
    },
  );
});

describe('addresses', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:3000'],
    ['0.0.0.0', 'http://127.0.0.1:3000'],
    ['::', 'http://[::1]:3000'],
    ['::1', 'http://[::1]:3000'],
    ['box.lan', 'http://box.lan:3000'],
  ])('HOST=%s: this machine reaches it at %s', (HOST, expected) => {
    expect(localUrl(parseConfig({ HOST }))).toBe(expected);
  });

  it.each([
    [undefined, 'http://127.0.0.1:3000', ''],
    ['https://jobs.example/', 'https://jobs.example', ''],
    ['https://jobs.example//', 'https://jobs.example', ''],
    ['HTTPS://Jobs.Example:443/Heavylift/', 'https://jobs.example/Heavylift', '/Heavylift'],
    ['https://blåbær.example/løft/..', 'https://xn--blbr-roah.example', ''],
    ['http://lan-box:8080/tools/heavy.lift-1_~/', 'http://lan-box:8080/tools/heavy.lift-1_~', '/tools/heavy.lift-1_~'],
    ['http://[::1]:8080/a/../b', 'http://[::1]:8080/b', '/b'],
  ])('PUBLIC_URL=%s: links begin with %s, paths with "%s"', (given, address, path) => {
    const config = parseConfig(given === undefined ? {} : { PUBLIC_URL: given });
    expect([publicUrl(config), publicPath(config)]).toEqual([address, path]);
  });
});
