import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { VERDICT_CODES } from '../../src/verdict/codes.ts';
import { type Deployment, openDeployment } from '../drill/deployment.ts';
import { FAULTS } from '../drill/faults/index.ts';
import { createRandom } from '../drill/random.ts';
import { awaitVerdict, findSaid } from '../drill/verdict.ts';

/**
 * What can be wrong, made one by one in the product as `npm start` runs it: the verdict says it while it is so, with its
 * code and its sentence, and no longer when it is mended. With VERDICT_TIMES set, a file gets how long each took.
 */
let deployment: Deployment;
beforeAll(async () => {
  deployment = await openDeployment({ dataDir: undefined, say: () => {} });
}, 300_000);
afterAll(() => deployment.close(), 60_000);

const random = createRandom(1);
/** One of each code. What stays for as long as its history comes last: it would be said of the others too. */
const seen = FAULTS.flatMap((fault) => (fault.says ? [{ ...fault, says: fault.says }] : []))
  .filter(({ says }, index, all) => all.findIndex((other) => other.says.code === says.code) === index)
  .toSorted((one, other) => Number(one.says.stays ?? false) - Number(other.says.stays ?? false));

it.each(seen.map((fault) => [fault.says.code, fault] as const))(
  '%s',
  async (code, { says, make }) => {
    const mend = await make(deployment, random);
    const said = await awaitVerdict(deployment, says, { withinMs: 30_000 }).finally(mend);
    expect([code, said?.verdict]).toEqual([code, expect.anything()]);
    const item = said && findSaid(said.verdict, says);
    expect(item?.level).toBe(VERDICT_CODES[code].level);
    const gone = says.stays ? null : await awaitVerdict(deployment, says, { withinMs: 150_000, isGone: true });
    expect(says.stays || gone !== null).toBe(true);
    note(`${code}: seen after ${seconds(said?.ms)} s, gone after ${seconds(gone?.ms)} s: ${item?.text}`);
  },
  300_000,
);

const seconds = (ms: number | undefined) => (ms === undefined ? '-' : (ms / 1000).toFixed(1));

function note(line: string): void {
  // biome-ignore lint/style/noProcessEnv: a switch of this test alone
  const file = process.env['VERDICT_TIMES'];
  if (file) appendFileSync(file, `${line}\n`);
}
