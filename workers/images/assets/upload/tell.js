import { say } from '../../page-part.js';

const SAY_EVERY_MS = 10_000;
const ENDED = ['completed', 'failed', 'cancelled'];

/** How many of the pictures that were sent have ended, how many of them failed, and how many are still to be sent. */
export function countPictures(items) {
  const of = (...states) => items.filter(({ state }) => states.includes(state)).length;
  const toSend = of('queued', 'sending');
  const pending = toSend + of('waiting', 'delayed', 'active');
  const ended = of(...ENDED);
  return { total: pending + ended, ended, failed: of('failed'), toSend, pending, ready: of('ready') };
}

/**
 * Tells how far the pictures are where nobody looks at them: in the title, to screen readers now and then, and by a
 * notification to whoever asked for one by `button`.
 */
export function createTeller(button) {
  const title = document.title;
  let wasPending = false;
  let wasReady = 0;
  let saidAt = 0;
  let isWanted = false;

  improveButton(button, () => {
    isWanted = true;
  });

  return ({ total, ended, failed, pending, ready }) => {
    const counted = `${ended} of ${total}`;
    const failures = failed > 0 ? `, ${failed} failed` : '';
    document.title = total > 0 ? `${counted}${failures} · ${title}` : title;
    if (ready !== wasReady && ready > 0 && pending === 0) say('job-status', `${ready} ready.`);
    wasReady = ready;
    const isOver = wasPending && pending === 0;
    wasPending = pending > 0;
    // A single picture has its card, which says more.
    if (total > 1 && (isOver || (pending > 0 && Date.now() - saidAt > SAY_EVERY_MS))) {
      saidAt = Date.now();
      say('job-status', `${counted} pictures done${failures}.`);
    }
    if (isOver && isWanted && document.hidden) notify(`${counted} pictures done${failures}.`);
  };
}

/** Nobody is asked for leave to be notified but who pressed the button. */
function improveButton(button, want) {
  if (!('Notification' in window) || !isSecureContext || Notification.permission === 'denied') return button.remove();
  button.hidden = false;
  button.addEventListener('click', async () => {
    const isGranted = (await Notification.requestPermission()) === 'granted';
    if (!isGranted) return button.remove();
    button.setAttribute('aria-pressed', 'true');
    button.textContent = 'You will be notified';
    want();
  });
}

function notify(body) {
  try {
    const shown = new Notification('Heavylift', { body, tag: 'heavylift-pictures' });
    shown.onclick = () => window.focus();
  } catch {
    // Phones take notifications from other places alone: the title has told it.
  }
}
