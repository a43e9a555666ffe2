import { parentPort } from 'node:worker_threads';
import { answer } from './parse.ts';
import type { ParseQuestion } from './parsed-mail.ts';

// What it stands on is loaded by now; the time for a question begins after this.
parentPort?.postMessage('ready');

/** Answers questions of the parent thread, one after another. */
parentPort?.on('message', async (question: ParseQuestion) => {
  const said = await answer(question).catch((error: Error) => ({ fault: error.stack ?? error.message }));
  const moved = 'file' in said && said.file ? [said.file.content.buffer] : [];
  parentPort?.postMessage(said, moved);
});
