// node email.mjs kari@example.no: sends a mail with a report
import { Heavylift, RateLimited, Unavailable } from 'heavylift-client';

const [to] = process.argv.slice(2);
const heavylift = new Heavylift(); // HEAVYLIFT_URL, HEAVYLIFT_KEY

try {
  const data = { userId: 'u-1042', name: 'Kari Nordmann', month: '2026-10', rows: [] };
  const report = await heavylift.reports({ template: 'monthly', data });
  // It waits for the report by itself. The same key again, after a crash of yours, is the same mail.
  const job = await heavylift.emails(
    {
      to,
      subject: 'Your October',
      text: 'Here it is.',
      attachments: [{ filename: 'october.pdf', job: report.id }],
    },
    { idempotencyKey: `october-${report.id}` },
  );
  console.log(job.id);
  const { result } = await heavylift.wait(job);
  console.log(result.state);
} catch (error) {
  console.error(error.message);
  const isPassing = error instanceof RateLimited || error instanceof Unavailable;
  if (isPassing) console.error(`Try again in ${error.retryAfter ?? 30} s.`);
  process.exitCode = 1;
}
