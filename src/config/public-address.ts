import { url } from './values.ts';

/** Beginnings of paths that Heavylift answers itself, the kinds' pages among them. */
export const OWN_PATHS: readonly string[] = [
  ...[
    'admin',
    'assets',
    'audit',
    'docs',
    'doctorz',
    'favicon.ico',
    'favicon.svg',
    'i',
    'heavylift-upload.js',
    'inbox',
    'jobs',
    'livez',
    'login',
    'logout',
    'metrics',
  ],
  ...['openapi.json', 'r', 'readyz', 'session', 'u', 'v1'],
  ...[
    'brands',
    'calls',
    'emails',
    'flows',
    'images',
    'mail-previews',
    'mail-templates',
    'reports',
    'schedules',
    'suppressions',
    'templates',
    'unknown-mails',
    'webhooks',
  ],
];

/**
 * The address under which others see Heavylift, without a slash at its end, host and protocol in lower case. Its path
 * goes into pages, cookies, scripts and command lines as it is, so it has plain signs only.
 */
export const publicAddress = url('http:', 'https:').transform((text, context) => {
  const { origin, pathname, username, password } = new URL(text);
  const path = pathname.replace(/\/+$/, '');
  if (/[?#]/.test(text)) context.addIssue('must have no query and no fragment (? or #)');
  if (username !== '' || password !== '') context.addIssue('must have no user name and no password');
  if (!/^(\/[\w.~-]+)*$/.test(path)) {
    context.addIssue(
      'must have a path of letters, digits, dots, dashes, underscores and tildes, between single slashes',
    );
  }
  const [, first = ''] = path.toLowerCase().split('/');
  if (OWN_PATHS.includes(first)) {
    context.addIssue(`must not have a path that begins with /${first}, where Heavylift has pages of its own`);
  }
  return `${origin}${path}`;
});
