import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

// Who may import whom, written once. `npm run lint:rules` makes Biome's rules of it (biome.imports.json), and a test
// compares the two.

/**
 * The rooms of `src`, each with those it may import. A room that is not named here may import any; `src` itself too.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  http: [
    'alerts',
    'audit',
    'brands',
    'templates',
    'keys',
    'queue',
    'deployment',
    'kinds',
    'delivery',
    'suppressions',
    'endpoints',
    'schedules',
    'openapi',
    'jobs',
    'storage',
    'signing',
    'redis',
    'fields',
    'logs',
    'config',
    'verdict',
    'doctor',
    'manual',
  ],
  doctor: ['signing'],
  manual: [],
  alerts: ['verdict', 'queue', 'redis', 'config'],
  verdict: [
    'deployment',
    'queue',
    'kinds',
    'delivery',
    'endpoints',
    'schedules',
    'jobs',
    'storage',
    'redis',
    'processes',
    'config',
  ],
  keys: ['jobs', 'signing', 'redis', 'config'],
  queue: [
    'brands',
    'deployment',
    'endpoints',
    'schedules',
    'jobs',
    'storage',
    'signing',
    'redis',
    'processes',
    'config',
  ],
  deployment: ['storage', 'redis', 'config'],
  audit: ['redis', 'logs'],
  kinds: [
    'audit',
    'delivery',
    'suppressions',
    'endpoints',
    'openapi',
    'jobs',
    'storage',
    'signing',
    'redis',
    'fields',
    'config',
  ],
  delivery: ['jobs', 'signing', 'redis'],
  brands: ['redis'],
  templates: ['brands', 'signing', 'redis', 'config'],
  suppressions: ['redis', 'fields', 'config'],
  endpoints: ['signing', 'redis'],
  schedules: ['signing', 'redis', 'fields'],
  openapi: ['jobs'],
  jobs: ['brands', 'templates', 'storage', 'redis', 'fetch', 'fields', 'config'],
  storage: ['processes', 'config'],
  'pdf-pages': [],
  drawings: ['pixels', 'fields'],
  liquid: [],
  pixels: [],
  signing: ['config'],
  redis: ['config'],
  config: ['fetch', 'fields'],
  fetch: [],
  fields: [],
  logs: [],
  processes: [],
};

/** What a kind may import of `src`, beside errors.ts, log.ts and data-dir.ts. */
const KIND_MAY = [
  'brands',
  'templates',
  'kinds',
  'delivery',
  'suppressions',
  'endpoints',
  'openapi',
  'jobs',
  'storage',
  'signing',
  'redis',
  'fetch',
  'fields',
  'pdf-pages',
  'drawings',
  'liquid',
  'pixels',
  'config',
];

/** Libraries that take memory or time to load; the web process loads none of them. */
const HEAVY = [
  '@css-inline/css-inline-wasm',
  '@neslinesli93/qpdf-wasm',
  'bwip-js',
  'csv-parse',
  'fontkit',
  'harfbuzzjs',
  'libheif-js',
  'liquidjs',
  'markdown-it',
  'nodemailer',
  'pdfkit',
  'piscina',
  'postal-mime',
  'sharp',
  'smtp-server',
  'yauzl',
];

/** Rooms whose heavy part runs in workers alone, or in processes and threads of its own. */
const MAY_BE_HEAVY = ['drawings', 'liquid', 'manual'];

/** Libraries of one room each. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  croner: ['schedules'],
  bull: ['queue'],
  ioredis: ['queue', 'keys', 'redis'],
  express: ['http', 'app.ts'],
  '@hyzyla/pdfium': ['pdf-pages'],
  '@aws-sdk/client-s3': ['storage'],
  '@aws-sdk/s3-request-presigner': ['storage'],
};

/** Files of a kind that the web process loads. */
const LIGHT = ['kind.ts', 'job.ts', 'settings.ts', 'page.ts', 'routes/**'];

interface Restriction {
  group: string[];
  message: string;
}

interface Override {
  includes: string[];
  linter: object;
}

const packages = (names: readonly string[]): string[] => names.flatMap((name) => [name, `${name}/**`]);

const heavy: Restriction = {
  group: packages(HEAVY),
  message: 'Heavy libraries belong to processors; the web process must stay light.',
};
const processors: Restriction = {
  group: ['**/workers/*/processor.ts', './processor.ts'],
  message: 'Processors are loaded by workers alone.',
};
const kindsList: Restriction = {
  group: ['**/workers/**'],
  message: 'Imports point down: only the entries know the list of kinds.',
};

/** The libraries that others own. */
const foreignLibraries = (place: string): Restriction[] =>
  Object.entries(OWNERS)
    .filter(([, owners]) => !owners.includes(place))
    .map(([name, owners]) => ({
      group: packages([name]),
      message: `Only ${owners.map((owner) => `src/${owner}`).join(', ')} may import ${name}.`,
    }));

const roomRestrictions = (room: string, may: readonly string[]): Restriction[] => [
  {
    group: [
      ...Object.keys(ROOMS)
        .filter((other) => other !== room && !may.includes(other))
        .map((other) => `**/${other}/**`),
      '**/app.ts',
      '**/server.ts',
    ],
    message: `Imports point down: src/${room} may import ${may.map((other) => `src/${other}`).join(', ') || 'no room'}.`,
  },
  kindsList,
  ...(MAY_BE_HEAVY.includes(room) ? [] : [heavy]),
  ...foreignLibraries(room),
];

const kindRestrictions = (kind: string, kinds: readonly string[]): Restriction[] => [
  {
    group: [
      ...Object.keys(ROOMS)
        .filter((room) => !KIND_MAY.includes(room))
        .map((room) => `**/src/${room}/**`),
      '**/src/app.ts',
      '**/src/server.ts',
      '../index.ts',
      '../../index.ts',
      '../config.ts',
      '../../config.ts',
    ],
    message: 'Imports point down: a kind knows neither queue nor HTTP nor keys.',
  },
  {
    group: kinds.filter((other) => other !== kind).map((other) => `../**/${other}/**`),
    message: 'A kind knows no other kind: what they share has a room in src.',
  },
  ...foreignLibraries('workers'),
];

const override = (includes: string[], patterns: Restriction[]): Override => ({
  includes,
  linter: { rules: { style: { noRestrictedImports: { level: 'error', options: { patterns } } } } },
});

/** Makes the content of biome.imports.json: later entries stand in place of earlier ones for the same file. */
export function importRules(repository: string): { overrides: Override[] } {
  const workers = join(repository, 'workers');
  const kinds = readdirSync(workers).filter((name) => existsSync(join(workers, name, 'kind.ts')));
  return {
    overrides: [
      override(['src/*.ts'], [processors, heavy, ...foreignLibraries('app.ts')]),
      ...Object.entries(ROOMS).map(([room, may]) => override([`src/${room}/**`], roomRestrictions(room, may))),
      override(['workers/*.ts'], [heavy, ...foreignLibraries('workers')]),
      ...kinds.flatMap((kind) => [
        override([`workers/${kind}/**`], kindRestrictions(kind, kinds)),
        override(
          LIGHT.map((file) => `workers/${kind}/${file}`),
          [...kindRestrictions(kind, kinds), heavy],
        ),
        override([`workers/${kind}/job.ts`], [...kindRestrictions(kind, kinds), heavy, processors]),
      ]),
    ],
  };
}
