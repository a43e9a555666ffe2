import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HOSTILE_MAILS, HOSTILE_REPORTS } from '../../support/content/hostile.ts';
import { type Content, type ContentRunner, startRunner } from '../../support/content/run-content.ts';

/** A run that takes longer is ended with its thread; how long a run may take is the operator's to say. */
const RUN_MS = 30_000;
const TEST_MS = 300_000;
/** Of work, not of time: a busy machine adds nothing to it. */
const LONGEST_ON_LOOP_MS = 200;
const MOST_MB = 700;
/** What a hostile content may end with: it is made, or refused by a sentence (before its run, too), or its time is over. */
const VERDICTS = ['completed', 'refused', 'template_failed', 'report_failed', 'timed_out'];

const SMALL: Record<Content['kind'], object> = {
  emails: { to: 'a@example.no', subject: 'S', markdown: 'a', dryRun: true },
  reports: { data: { title: 'T', blocks: [{ type: 'text', text: 'a' }] } },
};

describe.each([
  ['emails', HOSTILE_MAILS],
  ['reports', HOSTILE_REPORTS],
] as const)('hostile %s', (kind, hostile) => {
  let runner: ContentRunner;
  const runSmall = (caller: string) => runner.run({ kind, input: SMALL[kind] }, caller);
  beforeAll(async () => {
    runner = await startRunner();
    await runSmall('bob');
  }, TEST_MS);
  afterAll(() => runner.close());

  it.each(Object.entries(hostile))(
    '%s',
    async (_name, content) => {
      await runner.forget();
      const { code, message, longestMs, peakMb } = await runner.run(content, 'alice', RUN_MS);
      expect([VERDICTS.includes(code), code, message]).toEqual([true, code, message]);
      expect(longestMs).toBeLessThan(LONGEST_ON_LOOP_MS);
      expect(peakMb).toBeLessThan(MOST_MB);
      expect((await runSmall('bob')).code).toBe('completed');
    },
    TEST_MS,
  );
});

it(
  "mails that are slow to make, eight of one caller: another caller's is made before them",
  async () => {
    const runner = await startRunner();
    const ended: string[] = [];
    const run = async (caller: string, input: object) => {
      const { code } = await runner.run({ kind: 'emails', input }, caller);
      // Those that waited long behind others of their caller gave up their place.
      if (code !== 'mail_snoozed') ended.push(caller);
      return code;
    };
    const slow = { ...SMALL.emails, markdown: '![['.repeat(66_000) };
    await run('bob', SMALL.emails);
    const all = Array.from({ length: 8 }, () => run('alice', slow));
    expect(await run('bob', SMALL.emails)).toBe('completed');
    const codes = await Promise.all(all);
    expect(ended.lastIndexOf('bob')).toBeLessThan(3);
    for (const code of codes) expect(['completed', 'template_failed', 'mail_snoozed']).toContain(code);
    await runner.close();
  },
  TEST_MS,
);
