import Sequencer from '@jest/test-sequencer';

/** The files that take longest, slowest first: begun early, none of them runs alone at the end while a core idles. */
const SLOWEST = [
  'fault/worker-death',
  'e2e/start',
  'e2e/browser',
  'integration/openapi-answers',
  'integration/webhooks/webhooks',
  'fault/redis-outage',
  'unit/reports/processor',
  'integration/queue/job-view',
  'integration/files/results',
  'integration/openapi',
  'fault/deaths',
  'integration/operations/bulk',
];

/** Where a file stands in the list; its folders may have grown since it was written. */
const placeOf = ({ path }) => {
  const place = SLOWEST.findIndex((name) => {
    const [tier, ...rest] = name.split('/');
    return (
      path.includes(`/test/${tier}/`) &&
      path.endsWith(`/${rest.at(-1)}.test.ts`) &&
      rest.every((part) => path.includes(part))
    );
  });
  return place < 0 ? SLOWEST.length : place;
};

/** Jest's own order, by the durations of the last run; a fresh checkout knows none, and takes the list above. */
export default class SlowestFirst extends Sequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    return sorted.some(({ duration }) => duration) ? sorted : sorted.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}
