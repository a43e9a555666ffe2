import { link } from './link.js';

/** A server that stands still is not waited for: what is sent next says so. */
const MOST_MS = 5000;
const askSession = () =>
  fetch(link('/session'), { cache: 'no-store', signal: AbortSignal.timeout(MOST_MS) }).catch(() => null);

/**
 * Resolves to true when somebody is signed in, or signs in now by the dialog that opens; to false when it is closed.
 * Where it can't be said, the answer to what is sent says it.
 */
export async function ensureSession() {
  const answer = await askSession();
  return answer?.status === 401 ? askToSignIn() : true;
}

/** The name of the key that is signed in; null where that can't be said. */
export async function askCaller() {
  const answer = await askSession();
  return answer?.ok ? (await answer.json()).caller : null;
}

const DIALOG = `
<h2 id="sign-in-title">Sign in again</h2>
<p>You are not signed in any more. What you typed and chose is still here, and is sent as soon as you are signed in.</p>
<form>
  <div class="field">
    <label for="sign-in-key">API key</label>
    <input id="sign-in-key" name="key" type="password" required autocomplete="current-password" autocapitalize="off"
      spellcheck="false" aria-describedby="sign-in-fault">
    <p class="fault" id="sign-in-fault" role="alert" hidden></p>
  </div>
  <div class="actions">
    <button class="primary">Sign in and send</button>
    <button type="button" class="quiet" data-close>Cancel</button>
  </div>
</form>`;

function askToSignIn() {
  const dialog = document.createElement('dialog');
  dialog.className = 'panel narrow';
  dialog.setAttribute('aria-labelledby', 'sign-in-title');
  dialog.innerHTML = DIALOG;
  const form = dialog.querySelector('form');
  const fault = dialog.querySelector('.fault');
  let isSignedIn = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const sentence = await signIn(form.elements.key.value);
    isSignedIn = sentence === '';
    if (isSignedIn) return dialog.close();
    fault.textContent = sentence;
    fault.hidden = false;
    form.elements.key.setAttribute('aria-invalid', 'true');
    form.elements.key.select();
  });
  dialog.querySelector('[data-close]').addEventListener('click', () => dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(isSignedIn);
    });
  });
}

/** Signs in by what the sign-in page would send; answers what was wrong, '' for nothing. */
async function signIn(key) {
  try {
    const body = new URLSearchParams({ key });
    const answer = await fetch(link('/login'), {
      method: 'POST',
      headers: { Accept: 'text/html' },
      body,
      redirect: 'manual',
    });
    if (answer.type === 'opaqueredirect') return '';
    if (answer.status === 401) return 'This API key is not known.';
  } catch {
    // The same sentence.
  }
  return 'The server can not answer at the moment. Try again.';
}
