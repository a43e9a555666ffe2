import { link } from './link.js';
import { fetchPart, replacePart, say } from './page-part.js';

const EVENTS = ['state', 'progress', 'completed', 'failed', 'cancelled'];
const MOST_SECONDS = 30;
/** A page that nobody looks at asks as often: its title says when the job has ended. */
const HIDDEN_SECONDS = 10;
/** A place in line and the time left change without an event. */
const LOOK_EVERY_MS = 5000;

/** A browser opens six connections to a host, over all its tabs: a page that took more than one could block them all. */
let streamIsTaken = false;

/**
 * Follows a job until its card says that nothing changes any more: by its events, or by asking again and again where
 * there is no stream (another card has it, the page is not looked at, something on the way does not let it through).
 */
export async function watchJob(card) {
  const watch = { card, id: card.dataset.job, shown: null, html: asItCame(card) };
  let streams = true;
  let seconds = 1;
  while (follows(watch)) {
    if (streams && !streamIsTaken && !document.hidden) streams = await listen(watch);
    if (!follows(watch)) return;
    try {
      seconds = await ask(watch);
    } catch ({ sentence = 'The connection is gone. Trying again.' }) {
      seconds = Math.min(seconds * 2, MOST_SECONDS);
      watch.card.querySelector('.sentence')?.replaceChildren(sentence);
    }
    if (follows(watch)) await untilNextLook(seconds);
  }
}

/** Resolves after that many seconds; later while the page is not looked at, and as soon as it is. */
function untilNextLook(seconds) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', end);
      resolve();
    };
    const timer = setTimeout(end, 1000 * (document.hidden ? Math.max(seconds, HIDDEN_SECONDS) : seconds));
    if (document.hidden) document.addEventListener('visibilitychange', end);
  });
}

/** The job whose events change the card: the job itself, then its callback. */
const follows = ({ card }) => card.dataset.follows;

/** Shows the card anew with each event until the stream is over; answers whether there is any use in another one. */
function listen(watch) {
  const followed = follows(watch);
  const source = new EventSource(link(`/v1/jobs/${followed}/events`));
  streamIsTaken = true;
  return new Promise((resolve) => {
    let isUseful = false;
    let isOld = false;
    let isOver = false;
    let looking = null;
    const stop = async () => {
      if (isOver) return;
      isOver = true;
      source.close();
      clearInterval(looks);
      document.removeEventListener('visibilitychange', leave);
      await looking;
      streamIsTaken = false;
      resolve(isUseful);
    };
    // Events that come while the card is fetched are answered by one more look.
    const lookWhileOld = async () => {
      while (isOld) {
        isOld = false;
        await showAnew(watch);
      }
    };
    const look = () => {
      isOld = true;
      looking ??= lookWhileOld()
        .then(() => follows(watch) === followed)
        .catch(() => false)
        .then((goesOn) => {
          looking = null;
          if (!goesOn) stop();
        });
    };
    const hear = () => {
      isUseful = true;
      look();
    };
    const leave = () => {
      isUseful = true;
      stop();
    };
    for (const name of EVENTS) source.addEventListener(name, hear);
    source.addEventListener('error', stop);
    document.addEventListener('visibilitychange', leave);
    const looks = setInterval(look, LOOK_EVERY_MS);
  });
}

/** Asks for the job's state and shows the card anew when it changed; answers in how many seconds to ask again. */
async function ask(watch) {
  const response = await fetch(link(`/v1/jobs/${follows(watch)}`), {
    headers: { Accept: 'application/json' },
    cache: 'no-store',
  });
  if (isOwnPage(watch) && response.status in REFUSED) {
    location.reload();
    return MOST_SECONDS;
  }
  // Among other things: a reload would lose these.
  if (response.status === 404) delete watch.card.dataset.follows;
  if (response.status in REFUSED) throw { sentence: REFUSED[response.status] };
  if (!response.ok) throw new Error(`status ${response.status}`);
  const job = await response.text();
  if (job !== watch.shown) await showAnew(watch);
  watch.shown = job;
  return Number(response.headers.get('Retry-After')) || 1;
}

const REFUSED = { 401: 'You are not signed in any more.', 404: 'It is not kept any more.' };

/** Whether the page is about nothing but that job. */
const isOwnPage = ({ id }) => location.pathname === link(`/jobs/${id}`);

/** A card as text, but for how long ago something was. */
const asItCame = ({ outerHTML }) => outerHTML.replaceAll(/(<time [^>]*data-relative[^>]*>)[^<]*/g, '$1');

async function showAnew(watch) {
  const { id } = watch;
  const next = await fetchPart(link(`/jobs/${id}`), `[data-job="${id}"]`);
  if (!next) throw new Error('the page has no such job');
  const before = watch.card;
  // As it came, not as it stands there: a slider that was moved or a field that was filled in must stay.
  const html = asItCame(next);
  if (html === watch.html) return;
  watch.html = html;
  replacePart(before, next);
  watch.card = next;
  if (next.dataset.state === before.dataset.state) return;
  say('job-status', next.dataset.said);
  const name = next.querySelector('h1').textContent;
  if (isOwnPage(watch)) document.title = `${name}: ${next.querySelector('.state').textContent} · Heavylift`;
}
