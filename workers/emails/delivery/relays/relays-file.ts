import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from '../../../../src/config/config-error.ts';
import { rate, url } from '../../../../src/config/values.ts';
import {
  choiceField,
  formField,
  lineField,
  listField,
  numberField,
  objectField,
  wholeNumberField,
} from '../../../../src/fields/fields.ts';
import { streamName } from '../../../../src/suppressions/stream.ts';

/** What the names of settings begin with that hold secrets of relays: the file has these names, and no secret. */
export const SECRET_PREFIX = 'SMTP_SECRET_';

/** Secrets by the names of their settings. */
export type RelaySecrets = Readonly<Record<string, string>>;

const MOST_RELAYS = 50;
const MOST_ROUTES = 200;
const MOST_CHOICES = 1000;
const MOST_WEIGHT = 1000;
/** Google's; others are said in the file. */
const TOKEN_URL = 'https://oauth2.googleapis.com/token';

const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const nameSentence = 'its name must be 1 to 64 lower-case letters, digits, hyphens or underscores';

const secretField = formField(
  (name) => name.startsWith(SECRET_PREFIX) && /^[A-Z0-9_]+$/.test(name) && name.length > SECRET_PREFIX.length,
  `must be the name of a setting that begins with ${SECRET_PREFIX}, in capitals, digits and underscores`,
);

/** A URL without credentials: those that a file holds are read by everybody who reads the file. */
const relayUrl = url('smtp:', 'smtps:')
  .refine((text) => {
    const { username, password } = URL.parse(text) ?? {};
    return !username && !password;
  }, 'must have no user and no password: `user` and `passwordEnv` name them')
  .refine((text) => {
    const { protocol, port } = URL.parse(text) ?? {};
    return protocol !== 'smtp:' || port !== '465';
  }, 'must begin with smtps:// for port 465, where servers speak TLS from the first byte');

/** Tokens go over TLS, but to this machine. */
function isTokenUrl(text: string): boolean {
  const { protocol, hostname = '' } = URL.parse(text) ?? {};
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname));
}

const relaySchema = objectField({
  url: relayUrl,
  user: lineField(320).optional(),
  passwordEnv: secretField.optional(),
  oauth2: objectField({
    clientId: lineField(1000),
    clientSecretEnv: secretField.optional(),
    refreshTokenEnv: secretField,
    tokenUrl: formField(isTokenUrl, 'must be a URL that begins with https://').default(TOKEN_URL),
  }).optional(),
  starttls: choiceField('auto', 'required', 'offered', 'off').optional(),
  caFile: lineField(1000).optional(),
  connections: wholeNumberField(1, 64).optional(),
  rate: rate.optional(),
}).superRefine((relay, context) => {
  const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  if (relay.passwordEnv && relay.oauth2) issue('passwordEnv', 'must not be given together with `oauth2`');
  const hasLogin = relay.passwordEnv !== undefined || relay.oauth2 !== undefined;
  if (hasLogin && !relay.user) issue('user', 'must be given with `passwordEnv` and `oauth2`');
  if (relay.user && !hasLogin) issue('user', 'must have its `passwordEnv` or `oauth2` beside it');
});

const SENDER = /^(?:\*\.)?(?!-)[a-z0-9-]+(?:\.[a-z0-9-]+)+$/;

const routeSchema = objectField({
  senders: listField(
    formField((text) => SENDER.test(text), 'must be a domain like example.no, or *.example.no for those below it'),
    1,
    MOST_CHOICES,
  ).optional(),
  streams: listField(streamName, 1, MOST_CHOICES).optional(),
  relays: z
    .record(z.string(), numberField(0, MOST_WEIGHT), 'must be an object: a name and a weight for each relay')
    .refine((relays) => Object.values(relays).some((weight) => weight > 0), 'must have a relay with a weight over 0'),
});

