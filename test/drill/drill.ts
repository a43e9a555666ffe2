import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Deployment, openDeployment } from './deployment.ts';
import { FAULTS, type Fault } from './faults/index.ts';
import { closeLedger, describeBalance, isBalanced, noteEnded } from './ledger.ts';
import { type Posted, startLoad } from './load.ts';
import { createRandom } from './random.ts';
import { describeSoak, findGrown, soak, WARM_MINUTES } from './soak.ts';
import { describeStrikes, isNamed, type Strike, strike } from './strike.ts';

/**
 * The drill: a deployment of its own under load, while one thing after the other breaks; then a ledger of what became of
 * every job that was accepted. Ends with 1 where it does not balance. See docs/testing.md.
 */
const HELP = `npm run drill -- [--minutes 10] [--rate 10] [--seed 1] [--faults a,b] [--data-dir NEW_FOLDER]
npm run drill -- --soak 30 [--rate 10]    # nothing breaks: does anything grow?
faults: ${FAULTS.map(({ name }) => name).join(', ')}`;

/** Between two faults it is quiet for so long. */
const QUIET_MS = 3000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    faults: { type: 'string', default: FAULTS.map(({ name }) => name).join(',') },
    soak: { type: 'string' },
    'data-dir': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const [minutes, rate, seed] = [Number(values.minutes), Number(values.rate), Number(values.seed)];
const soakMinutes = values.soak === undefined ? null : Number(values.soak);
const wanted = values.faults.split(',').map((name) => FAULTS.find((fault) => fault.name === name));
if (
  values.help ||
  !((soakMinutes ?? 1) > 0) ||
  !(minutes > 0) ||
  !(rate > 0) ||
  !Number.isInteger(seed) ||
  wanted.includes(undefined)
) {
  process.stdout.write(`${HELP}\n`);
  process.exit(values.help ? 0 : 2);
}

const random = createRandom(seed);
const startedAt = Date.now();
const say = (text: string) => {
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(0).padStart(4);
  process.stdout.write(`${seconds} s  ${text}\n`);
};

const deployment = await openDeployment({
  dataDir: values['data-dir'],
  say,
  // So that as many jobs go as come, well before the mark.
  env: soakMinutes === null ? {} : { RESULT_TTL: '60s' },
}).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
});
process.once('SIGINT', () => void deployment.close().finally(() => process.exit(130)));

const able = (wanted as Fault[]).filter((fault) => fault.isPossible?.(deployment) ?? true);
const left = (wanted as Fault[]).filter((fault) => !able.includes(fault));
if (left.length > 0) say(`left out, since it is not root or can't mount: ${left.map(({ name }) => name).join(', ')}`);

const isFine = await (soakMinutes === null ? run(deployment) : runSoak(deployment, soakMinutes)).catch(
  (error: Error) => {
    say(`the drill is broken off: ${error.message}`);
    return false;
  },
);
await deployment.close();
process.exit(isFine ? 0 : 1);

/** Puts it under load, breaks things, and adds up; whether it balances. Rejects where something does not come back. */
async function run(deployment: Deployment): Promise<boolean> {
  const load = startLoad(deployment, { rate, random });
  const seenEnded = new Set<string>();
  const note = () => noteEnded(deployment, load, seenEnded);
  const strikes = await breakThings(deployment, able, note).finally(load.stop);
  say('no more load; everything that waits for nothing but a worker gets to run');
  const balance = await closeLedger(deployment, load, seenEnded);
  process.stdout.write(`${await describeStrikes(strikes)}\n${describeBalance(balance)}\n`);
  return isBalanced(balance) && strikes.every(isNamed);
}

/** Puts it under load and breaks nothing; whether nothing has grown. */
async function runSoak(deployment: Deployment, minutes: number): Promise<boolean> {
  const load = startLoad(deployment, { rate, random });
  const rows = await soak(deployment, minutes, say).finally(load.stop);
  const told = ({ outcome, refusal }: Posted) => (refusal === undefined ? outcome : `${outcome} for ${refusal}`);
  const counts = Object.entries(Object.groupBy(load.posted, told));
  say(`posted ${load.posted.length}: ${counts.map(([outcome, all]) => `${outcome} ${all?.length}`).join(', ')}`);
  const grown = findGrown(rows);
  process.stdout.write(`at minute ${Math.min(WARM_MINUTES, minutes / 2)} -> at the end\n${describeSoak(rows)}\n`);
  process.stdout.write(grown.length === 0 ? 'Nothing has grown.\n' : `Grown:\n${grown.join('\n')}\n`);
  return grown.length === 0;
}

/** Breaks one thing after the other, in an order of the seed, until the time is over. */
async function breakThings(
  deployment: Deployment,
  faults: readonly Fault[],
  note: () => Promise<void>,
): Promise<Strike[]> {
  const strikes: Strike[] = [];
  const end = Date.now() + minutes * 60_000;
  let round: Fault[] = [];
  await delay(QUIET_MS);
  while (Date.now() < end && faults.length > 0) {
    if (round.length === 0) round = random.shuffle(faults);
    const fault = round.shift() as Fault;
    say(fault.name);
    if (fault.makesRoom) await note();
    const struck = await strike(deployment, fault, random);
    say(`  ${struck.text ?? '-'}; jobs are done ${(struck.recoveredMs / 1000).toFixed(1)} s after it was mended`);
    strikes.push(struck);
    await delay(QUIET_MS);
  }
  return strikes;
}
