import { link } from '../../link.js';

/** So many are asked for at once: jobs of one caller end about in the order in which they were posted. */
const MOST_IDS = 50;
const SECONDS = { shown: 1.5, hidden: 5, most: 30, answer: 20 };

/** Whether something will still change by itself. */
export const isPending = ({ job, state }) => job !== null && ['waiting', 'delayed', 'active'].includes(state);

/**
 * Follows the jobs of the pictures by asking for many at once, also while the page is not looked at. `show(item)` draws
 * one anew; `signIn` is called where the session has ended.
 */
export function followPictures({ items, show, signIn }) {
  let isLooking = false;
  let failures = 0;
  let turn = 0;

  async function look() {
    if (isLooking) return;
    isLooking = true;
    for (let pending = items.filter(isPending); pending.length > 0; pending = items.filter(isPending)) {
      // In turn: some may take long, and those behind them are done.
      turn = turn < pending.length ? turn : 0;
      const asked = pending.slice(turn, turn + MOST_IDS);
      turn += MOST_IDS;
      await ask(asked).then(
        () => {
          failures = 0;
        },
        () => {
          failures += 1;
        },
      );
      const usual = document.hidden ? SECONDS.hidden : SECONDS.shown;
      const seconds = Math.min(usual * 2 ** failures, SECONDS.most);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    }
    isLooking = false;
  }

  async function ask(asked, seconds = SECONDS.answer) {
    const ids = asked.map(({ job }) => job);
    const answer = await fetch(link(`/v1/jobs?ids=${ids.join(',')}&limit=${MOST_IDS}`), {
      headers: { Accept: 'application/json' },
      cache: 'no-store',
      signal: AbortSignal.timeout(seconds * 1000),
    });
    if (answer.status === 401) await signIn();
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const { jobs } = await answer.json();
    const found = new Map(jobs.map((job) => [job.id, job]));
    for (const [index, item] of asked.entries()) {
      // Made again meanwhile.
      if (item.job !== ids[index]) continue;
      takeJob(item, found.get(item.job));
      show(item);
    }
  }

  /** Asks at once: a card may know of an end before its row does. */
  const refresh = () => {
    const pending = items.filter(isPending).slice(0, MOST_IDS);
    return pending.length > 0 ? ask(pending, SECONDS.shown).catch(() => {}) : null;
  };

  /** Finds out once which of the pictures that are done have been erased meanwhile. */
  async function check() {
    const done = items.filter(({ state }) => state === 'completed');
    for (let first = 0; first < done.length; first += MOST_IDS) {
      await ask(done.slice(first, first + MOST_IDS)).catch(() => {});
    }
  }

  return { look, refresh, check };
}

/** Takes over where the picture's job stands; a job that is not there any more has been erased, or was another person's. */
function takeJob(item, job) {
  if (!job) return Object.assign(item, { state: 'lost', sentence: 'It is not kept any more.' });
  const { state, waitingOn, progress, lastError, error, result } = job;
  const paused = waitingOn === 'pause' ? 'Images are paused at the moment.' : '';
  const retried = state === 'delayed' && lastError ? `${lastError.detail} The next attempt comes by itself.` : '';
  Object.assign(item, { state, error, percent: progress.percent, sentence: error?.detail ?? (paused || retried) });
  if (state === 'completed') item.result = summarise(result, Object.fromEntries(JSON.parse(item.made ?? '[]')));
  return item;
}

/** What a row shows of a result: the smallest part that tells it, so that a thousand of them can be kept. */
function summarise({ files, renditions, source }, asked) {
  const made = renditions.filter((one) => !('error' in one));
  const [first] = made;
  const file = files.find(({ name }) => name === first?.file) ?? files[0];
  return {
    url: file.url,
    type: file.type,
    file: file.name,
    bytes: files.reduce((sum, one) => sum + one.bytes, 0),
    first: file.bytes,
    count: files.length,
    width: first?.width ?? 0,
    height: first?.height ?? 0,
    source: source.bytes,
    partly: renditions.length - made.length,
    isSmaller: first !== undefined && isSmaller(first, asked),
  };
}

/** Whether a picture has fewer pixels than was asked for: its source has no more, and was not to be enlarged. */
function isSmaller({ width, height }, asked) {
  if (asked.enlarge || !(asked.width || asked.height)) return false;
  return (!asked.width || width < asked.width) && (!asked.height || height < asked.height);
}
