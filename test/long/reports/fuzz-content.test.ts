import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createContents } from '../../support/content/random-content.ts';
import { type ContentRunner, type ContentVerdict, startRunner } from '../../support/content/run-content.ts';
import { createRandom, drawSamples } from '../../support/hostile/files.ts';

// biome-ignore lint/style/noProcessEnv: options of the run, see docs/testing.md
const { FUZZ_SEED = String(Date.now() % 1_000_000), FUZZ_COUNT = '1000' } = process.env;

/** As long as a report may take by default. */
const RUN_MS = 300_000;
const LONGEST_ON_LOOP_MS = 200;
const MOST_MB = 700;
const VERDICTS = ['completed', 'refused', 'template_failed', 'report_failed'];

let runner: ContentRunner;
beforeAll(async () => {
  runner = await startRunner();
});
afterAll(() => runner.close());

/** What is wrong with how a run ended; null for nothing. */
function findFault({ code, message, longestMs, peakMb }: ContentVerdict): string | null {
  if (!VERDICTS.includes(code)) return `${code} ${message}`;
  if (longestMs >= LONGEST_ON_LOOP_MS) return `the event loop stood still for ${Math.round(longestMs)} ms`;
  return peakMb >= MOST_MB ? `${Math.round(peakMb)} MB of memory` : null;
}

it(`${FUZZ_COUNT} reports and mails that are made up (seed ${FUZZ_SEED}): each is made, or refused by a sentence`, async () => {
  const { jpeg, png, ...others } = await drawSamples();
  const pictures = [jpeg, png, others['interlaced png'], others['16-bit png'], others['palette png']];
  const makeContent = createContents(
    createRandom(Number(FUZZ_SEED)),
    pictures.flatMap((picture) => picture ?? []),
  );
  const faults: string[] = [];
  for (let count = 0; count < Number(FUZZ_COUNT); count += 1) {
    const content = makeContent();
    await runner.forget();
    const fault = findFault(await runner.run(content, `caller-${count % 3}`, RUN_MS));
    if (fault) faults.push(`content ${count}: ${fault}\n${JSON.stringify(content).slice(0, 500)}`);
  }
  expect(faults).toEqual([]);
}, 3_600_000);
