import { link } from './link.js';

const LOOK_MS = 3000;

// The board takes a Redis that does not answer for one without queues: this says what is so.
const notice = document.createElement('p');
notice.setAttribute('role', 'alert');
notice.className = 'redis-away';
notice.style.cssText =
  'position:fixed;inset:0 0 auto 0;z-index:1000;margin:0;padding:1rem;text-align:center;background:#9c2127;color:#fff';
notice.textContent =
  'Redis does not answer: no queue can be shown until it is back. Jobs that were accepted before are kept on its disk.';

async function look() {
  const isAway = await fetch(link('/readyz'), { cache: 'no-store' }).then(
    async ({ ok, status }) => !ok && status === 503 && (await isQueueAway()),
    () => false,
  );
  if (isAway) document.body.append(notice);
  else notice.remove();
}

/** Whether it is Redis that does not answer: storage makes a process unready too. */
const isQueueAway = () =>
  fetch(link('/v1/verdict'), { cache: 'no-store' })
    .then((answer) => answer.json())
    .then(({ items = [] }) => items.some(({ code }) => code === 'redis_gone' || code === 'redis_frozen'))
    .catch(() => true);

setInterval(() => void look(), LOOK_MS);
void look();
