import { median } from '../figures.ts';
import { type Costs, measureCosts } from './costs.ts';
import { type Deployment, openDeployment } from './deployment.ts';
import { measureThroughput, type Throughput } from './throughput.ts';
import { makeWork, type Work } from './work.ts';

/**
 * What a light job of each kind costs (processor time of web, worker and Redis, bytes, commands), and how many a second are
 * accepted and done with 1, 2 and 4 worker processes and 1 and 2 web processes, with `appendfsync always`; and which process had
 * a core to itself. `node scale.ts [rounds] [jobs] [costs|throughput] [job...]`. Prints medians of the rounds. Processor times hold on a
 * busy machine too; jobs a second want a quiet one.
 */
const [ROUNDS = 3, JOBS = 200] = process.argv.slice(2, 4).map(Number);
const [only, ...chosen] = process.argv.slice(4);
const SIZES = [1, 2].flatMap((webs) => [1, 2, 4].map((workers) => ({ webs, workers })));

/** Values of each round by the name of a row; of numbers the middle, of texts the last. */
const rounds: Record<string, object[]> = {};
const note = (row: string, values: object) => {
  rounds[row] = [...(rounds[row] ?? []), values];
};

async function runCosts(deployment: Deployment): Promise<void> {
  for (const work of await makeWork(deployment.sinkUrl)) {
    note(work.name, await measureCosts(deployment, work, JOBS));
  }
}

async function runThroughput(deployment: Deployment, work: Work): Promise<void> {
  const { product } = deployment;
  const other = await product.startOtherWeb();
  const webs = [
    { url: product.url, pid: product.web.pid },
    { url: other.url, pid: other.web.pid },
  ];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const size of SIZES) {
      const used = { ...size, webs: webs.slice(0, size.webs) };
      note(rowOf(work.name, size), await measureThroughput(deployment, work, used));
    }
  }
}

const rowOf = (name: string, { webs, workers }: (typeof SIZES)[number]) => `${name} ${webs} ${workers}`;
const middle = <Values>(row: string, column: keyof Values): number =>
  median(((rounds[row] ?? []) as Values[]).map((values) => Number(values[column])));

const COST_COLUMNS: [title: string, column: keyof Costs, digits: number][] = [
  ['web ms', 'webMs', 2],
  ['worker ms', 'workerMs', 2],
  ['Redis ms', 'redisMs', 2],
  ['erase: web', 'eraseWebMs', 2],
  ['Redis', 'eraseRedisMs', 2],
  ['commands', 'commands', 0],
  ['B waiting', 'waitingBytes', 0],
  ['B ended', 'endedBytes', 0],
  ['B erased', 'erasedBytes', 0],
  ['B in AOF', 'logBytes', 0],
  ['B stored', 'storedBytes', 0],
];

function printCosts(names: string[]): void {
  console.log(`one light job of each kind, the mean of ${JOBS}, medians of ${ROUNDS} rounds; ms of processor time\n`);
  console.log(['job'.padEnd(13), ...COST_COLUMNS.map(([title]) => title.padStart(11))].join(''));
  for (const name of names) {
    const cells = COST_COLUMNS.map(([, column, digits]) => middle<Costs>(name, column).toFixed(digits).padStart(11));
    console.log([name.padEnd(13), ...cells].join(''));
  }
  const webhook = COST_COLUMNS.map(([, column, digits]) =>
    (middle<Costs>('mail+webhook', column) - middle<Costs>('mail', column)).toFixed(digits).padStart(11),
  );
  console.log(['webhook alone'.padEnd(13), ...webhook].join(''));
}

function printThroughput(name: string): void {
  for (const size of SIZES) {
    const row = rowOf(name, size);
    const last = rounds[row]?.at(-1) as Throughput;
    const perSecond = middle<Throughput>(row, 'perSecond');
    const alone = middle<Throughput>(rowOf(name, { webs: 1, workers: 1 }), 'perSecond');
    const columns = [
      name.padEnd(12),
      String(size.webs).padStart(4),
      String(size.workers).padStart(8),
      middle<Throughput>(row, 'acceptedPerSecond').toFixed(0).padStart(11),
      middle<Throughput>(row, 'p99').toFixed(1).padStart(7),
      perSecond.toFixed(1).padStart(8),
      (perSecond / alone).toFixed(2).padStart(6),
      ` ${last.acceptLimit.padEnd(25)}`,
      last.limit,
    ];
    console.log(columns.join(' '));
  }
}

async function inDeployment(run: (deployment: Deployment) => Promise<void>): Promise<void> {
  const deployment = await openDeployment();
  try {
    await run(deployment);
  } finally {
    await deployment.close();
  }
}

const names = (await makeWork('')).map(({ name }) => name);
if (only !== 'throughput') {
  for (let round = 0; round < ROUNDS; round += 1) await inDeployment(runCosts);
  printCosts(names);
}
if (only !== 'costs') {
  console.log(`\nlight jobs, 8 posted at a time, medians of ${ROUNDS} rounds; limits of the last\n`);
  console.log('job          web  workers  accepted/s  p99 ms   jobs/s  times  limit of accepting        of working');
  for (const name of chosen.length > 0 ? chosen : names) {
    await inDeployment(async (deployment) => {
      const work = (await makeWork(deployment.sinkUrl)).find((one) => one.name === name);
      if (work) await runThroughput(deployment, work);
    });
    printThroughput(name);
  }
}
