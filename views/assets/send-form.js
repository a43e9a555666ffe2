import { findSent, rememberSending, restoreKept } from './kept-file.js';
import { ensureSession } from './session.js';

/** A button that was pressed works for this long at most: where nothing came of it, it can be pressed again. */
const BUSY_MS = 20_000;

/**
 * Forms show that they are being sent, are sent once however often their button is pressed, and ask whoever is not
 * signed in any more to sign in first. The token in a form keeps the server from doing anything twice besides.
 */
export function improveForms() {
  findSent();
  for (const input of document.querySelectorAll('[data-kept-token]')) {
    restoreToken(input);
    restoreKept(input.form);
  }
  addEventListener('submit', sendOnce);
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    for (const button of document.querySelectorAll('button[aria-busy]')) rest(button);
    // As it was left, the page has the tokens of what has been done since.
    if (document.querySelector('[name="formToken"]:not([data-kept-token])')) location.reload();
  });
}

async function sendOnce(event) {
  const { target: form, submitter } = event;
  const token = form.elements.formToken;
  if (event.defaultPrevented || !token) return;
  event.preventDefault();
  const button = submitter ?? form.querySelector('button');
  if (isBusy(button)) return;
  work(button);
  keepToken(token);
  if (!(await ensureSession())) return rest(button);
  rememberSending(form);
  form.submit();
  setTimeout(() => rest(button), BUSY_MS);
}

/** Whether the button is at work. */
export const isBusy = (button) => button.getAttribute('aria-busy') === 'true';

/** Shows that a button is at work. It stays where the focus is; pressed again, it does nothing. */
export function work(button) {
  button.setAttribute('aria-busy', 'true');
  button.setAttribute('aria-disabled', 'true');
}

/** Shows that a button can be pressed. */
export function rest(button) {
  button.removeAttribute('aria-busy');
  button.removeAttribute('aria-disabled');
}

/** Back to a form that was sent: it is the same form, also when the page is a new one. */
function restoreToken(input) {
  input.value = history.state?.tokens?.[input.form.action] ?? input.value;
}

/** Keeps the token with the page's place in the browser's history. */
export function keepToken(input) {
  // A page that answers a form is kept by the browser as it is; changed, its place would be asked for without the form.
  if (!input.matches('[data-kept-token]') || document.querySelector('[data-answer]')) return;
  const tokens = { ...history.state?.tokens, [input.form.action]: input.value };
  history.replaceState({ ...history.state, tokens }, '');
}
