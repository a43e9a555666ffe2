import { fetchPart, pause, replacePart } from './page-part.js';

/** Shows a part of the page anew every few seconds; while the server is away the last state stays, marked as old. */
export async function refreshByItself(part) {
  const { id } = part;
  let seenAt = new Date();
  while (part.dataset.refresh !== undefined) {
    await pause(Number(part.dataset.refresh));
    const next = await fetchPart(location.href, `#${id}`).catch(() => undefined);
    if (next === null) return location.reload();
    part.classList.toggle('is-old', next === undefined);
    tellAge(next === undefined ? seenAt : null);
    if (!next) continue;
    seenAt = new Date();
    keepTokens(part, next);
    keepChoices(part, next);
    if (next.isEqualNode(part)) continue;
    replacePart(part, next);
    part = next;
  }
}

/** Says when what is shown was so, while the server does not answer. */
function tellAge(seenAt) {
  const place = document.getElementById('refresh-status');
  if (!place) return;
  const sentence = seenAt
    ? `Not live: the server does not answer. This is how it was at ${seenAt.toLocaleTimeString()}.`
    : '';
  if (place.textContent === sentence) return;
  place.textContent = sentence;
  place.classList.toggle('unseen', !seenAt);
  place.classList.toggle('warning', Boolean(seenAt));
}

/** What was ticked stays so. */
function keepChoices(part, next) {
  for (const { id } of part.querySelectorAll('input:checked')) {
    const input = next.querySelector(`#${CSS.escape(id)}`);
    if (input) input.checked = true;
  }
}

/** A page that is looked at stays the same page: its forms keep their tokens. */
function keepTokens(part, next) {
  const kept = part.querySelector('[name="formToken"]');
  for (const input of next.querySelectorAll('[name="formToken"]'))
    input.setAttribute('value', kept?.value ?? input.value);
}
