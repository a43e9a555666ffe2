// node report.mjs report.pdf: a user's monthly report as PDF
import { Heavylift } from 'heavylift-client';

const [out] = process.argv.slice(2);
const heavylift = new Heavylift(); // HEAVYLIFT_URL, HEAVYLIFT_KEY

try {
  const rows = [
    { date: '2026-10-02', item: 'Coffee', amount: 249 },
    { date: '2026-10-19', item: 'Filters', amount: 59 },
  ];
  const data = { userId: 'u-1042', name: 'Kari Nordmann', month: '2026-10', rows };
  const job = await heavylift.reports({ template: 'monthly', data });
  console.log(job.id);
  for await (const { state, progress } of heavylift.follow(job)) console.error(`${state} ${progress.percent} %`);
  await heavylift.download(job, out);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
