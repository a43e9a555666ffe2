import { link } from '../../link.js';
import { uploadFile } from '../../widget/sending.js';

/** Why a picture was not taken: the problem that was answered, or null where no answer came. */
export class NotTaken extends Error {
  constructor(status, problem, retryAfter) {
    super(problem?.detail ?? 'The connection is gone.');
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  /** Whether the same may be taken a while later: nothing is wrong with the picture. */
  get isPassing() {
    return [0, 408, 429].includes(this.status) || this.status >= 500;
  }
}

/** A text that nobody else has; browsers make UUIDs for https alone. */
export const randomKey = () => crypto.getRandomValues(new Uint32Array(4)).join('-');

/**
 * Sends a picture's file unless it is there already, then asks for its job; returns the job. Sent again after a lost answer
 * it is the same upload and the same job. Rejects with NotTaken, and with an AbortError: no job is left then that runs on.
 */
export async function sendPicture(item, { signal, onSent, onWait }) {
  if (!item.upload && !item.kept) item.upload = await upload(item, { signal, onSent, onWait });
  const form = new FormData();
  for (const [name, value] of item.fields) form.append(name, value);
  if (item.upload) form.append('source', JSON.stringify({ upload: item.upload }));
  else form.append('kept.file', item.kept);
  const headers = { Accept: 'application/json', 'Idempotency-Key': item.makeKey };
  signal.throwIfAborted();
  const { isNamed } = item;
  item.isNamed = true;
  const { answer, text } = await postUnless(signal, { body: form, headers });
  if (answer.status < 500) item.isNamed = isNamed || answer.ok;
  if (!answer.ok) throw notTaken(answer.status, text, answer.headers.get('Retry-After'));
  return JSON.parse(text);
}

/** Asks for the job. By the signal that is given up at once; what was accepted all the same is cancelled when its answer comes. */
function postUnless(signal, request) {
  const post = async () => {
    const answer = await fetch(link('/v1/images'), { method: 'POST', ...request });
    return { answer, text: await answer.text() };
  };
  const answered = post();
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      reject(signal.reason);
      answered.catch(post).then(cancelTaken, () => {});
    };
    signal.addEventListener('abort', giveUp, { once: true });
    answered
      .then(resolve, () => reject(new NotTaken(0, null, null)))
      .finally(() => signal.removeEventListener('abort', giveUp));
  });
}

function cancelTaken({ answer, text }) {
  if (answer.ok)
    fetch(link(`/v1/jobs/${JSON.parse(text).id}/cancel`), { method: 'POST', keepalive: true }).catch(() => {});
}

/** Sends the file in pieces, from where it was cut off; resolves with the id of the upload. */
async function upload({ file, name }, { signal, onSent, onWait }) {
  const onProgress = ({ sent, total }) => onSent(sent / total);
  const place = new URL(link('/'), location.href).href;
  try {
    return (await uploadFile(file, { url: place, kind: 'images', name, signal, onProgress, onWait })).id;
  } catch (error) {
    if (error.name !== 'UploadError') throw error;
    const { code, message: detail, status, retryAfter } = error;
    // What has no status and is not the network's is the file's own fault.
    throw new NotTaken(status || (code === 'network' ? 0 : 400), { code, detail, status }, retryAfter);
  }
}

function notTaken(status, text, retryAfter) {
  try {
    return new NotTaken(status, JSON.parse(text), retryAfter);
  } catch {
    return new NotTaken(status, { detail: 'The server can not answer at the moment.' }, retryAfter);
  }
}
