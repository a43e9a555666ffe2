import { describe, expect, it } from '@jest/globals';
import { parseConfig } from '../../../workers/config.ts';
import { planPrograms } from '../../../workers/programs.ts';

const plan = (settings: Record<string, string>) =>
  planPrograms(parseConfig(settings)).map(({ name, processes }) => `${name} ${processes}`);

describe('which kinds share their processes', () => {
  const large = { PROFILE: 'large', IMAGES_WORKERS: '2' };

  it('a large machine: emails, webhooks, calls and flows, which wait for others; the rest have processes of their own', () => {
    expect(plan(large)).toEqual(['images 2', 'reports 1', 'emails+webhooks+calls+flows 1']);
  });

  it('a small machine: all in two, those that work and those that wait', () => {
    expect(plan({ PROFILE: 'small' })).toEqual(['images+reports 1', 'emails+webhooks+calls+flows 1']);
  });

  it('kinds with another number of processes: have their own', () => {
    expect(plan({ ...large, EMAILS_WORKERS: '3' })).toEqual([
      'images 2',
      'reports 1',
      'emails 3',
      'webhooks+calls+flows 1',
    ]);
    expect(plan({ PROFILE: 'small', IMAGES_WORKERS: '2' })).toEqual([
      'images 2',
      'reports 1',
      'emails+webhooks+calls+flows 1',
    ]);
  });

  it('a kind without a process: a program of its own, without one', () => {
    expect(plan({ ...large, EMAILS_WORKERS: '0', WEBHOOKS_WORKERS: '0' })).toEqual([
      'images 2',
      'reports 1',
      'emails 0',
      'webhooks 0',
      'calls+flows 1',
    ]);
  });
});
