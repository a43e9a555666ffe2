import { fetchPart, pause, replacePart, say } from './page-part.js';

const PENDING = ['waiting', 'delayed', 'active'];
const MOST_SECONDS = 30;

/** Follows a job until it ends: asks for its state, and shows its card anew whenever something changed. */
export async function watchJob(card) {
  const id = card.dataset.job;
  let shown = null;
  let seconds = 1;
  while (PENDING.includes(card.dataset.state)) {
    try {
      const response = await fetch(`/v1/jobs/${id}`, { headers: { Accept: 'application/json' }, cache: 'no-store' });
      if (response.status === 401 || response.status === 404) return location.reload();
      if (!response.ok) throw new Error(`status ${response.status}`);
      seconds = Number(response.headers.get('Retry-After')) || 1;
      const job = await response.text();
      if (job !== shown) card = await showAnew(card, id);
      shown = job;
    } catch {
      seconds = Math.min(seconds * 2, MOST_SECONDS);
      card.querySelector('.sentence')?.replaceChildren('The connection is gone. Trying again.');
    }
    if (PENDING.includes(card.dataset.state)) await pause(seconds);
  }
}

async function showAnew(card, id) {
  const next = await fetchPart(`/jobs/${id}`, `[data-job="${id}"]`);
  if (!next) throw new Error('the page has no such job');
  const { state } = card.dataset;
  replacePart(card, next);
  if (next.dataset.state !== state) {
    say('job-status', next.dataset.said);
    const name = next.querySelector('h1').textContent;
    if (location.pathname === `/jobs/${id}`)
      document.title = `${name}: ${next.querySelector('.state').textContent} · Heavylift`;
  }
  return next;
}
