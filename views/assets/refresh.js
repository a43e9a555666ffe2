import { fetchPart, pause, replacePart } from './page-part.js';

/** Shows a part of the page anew every few seconds; while the server is away the last state stays, marked as old. */
export async function refreshByItself(part) {
  const { id } = part;
  while (part.dataset.refresh !== undefined) {
    await pause(Number(part.dataset.refresh));
    const next = await fetchPart(location.href, `#${id}`).catch(() => undefined);
    if (next === null) return location.reload();
    part.classList.toggle('is-old', next === undefined);
    if (!next) continue;
    keepTokens(part, next);
    keepChoices(part, next);
    if (next.isEqualNode(part)) continue;
    replacePart(part, next);
    part = next;
  }
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
