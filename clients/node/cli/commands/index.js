// @ts-check
import { calls } from './calls.js';
import { emails } from './emails.js';
import { flows } from './flows.js';
import { images } from './images.js';
import { download, jobs, waitFor } from './jobs.js';
import { login } from './login.js';
import { reports } from './reports.js';
import { schedules } from './schedules.js';
import { cancel, erase, retry } from './steer.js';
import { uploads } from './uploads.js';

/** Every command for users, in the order of the help. */
export const COMMANDS = [
  images,
  reports,
  emails,
  calls,
  flows,
  uploads,
  waitFor,
  download,
  jobs,
  cancel,
  retry,
  erase,
  schedules,
  login,
];

/** What works on the machine that Heavylift runs on alone; a test compares these with `bin/commands`. */
export const SERVER_COMMANDS = [
  'start',
  'dev',
  'stop',
  'status',
  'doctor',
  'restart',
  'deploy',
  'logs',
  'keys',
  'callers',
  'audit',
  'alerts',
  'sign-in',
  'webhook-secret',
  'address-secret',
  'accept-secret',
  'mail-check',
  'mail-events',
  'storage',
  'backup',
  'restore',
  'repair-redis',
  'completion',
];