const fileSchema = objectField({
  relays: z
    .record(z.string().regex(NAME, nameSentence), relaySchema, 'must be an object: a name and settings for each relay')
    .refine((relays) => Object.keys(relays).length > 0, 'must have one relay at least')
    .refine((relays) => Object.keys(relays).length <= MOST_RELAYS, `must have at most ${MOST_RELAYS} relays`),
  routes: listField(routeSchema, 1, MOST_ROUTES),
}).superRefine(({ relays, routes }, context) => {
  const names = Object.keys(relays);
  for (const [index, route] of routes.entries()) {
    for (const name of Object.keys(route.relays)) {
      if (names.includes(name)) continue;
      const message = `must name relays of this file (${names.join(', ')}), and "${name}" is none`;
      context.addIssue({ code: 'custom', path: ['routes', index, 'relays'], message });
    }
    const isForAll = route.senders === undefined && route.streams === undefined;
    if (isForAll === (index === routes.length - 1)) continue;
    const message = isForAll
      ? 'must have `senders` or `streams`, or be the last: no mail gets to the routes behind it'
      : 'must be for all mails, without `senders` and `streams`, since it is the last';
    context.addIssue({ code: 'custom', path: ['routes', index], message });
  }
});

/** Relays by name, and the routes of mails to them, the first that is for a mail being its own. */
export type RelaysFile = z.infer<typeof fileSchema>;
/** One relay of the file. */
export type FileRelay = RelaysFile['relays'][string];
/** For which mails it is, and by which relays these go. */
export type RelayRoute = RelaysFile['routes'][number];

/**
 * Reads the relays of SMTP_RELAYS_FILE. Returns them, or a line for each fault: file, relay or route, field; a secret that is
 * not set too.
 */
export function readRelaysFile(path: string, secrets: RelaySecrets): RelaysFile | string[] {
  const fail = (text: string) => `SMTP_RELAYS_FILE: ${path}: ${text}`;
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const { syscall, message } = cause as NodeJS.ErrnoException;
    return [fail(`${syscall === undefined ? 'is not JSON' : 'can not be read'}: ${message}`)];
  }
  const { data, error } = fileSchema.safeParse(given);
  if (!data) return error.issues.map((issue) => fail(describe(issue)));
  const missing = Object.entries(data.relays).flatMap(([name, relay]) =>
    secretsOf(relay).flatMap(([field, secret]) =>
      secrets[secret] ? [] : [fail(`relay "${name}", ${field}: ${secret} is not set`)],
    ),
  );
  return missing.length > 0 ? missing : data;
}

/** Reads the relays as readRelaysFile does. Throws ConfigError. */
export function loadRelays(path: string, secrets: RelaySecrets): RelaysFile {
  const read = readRelaysFile(path, secrets);
  if (Array.isArray(read)) throw new ConfigError(read);
  return read;
}

/** The secrets that a relay names, by their fields. */
const secretsOf = ({ passwordEnv, oauth2 }: FileRelay): [field: string, secret: string][] => {
  const named = [
    ['passwordEnv', passwordEnv],
    ['oauth2.clientSecretEnv', oauth2?.clientSecretEnv],
    ['oauth2.refreshTokenEnv', oauth2?.refreshTokenEnv],
  ] as const;
  return named.flatMap(([field, secret]) => (secret === undefined ? [] : [[field, secret]]));
};

function describe(issue: z.core.$ZodIssue): string {
  const [part, key, ...path] = issue.path.map(String);
  const which = part === 'routes' ? `route ${Number(key) + 1}` : `relay "${key}"`;
  const where = key === undefined ? (part ?? '') : which;
  const unknown = issue.code === 'unrecognized_keys' ? `${issue.keys.join(', ')} is no known field` : issue.message;
  const text = issue.code === 'invalid_key' ? nameSentence : unknown;
  return [[where, ...(path.length > 0 ? [path.join('.')] : [])].filter(Boolean).join(', '), text]
    .filter(Boolean)
    .join(': ');
}
