import { readSize } from '../../kept-file.js';

const STATES = {
  ready: 'Ready',
  queued: 'To be sent',
  sending: 'Sending',
  waiting: 'Waiting',
  delayed: 'Delayed',
  active: 'Active',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
  lost: 'Gone',
};
/** Browsers show these; a larger result is shown when it is asked for. */
const SHOWN = /^image\/(jpeg|png|webp|avif|gif)$/;
const MOST_SHOWN_BYTES = 500_000;
/** What no other settings can help. */
const USELESS = ['image_unreadable', 'unsupported_media_type', 'payload_too_large'];

/** Whether a picture can be made, once more or with other settings. */
export const canMake = ({ state, file, upload, kept, error }) =>
  ['completed', 'failed', 'cancelled'].includes(state) &&
  Boolean(file ?? upload ?? kept) &&
  !USELESS.includes(error?.code);

const canCancel = ({ state }) => ['queued', 'sending', 'waiting', 'delayed', 'active'].includes(state);

/** Makes the row of a picture from the page's template. */
export function createRow(template, item) {
  const row = template.content.firstElementChild.cloneNode(true);
  row.dataset.picture = item.key;
  const part = (name) => row.querySelector(`[data-${name}]`);
  part('name').textContent = item.name;
  part('ending').textContent = (/\.([a-z0-9]{1,4})$/i.exec(item.name)?.[1] ?? '').toUpperCase();
  part('before').textContent = item.bytes ? readSize(item.bytes) : '';
  for (const of of row.querySelectorAll('[data-of]')) of.textContent = ` ${item.name}`;
  return row;
}

/** Shows a row as its picture stands. */
export function showRow(row, item) {
  const part = (name) => row.querySelector(`[data-${name}]`);
  const { state, result, sentence } = item;
  const shownState = (state === 'queued' && item.hold) || item.waits ? 'waiting' : state;
  if (row.dataset.state !== state) {
    const focused = row.contains(document.activeElement) ? document.activeElement : null;
    row.dataset.state = state;
    part('card-button').hidden = !item.job || state === 'lost';
    part('cancel').hidden = !canCancel(item);
    part('again').hidden = !canMake(item);
    part('again').firstChild.textContent = state === 'completed' ? 'Make again' : 'Try again';
    part('remove').hidden = canCancel(item);
    showResult(row, state === 'completed' ? result : null);
    if (focused?.hidden) row.querySelector('.shot-actions > :not([hidden])')?.focus();
  }
  const chip = part('state-name');
  chip.textContent = STATES[shownState];
  chip.className = `state state-${shownState}`;
  part('sentence').textContent = sentenceOf(item, sentence);
  part('sentence').classList.toggle('fault', state === 'failed');
  const bar = part('bar');
  bar.hidden = state !== 'sending' && state !== 'active';
  if (!bar.hidden) showBar(bar, state === 'sending' ? 100 * item.sent : item.percent);
}

function showBar(bar, percent) {
  if (percent > 0) bar.value = percent;
  else bar.removeAttribute('value');
}

function sentenceOf({ state, hold, waits, bytes, sent, result }, sentence) {
  if (waits) return waits;
  if (state === 'queued') return hold ? hold.sentence : '';
  if (state === 'sending' && sent < 1)
    return bytes ? `${readSize(Math.round(sent * bytes))} of ${readSize(bytes)}` : '';
  if (state !== 'completed' || !result) return sentence;
  const { count, width, height, type, partly, isSmaller } = result;
  const sides = `${width} × ${height}${isSmaller ? ', not enlarged' : ''}`;
  const what = count > 1 ? `${count} files` : `${sides} · ${type.replace('image/', '').toUpperCase()}`;
  return partly ? `${what} · ${partly} could not be made` : what;
}

function showResult(row, result) {
  const part = (name) => row.querySelector(`[data-${name}]`);
  const link = part('download');
  link.hidden = !result || result.count > 1;
  part('after').textContent = result ? `→ ${readSize(result.bytes)}` : '';
  part('change').textContent = result ? describeChange(result.source, result.bytes) : '';
  if (!result) return;
  link.href = `${result.url}?download`;
  const picture = part('small');
  if (row.querySelector('canvas').hidden && SHOWN.test(result.type) && result.first <= MOST_SHOWN_BYTES) {
    picture.src = result.url;
    picture.hidden = false;
  }
}

/** How much smaller or larger than its source something is, as the page of a job says it. */
export function describeChange(before, after) {
  const percent = Math.round((100 * Math.abs(before - after)) / before);
  if (percent === 0) return 'same size';
  if (percent === 100 && after < before) return 'more than 99\u00a0% smaller';
  return `${percent}\u00a0% ${after < before ? 'smaller' : 'larger'}`;
}
